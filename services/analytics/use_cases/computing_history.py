"""Panes from the readings that are kept: those of new indicators, and those in which a reading was corrected.

They are computed as of the offsets up to which this partition has merged the fold's deltas, so that the next deltas go on exactly
from there. Part of both commands of stage two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from services.analytics.domain.fold import Deltas, by_partition
from services.analytics.domain.history import (
    PaneKeys,
    Span,
    all_panes,
    by_indicator,
    complete,
    key_rows,
    no_panes,
    of_version,
    panes_at,
    panes_before,
    panes_from,
    panes_from_on,
    span_of,
)
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.partition_state import Coverage, PartitionState
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.evaluation import Bounds, Evaluation
from services.analytics.use_cases.judging import Turn
from shared.calendars.windows import Window, window_at

_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


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
            coverage = None if indicator is None else state.coverage_of(indicator)
            if indicator is None or coverage is None:
                continue
            first = self._first_complete_pane(indicator)
            current = panes_from_on(of_version(keys, indicator.version), first)
            wanted = current if coverage.is_complete else panes_before(current, coverage.until)
            if not wanted.is_empty():
                computed = self._panes(state, indicator, span_of(wanted), wanted=wanted)
                self.evaluation.replace({partition: computed}, {partition: state})

    def notice(self, state: PartitionState) -> PartitionState:
        """The state after it has been seen which indicators are new or computed otherwise. Before any delta is merged: where a
        series goes on from a date of effect, the deltas of earlier windows go on to be added.
        """
        indicators = self.turn.catalogue.indicators.values()
        counted = (one for one in indicators if not one.formula.parts)
        return state.noticing(counted, self.turn.catalogue.revision)

    def cover(self, partition: int, state: PartitionState) -> tuple[PartitionState, bool]:
        """Compute a part of the panes of an indicator that is new or computed otherwise; says whether more waits."""
        for indicator in self.turn.catalogue.indicators.values():
            if state.covers(indicator):
                continue
            if indicator.formula.parts:
                state, has_moved = self.evaluation.derive_history(partition, state, indicator)
                if has_moved:
                    return state, True
                continue
            coverage = state.coverage_of(indicator)
            if coverage is None or state.unfinished or not state.is_folded_by(coverage.revision):
                continue
            return self._cover_next(partition, state, indicator, coverage=coverage), True
        return state, False

    def _cover_next(
        self, partition: int, state: PartitionState, indicator: Indicator, *, coverage: Coverage
    ) -> PartitionState:
        kind, after = indicator.reading_type, _later(coverage.until, self._first_complete_pane(indicator))
        bound = self.turn.uow.history.bound(kind, after, below=state.reached, count=self.bounds.history)
        calendar = self.turn.catalogue.calendar_of(indicator)
        end = None if bound is None else window_at(calendar, indicator.window.cut, bound).end
        panes = self._panes(state, indicator, Span(after, end), wanted=None)
        computed = by_partition(panes, self.partitions())[partition]
        if indicator.effective_from is not None and after is not None:
            computed = complete(computed, self._former(Scope(partition, indicator), Window(after, end or _FOR_EVER)))
        self.evaluation.replace({partition: computed}, {partition: state})
        return state.with_coverage(indicator.name, replace(coverage, until=end, is_complete=end is None))

    def _former(self, scope: Scope, span: Window) -> PaneKeys:
        """The panes within a span that the series has already, as they were computed before a date of effect."""
        written = self.turn.uow.values.held(scope, span)
        calendar = self.turn.catalogue.calendar_of(scope.indicator)
        return panes_at([written, self.evaluation.open.within(scope, span)], scope.indicator, calendar)

    def _first_complete_pane(self, indicator: Indicator) -> datetime | None:
        """When the first pane begins of which all readings are still kept; None when none was dropped."""
        floor = self.turn.uow.history.complete_after(indicator.reading_type)
        calendar = self.turn.catalogue.calendar_of(indicator)
        return None if floor is None else window_at(calendar, indicator.window.cut, floor).end

    def _panes(self, state: PartitionState, indicator: Indicator, span: Span, *, wanted: PaneKeys | None) -> Deltas:
        readings = self.turn.uow.history.readings(indicator.reading_type, span, state.reached)
        return panes_from(readings, indicator, self.turn.catalogue.calendar_of(indicator), span=span, wanted=wanted)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other
