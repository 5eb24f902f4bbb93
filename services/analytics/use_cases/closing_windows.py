"""Windows that have closed: their panes go into rows, and their values become final. Part of both commands of stage two."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.analytics.domain.indicator import RollingWindow
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.value_frame import (
    changed_values,
    closed,
    no_values,
    row_count,
    together,
    values_of_panes,
)
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.judging import Turn
from services.analytics.use_cases.open_windows import OpenWindows, Taken
from services.analytics.use_cases.rolling_values import next_windows
from services.analytics.use_cases.value_changes import States, ValueChanges

LONG_AGO = timedelta(hours=1)
"""Readings that were observed so long ago are no news, and what they close may wait for others."""


class ClosingWindows:
    """One transaction's.

    Attributes:
        partitions: those of which it has closed some windows.
    """

    def __init__(self, turn: Turn, changes: ValueChanges, held: OpenWindows, *, bounds: Bounds) -> None:
        self._turn = turn
        self._changes = changes
        self._held = held
        self._bounds = bounds
        self.partitions: set[int] = set()

    def may_wait(self, partition: int, state: PartitionState) -> bool:
        """Whether the windows that are due may wait for others: long past, and the last ones were closed a moment ago.

        Each series has pages of its own in the database. Where a backlog is read, they are written once for many windows.
        """
        now, closed_at = self._turn.now, state.closed_at
        if closed_at is None or not closed_at <= now < closed_at + self._bounds.together_every:
            return False  # a moment to come is one of another process, whose clock is ahead
        held = self._held.largest(partition)
        is_much = held is not None and held[1] * 2 > self._bounds.open_panes
        return not is_much and all(self._is_long_past(scope, until) for scope, until in self._due({partition: state}))

    def close_due(self, states: States, *, brought: int = 0) -> bool:
        """Make values final whose windows have closed; says whether more wait.

        Args:
            brought: how many panes have come with this transaction. No fewer are closed, so that they do not heap up.
        """
        due = self._due(states)
        are_past = all(self._is_long_past(scope, until) for scope, until in due)
        left = brought + (self._bounds.closed_together if are_past else self._bounds.values)
        released = self._release(due, left)
        left -= sum(row_count(one.panes) for one in released)
        self._write(released, states)
        ends = self._turn.uow.values.earliest_open_ends([scope for scope, _ in due])
        for (scope, until), end in zip(due, ends, strict=True):
            if left > 0 and end is not None and end <= until:
                left -= self._close_rows(scope, until, left, states=states)
                self.partitions.add(scope.partition)
        return left <= 0

    def keep_within_bounds(self, states: States) -> None:
        """Let the earliest open panes go into their rows where more are held than memory is given to."""
        for partition in states:
            held = self._held.largest(partition)
            if held is not None and held[1] > self._bounds.open_panes:
                self._write([self._held.release(held[0], held[1] - self._bounds.open_panes, None)], states)

    def _due(self, states: States) -> list[tuple[Scope, datetime]]:
        """The indicators of which windows are closed, and until when."""
        return [
            (Scope(partition, self._turn.catalogue.indicators[name]), until)
            for (partition, name), until in self._changes.closed_until(states).items()
            if until is not None
        ]

    def _is_long_past(self, scope: Scope, until: datetime) -> bool:
        return until + scope.indicator.allowed_lateness <= self._turn.now - LONG_AGO

    def _release(self, due: Sequence[tuple[Scope, datetime]], most: int) -> list[Taken]:
        """About so many open panes, of each scope an equal part: series of all partitions lie beside one another in the database,
        and go in their order, so that equal parts are written to the same pages.
        """
        released: list[Taken] = []
        left = most
        while left > 0 and (due := [(scope, until) for scope, until in due if self._held.has_any(scope, until)]):
            part = -(-left // len(due))
            for scope, until in due:
                released.append(self._held.release(scope, part, until))
                left -= row_count(released[-1].panes)
                self.partitions.add(scope.partition)
        return released

    def _write(self, released: Sequence[Taken], states: States) -> None:
        """Write panes that are held no longer into their rows, with their values."""
        panes = together([one.panes for one in released])
        if row_count(panes) == 0:
            return
        store = self._turn.uow.values
        store.save_panes(panes)
        computed = values_of_panes(panes, self._changes.definitions(states))
        stored = store.stored_values(computed) if any(one.may_have_rows for one in released) else no_values()
        self._changes.keep(changed_values(computed, stored, are_known=True), states)

    def _close_rows(self, scope: Scope, until: datetime, count: int, *, states: States) -> int:
        """Make up to so many provisional values final that have rows; says how many they were."""
        due = self._turn.uow.values.due(scope, until, count)
        if row_count(due):
            self._changes.keep(closed(due), states)
            if isinstance(scope.indicator.window, RollingWindow):
                known = self._changes.definitions(states)
                self._changes.keep_computed(next_windows(self._turn, scope, due, definitions=known), states)
        return row_count(due)
