"""Panes from the readings that are kept: those of new indicators, and those in which a reading was corrected.

They are computed as of the offsets up to which this partition has merged the fold's deltas, so that the next deltas go on exactly
from there. Part of both commands of stage two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from services.analytics.domain.fold import Deltas, by_partition
from services.analytics.domain.history import (
    Asked,
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
    span_of_all,
)
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.partition_state import Coverage, PartitionState
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.evaluation import Evaluation
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
        by_type: dict[str, list[Asked]] = {}
        for name, keys in by_indicator(panes).items():
            indicator = self.turn.catalogue.indicators.get(name)
            coverage = None if indicator is None else state.coverage_of(indicator)
            if indicator is None or coverage is None:
                continue
            first = self._first_complete_pane(indicator)
            current = panes_from_on(of_version(keys, indicator.version), first)
            wanted = current if coverage.is_complete else panes_before(current, coverage.until)
            if not wanted.is_empty():
                asked = self._asked(indicator, span_of(wanted), wanted)
                by_type.setdefault(indicator.reading_type, []).append(asked)
        computed = [part for asked in by_type.values() for part in self._panes(state, asked, span_of_all(asked))]
        if computed:
            self.evaluation.replace({partition: computed}, {partition: state})

    def notice(self, state: PartitionState) -> PartitionState:
        """The state after it has been seen which indicators are new or computed otherwise. Before any delta is merged: where a
        series goes on from a date of effect, the deltas of earlier windows go on to be added.
        """
        indicators = self.turn.catalogue.indicators.values()
        counted = (one for one in indicators if not one.formula.parts)
        return state.noticing(counted, self.turn.catalogue.revision)

    def cover(self, partition: int, state: PartitionState) -> tuple[PartitionState, bool]:
        """Compute panes of indicators that are new or computed otherwise, until about as many kept readings were read as one
        transaction may read; says whether more waits.
        """
        state, has_more = self._cover_plain(partition, state)
        if has_more:
            return state, True
        for indicator in self.turn.catalogue.indicators.values():
            if indicator.formula.parts and not state.covers(indicator):
                state, has_moved = self.evaluation.derive_history(partition, state, indicator)
                if has_moved:
                    return state, True
        return state, False

    def _cover_plain(self, partition: int, state: PartitionState) -> tuple[PartitionState, bool]:
        """Of those that are computed from readings. What several make of the same readings is computed as they are read once."""
        before, left, has_more = state, self.bounds.history, False
        by_span: dict[tuple[str, Span], list[Asked]] = {}
        for name, indicator in self.turn.catalogue.indicators.items():
            if indicator.formula.parts or state.covers(indicator):
                continue
            coverage = state.coverage_of(indicator)
            if coverage is None or state.unfinished or not state.is_folded_by(coverage.revision):
                continue
            if left <= 0:
                has_more = True
                break
            span, readings = self._next_span(state, indicator, coverage)
            left -= readings
            has_more = has_more or span.end is not None
            by_span.setdefault((indicator.reading_type, span), []).append(self._asked(indicator, span, None))
            state = state.with_coverage(name, replace(coverage, until=span.end, is_complete=span.end is None))
        computed = [
            self._own(partition, one, part)
            for (_, span), asked in by_span.items()
            for one, part in zip(asked, self._panes(state, asked, span), strict=True)
        ]
        if computed:
            self.evaluation.replace({partition: computed}, {partition: before})
        return state, has_more

    def _next_span(self, state: PartitionState, indicator: Indicator, coverage: Coverage) -> tuple[Span, int]:
        """What of the history of an indicator to compute next, and about how many kept readings lie in it."""
        after = _later(coverage.until, self._first_complete_pane(indicator))
        history, count = self.turn.uow.history, self.bounds.history
        portion = history.portion(indicator.reading_type, after, below=state.reached, count=count)
        calendar = self.turn.catalogue.calendar_of(indicator)
        end = None if portion.until is None else window_at(calendar, indicator.window.cut, portion.until).end
        return Span(after, end), portion.readings

    def _own(self, partition: int, asked: Asked, panes: Deltas) -> Deltas:
        """The panes of a partition; where a series goes on from a date of effect, with those that it has no readings for any more."""
        own = by_partition(panes, self.partitions())[partition]
        span = asked.span
        if asked.indicator.effective_from is None or span.start is None:
            return own
        return complete(own, self._former(Scope(partition, asked.indicator), Window(span.start, span.end or _FOR_EVER)))

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

    def _asked(self, indicator: Indicator, span: Span, wanted: PaneKeys | None) -> Asked:
        return Asked(indicator, self.turn.catalogue.calendar_of(indicator), span, wanted)

    def _panes(self, state: PartitionState, asked: Sequence[Asked], span: Span) -> list[Deltas]:
        """The panes of indicators of one reading type, each from the readings of the span."""
        readings = self.turn.uow.history.readings(asked[0].indicator.reading_type, span, state.reached)
        return panes_from(readings, asked)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other
