"""Panes from the readings that are kept: those of new indicators, and those in which a reading was corrected.

They are computed as of the offsets up to which this partition has merged the fold's deltas, so that the next deltas go on exactly
from there. Part of both commands of stage two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.analytics.domain.fold import Deltas, by_partition
from services.analytics.domain.history import (
    PaneKeys,
    Span,
    all_panes,
    by_indicator,
    key_rows,
    no_panes,
    of_version,
    panes_before,
    panes_from,
    panes_from_on,
    span_of,
)
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.partition_state import Coverage, PartitionState
from services.analytics.use_cases.evaluation import Bounds, Evaluation
from services.analytics.use_cases.judging import Turn
from shared.calendars.windows import window_at


@dataclass(frozen=True, slots=True)
class History:
    """One transaction's work on what is kept.

    Attributes:
        partitions: how many partitions `pane-deltas` has.
    """

    evaluation: Evaluation
    turn: Turn
    bounds: Bounds
    partitions: Callable[[], int]

    def take(self, state: PartitionState, offered: Sequence[PaneKeys]) -> tuple[PartitionState, PaneKeys]:
        """The panes to compute afresh now. While a fold transaction is merged in part they wait: its readings are kept already."""
        panes = all_panes(state.to_recompute, offered)
        if state.unfinished:
            return replace(state, to_recompute=key_rows(panes)), no_panes()
        return replace(state, to_recompute=()), panes

    def recompute(self, partition: int, state: PartitionState, panes: PaneKeys) -> None:
        """Compute panes afresh; those whose history is still to be computed, or that nobody asks for any more, are left out."""
        for name, keys in by_indicator(panes).items():
            indicator = self.turn.catalogue.indicators.get(name)
            coverage = state.history.get(name)
            if indicator is None or coverage is None or coverage.version != indicator.version:
                continue
            complete = self._first_complete_pane(indicator)
            current = panes_from_on(of_version(keys, indicator.version), complete)
            wanted = current if coverage.is_complete else panes_before(current, coverage.until)
            if not wanted.is_empty():
                computed = self._panes(state, indicator, span_of(wanted), wanted=wanted)
                self.evaluation.replace({partition: computed}, {partition: state})

    def cover(self, partition: int, state: PartitionState) -> tuple[PartitionState, bool]:
        """Compute a part of the panes of an indicator that is new or computed otherwise; says whether more waits."""
        for name, indicator in self.turn.catalogue.indicators.items():
            if state.covers(name, indicator.version):
                continue
            if indicator.formula.parts:
                state, has_moved = self.evaluation.derive_history(partition, state, indicator)
                if has_moved:
                    return state, True
                continue
            coverage = state.history.get(name)
            if coverage is None or coverage.version != indicator.version:
                coverage = Coverage(indicator.version, self.turn.catalogue.revision)
                state = state.with_coverage(name, coverage)
            if state.unfinished or not state.is_folded_by(coverage.revision):
                continue
            return self._cover_next(partition, state, indicator, coverage=coverage), True
        return state, False

    def _cover_next(
        self, partition: int, state: PartitionState, indicator: Indicator, *, coverage: Coverage
    ) -> PartitionState:
        kind, after = indicator.reading_type, coverage.until or self._first_complete_pane(indicator)
        bound = self.turn.uow.history.bound(kind, after, below=state.reached, count=self.bounds.history)
        calendar = self.turn.catalogue.calendar_of(indicator)
        end = None if bound is None else window_at(calendar, indicator.window.cut, bound).end
        panes = self._panes(state, indicator, Span(after, end), wanted=None)
        self.evaluation.replace({partition: by_partition(panes, self.partitions())[partition]}, {partition: state})
        return state.with_coverage(indicator.name, replace(coverage, until=end, is_complete=end is None))

    def _first_complete_pane(self, indicator: Indicator) -> datetime | None:
        """When the first pane begins of which all readings are still kept; None when none was dropped."""
        floor = self.turn.uow.history.complete_after(indicator.reading_type)
        calendar = self.turn.catalogue.calendar_of(indicator)
        return None if floor is None else window_at(calendar, indicator.window.cut, floor).end

    def _panes(self, state: PartitionState, indicator: Indicator, span: Span, *, wanted: PaneKeys | None) -> Deltas:
        readings = self.turn.uow.history.readings(indicator.reading_type, span, state.reached)
        return panes_from(readings, indicator, self.turn.catalogue.calendar_of(indicator), span=span, wanted=wanted)
