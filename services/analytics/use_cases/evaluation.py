"""One transaction's work of stage two, whether records or the clock gave cause: its pieces, put together. Part of both commands."""

from collections.abc import Mapping, Sequence

from services.analytics.domain.history import PaneKeys
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.value_frame import (
    Deltas,
    Touched,
    add,
    covered,
    leave_out,
    of_defined,
    row_count,
    together,
    touched,
    values_of_panes,
    without_panes,
)
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.closing_windows import ClosingWindows
from services.analytics.use_cases.deriving import Deriving
from services.analytics.use_cases.expecting import Expecting
from services.analytics.use_cases.judging import Judging, Turn
from services.analytics.use_cases.judging_anew import JudgingAnew
from services.analytics.use_cases.open_windows import OpenWindows
from services.analytics.use_cases.rolling_values import RollingValues
from services.analytics.use_cases.telling_provisional import TellingProvisional
from services.analytics.use_cases.value_changes import States, ValueChanges


class Evaluation:
    """Of one or more partitions.

    Attributes:
        work: what was done.
        closing: until when windows are closed.
        open: the panes of windows that are not.
        windows: closes them.
        expecting: looks for those that lack data.
        tell_provisional, judge_anew: pieces that are called whole.
        brought: how many panes have come with deltas.
    """

    def __init__(self, turn: Turn, *, judging: Judging, bounds: Bounds, partitions: int) -> None:
        self._turn = turn
        self._deriving = Deriving(turn, partitions, bounds.judged_anew)
        self.expecting = Expecting(turn, judging, bounds.expected, partitions)
        self._changes = ValueChanges(turn, judging=judging, deriving=self._deriving, expecting=self.expecting)
        self.work = self._changes.work
        self.closing = self._changes.closing
        self.open = OpenWindows(turn)
        self.windows = ClosingWindows(turn, self._changes, self.open, bounds=bounds)
        self.tell_provisional = TellingProvisional(turn, self._changes, self.open, bounds)
        self.judge_anew = JudgingAnew(turn, self._changes, self.open, judging, self._deriving, bounds)
        self.brought = 0

    def merge(self, deltas: Mapping[int, Sequence[Deltas]], states: States, *, without: Mapping[int, PaneKeys]) -> None:
        """Hold deltas of open windows; add the rest to their panes, and publish and judge the values that are final.

        Args:
            without: partition → panes that are left out, because they will be computed afresh.
        """
        definitions = self._changes.definitions(states)
        new = touched(deltas)
        known = of_defined(new, definitions)
        self.work.superseded += row_count(new) - row_count(known)
        counted = covered(leave_out(known, without), definitions)
        self.brought += row_count(counted)
        let_go = self._let_go(states)
        left = self.open.hold(counted)
        merged = add(self._turn.uow.values.stored_panes(left), left)
        self._save(together([merged, without_panes(let_go, merged)]), states)

    def replace(self, panes: Mapping[int, Sequence[Deltas]], states: States) -> None:
        """Put panes that were computed afresh in the place of what is stored or held."""
        afresh = touched(panes)
        let_go = self._let_go(states)
        rows = self.open.hold(afresh, is_whole=True)
        self._save(together([rows, without_panes(let_go, rows)]), states)

    def derive(self, windows: PaneKeys, partition: int, state: PartitionState) -> None:
        """Compute windows of derived indicators afresh; publish and judge what has changed."""
        for computed in self._deriving.values_of(windows, partition):
            self._changes.keep_computed(computed, {partition: state})

    def derive_history(
        self, partition: int, state: PartitionState, indicator: Indicator
    ) -> tuple[PartitionState, bool]:
        """Compute a part of a derived indicator's history; says whether anything could be done."""
        found = self._deriving.next_windows(partition, state, indicator)
        if found is None:
            return state, False
        self.derive(found[1], partition, state)
        return found[0], True

    def expect(self, partition: int, state: PartitionState) -> tuple[PartitionState, bool]:
        """Judge windows that have come due without readings; says whether more waits. Once nothing is left that is due to close."""
        has_more = False
        for indicator in self._turn.catalogue.indicators.values():
            if indicator.parts:
                closes = self.closing.of_parts(partition, state, indicator)
                state = self.expecting.note_passed(indicator, state, closes)
            if state.covers(indicator):
                closes = self.closing.of(partition, state, indicator)
                state, changes, waits = self.expecting.look(Scope(partition, indicator), state, closes)
                self.work.count_anomalies(changes)
                has_more = has_more or waits
        return state, has_more

    def _save(self, panes: Touched, states: States) -> None:
        """Write panes into their rows, with the values that follow from them."""
        if row_count(panes) == 0:
            return
        definitions = self._changes.definitions(states)
        rolling = RollingValues(self._turn, panes)
        self._turn.uow.values.save_panes(panes)
        self._changes.keep_computed(values_of_panes(rolling.tumbling, definitions), states)
        for computed in rolling.computed(definitions):
            self._changes.keep_computed(computed, states)

    def _let_go(self, states: States) -> Touched:
        """What is held of indicators that have come to need rows, now in them; the values are still to be computed."""
        panes = together([self.open.release(scope, rows, None).panes for scope, rows in self.open.held_in_vain(states)])
        if row_count(panes):
            self._turn.uow.values.save_panes(panes)
        return panes
