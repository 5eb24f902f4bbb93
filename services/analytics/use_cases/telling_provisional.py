"""Provisional values are published now and then, as long as they change. Part of both commands of stage two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.value_frame import (
    changed_values,
    no_values,
    provisional_values,
    row_count,
    together,
    told,
    values_of_panes,
)
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.judging import Turn
from services.analytics.use_cases.open_windows import OpenWindows, Taken
from services.analytics.use_cases.value_changes import States, ValueChanges


@dataclass(frozen=True, slots=True)
class TellingProvisional:
    """One transaction's."""

    turn: Turn
    changes: ValueChanges
    held: OpenWindows
    bounds: Bounds

    def __call__(self, partition: int, state: PartitionState, *, goes_on: bool = False) -> tuple[PartitionState, bool]:
        """Publish a bounded number of provisional values if it is time; says whether more wait.

        Args:
            goes_on: more may follow at once. Not while records wait: of very many subjects the values would take most of the time.
        """
        now, most = self.turn.now, self.bounds.values
        if state.told_at is not None and now < state.told_at + self.bounds.provisional_every:
            return state, False
        count = self._tell_rows(partition, most)
        untold = []
        for scope in self.held.with_untold(partition):
            if count < most:
                untold.append(self.held.untold(scope, most - count))
                count += row_count(untold[-1].panes)
        self._tell_open(untold, {partition: state})
        more = count >= most
        is_done = count > 0 and not (more and goes_on)
        return (replace(state, told_at=now) if is_done else state), more

    def _tell_rows(self, partition: int, most: int) -> int:
        """Of values that have rows; says how many they were."""
        values = self.turn.uow.values.unpublished(partition, most)
        if row_count(values):
            self.turn.uow.values.save_values(told(values))
            self.changes.publish(values)
        return row_count(values)

    def _tell_open(self, untold: Sequence[Taken], states: States) -> None:
        """Of open panes that have changed."""
        panes = together([one.panes for one in untold])
        if row_count(panes) == 0:
            return
        computed = values_of_panes(panes, self.changes.definitions(states))
        may_have_rows = any(one.may_have_rows for one in untold)
        stored = self.turn.uow.values.stored_values(computed) if may_have_rows else no_values()
        values = provisional_values(changed_values(computed, stored, are_known=True))
        self.changes.work.count_provisional(row_count(values))
        self.changes.publish(values)
