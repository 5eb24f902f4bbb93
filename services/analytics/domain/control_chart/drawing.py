"""From KPI values to a control chart.

Only closed windows with enough data set limits and are judged. A window without a judged value ends every run and every moving
range, as it does for rules. Windows that overlap share readings, hence do not scatter independently: of a rolling indicator the
chart takes every window that begins where the one before it ended.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from services.analytics.domain.control_chart.baselining import Baselining
from services.analytics.domain.control_chart.chart import (
    ChartPhase,
    ChartPoint,
    ChartSignal,
    ControlChart,
    Drawn,
    PointStanding,
    effect_of,
)
from services.analytics.domain.control_chart.phase_limits import PhaseValues, draw
from services.analytics.domain.control_chart.rebase import Rebase, in_force
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.spc.judging import RuleSet, Signal, judge_all
from services.analytics.domain.spc.rule_catalogue import nelson
from services.analytics.domain.succession import adjoins, ends_no_run
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Window

_NO_LINES = (None, None, None)


def control_chart(
    values: Sequence[KpiValue],
    *,
    indicator: Indicator,
    calendar: Calendar,
    rebases: Sequence[Rebase] = (),
    rules: RuleSet | None = None,
    baselining: Baselining | None = None,
) -> ControlChart:
    """The chart of one series. More values at the end change no limits that are frozen.

    Args:
        values: of one series, in order of their windows, from its beginning.
        calendar: that of the indicator.
        rules: default Nelson's 1, 2, 5 and 6 (decision 10).
        baselining: default 5 points for limits, 24 to freeze them (decision 15); a phase may have been given its own.
    """
    charted = without_overlap(values)
    points: list[ChartPoint] = []
    phases: list[ChartPhase] = []
    signals: list[ChartSignal] = []
    judging = rules or nelson()
    for rebase, part in _parts(charted, in_force(rebases)):
        first = len(points)
        own = (baselining or Baselining()).of_phase(None if rebase is None else rebase.begun)
        excluded = () if rebase is None else rebase.excluded
        drawn = _Part(part, own, excluded, indicator=indicator, calendar=calendar)
        points.extend(drawn.points(phase=len(phases)))
        phases.append(drawn.phase(rebase, first))
        signals.extend(drawn.signals(judging, first))
    return ControlChart(tuple(points), tuple(phases), tuple(signals))


def without_overlap(values: Sequence[KpiValue]) -> list[KpiValue]:
    """From the first window on, each that begins at or after the end of the one taken before it."""
    taken: list[KpiValue] = []
    for value in values:
        if not taken or value.window.start >= taken[-1].window.end:
            taken.append(value)
    return taken


def standing_of(value: KpiValue) -> PointStanding:
    if not value.is_judged or value.value is None or not math.isfinite(value.value):
        return "gap"
    return "provisional" if value.status == "provisional" else "judged"


class _Part:
    """The values of one phase, drawn."""

    def __init__(
        self,
        values: Sequence[KpiValue],
        baselining: Baselining,
        excluded: tuple[datetime, ...],
        *,
        indicator: Indicator,
        calendar: Calendar,
    ) -> None:
        self._values = values
        self._windows = baselining.windows
        self._excluded = excluded
        self._direction = indicator.direction
        if baselining.passes_over_gaps:
            self._before = _shown_before(values)
        else:
            self._before = _places_before(values, indicator, calendar)
        standings = [standing_of(value) for value in values]
        self._judged = [place for place, standing in enumerate(standings) if standing == "judged"]
        self._limits = draw(self._chosen(self._judged), kind=indicator.formula.kind, baselining=baselining)
        if self._limits.drawn is not None:
            self._judged = [place for place in self._judged if self._limits.fits(values[place])]
        shown = [place for place, standing in enumerate(standings) if standing != "gap"]
        self._limited = [place for place in shown if self._limits.fits(values[place])]

    def points(self, phase: int) -> Iterator[ChartPoint]:
        lines = self._lines()
        for place, value in enumerate(self._values):
            centre, lower, upper = lines.get(place, _NO_LINES)
            yield ChartPoint(value, standing_of(value), phase, self._before[place] is not None, centre, lower, upper)

    def _lines(self) -> dict[int, tuple[float, float, float]]:
        """Place → centre, lower, upper; of the points that have limits."""
        panel = self._limits.at(self._chosen(self._limited))
        if panel is None:
            return {}
        rows = zip(panel.centre.tolist(), panel.lower.tolist(), panel.upper.tolist(), strict=True)
        return dict(zip(self._limited, rows, strict=True))

    def phase(self, rebase: Rebase | None, first: int) -> ChartPhase:
        stop = first + len(self._values)
        span = None
        if self._limits.behind:
            first_judged = [self._values[place].window for place in self._judged[: self._windows]]
            behind = [window for window in first_judged if window.start not in self._excluded]
            span = Window(behind[0].start, behind[-1].end)
        return ChartPhase(rebase, first, stop, self._windows, self._limits.choice, self._limits.drawn, span)

    def signals(self, rules: RuleSet, first: int) -> Iterator[ChartSignal]:
        """Each stretch of windows that follow one another is judged by itself."""
        drawn = self._limits.drawn
        if drawn is None or not drawn.panels:
            return
        for stretch in _stretches(self._judged, self._before):
            for signal in _judged_stretch(rules, drawn, stretch):
                places = tuple(first + self._judged[index] for index in signal.points)
                yield ChartSignal(signal.rule, signal.side, effect_of(signal.side, self._direction), places)

    def _chosen(self, places: Sequence[int]) -> PhaseValues:
        neighbours = [index > 0 and self._before[place] == places[index - 1] for index, place in enumerate(places)]
        return PhaseValues(tuple(self._values[place] for place in places), tuple(neighbours), self._excluded)


def _parts(values: Sequence[KpiValue], rebases: Sequence[Rebase]) -> Iterator[tuple[Rebase | None, list[KpiValue]]]:
    """Each phase with its values, in order; the first phase is left out where a rebase stands at the very beginning."""
    starts = [rebase.starts_at for rebase in rebases]
    before = [value for value in values if not starts or value.window.start < starts[0]]
    if before or not rebases:
        yield None, before
    for index, rebase in enumerate(rebases):
        stop = starts[index + 1] if index + 1 < len(starts) else None
        yield (
            rebase,
            [
                value
                for value in values
                if value.window.start >= rebase.starts_at and (stop is None or value.window.start < stop)
            ],
        )


def _places_before(values: Sequence[KpiValue], indicator: Indicator, calendar: Calendar) -> list[int | None]:
    """The place of the value that each follows, without a gap in time or in judgement but breaks of the calendar; None without one."""
    found: list[int | None] = []
    before: int | None = None
    for place, value in enumerate(values):
        if standing_of(value) == "gap":
            found.append(None)
            before = before if ends_no_run(indicator, calendar, value.window) else None
            continue
        adjoining = before is not None and adjoins(
            calendar, indicator.window.cut, earlier=values[before].window, later=value.window
        )
        found.append(before if adjoining else None)
        before = place
    return found


def _shown_before(values: Sequence[KpiValue]) -> list[int | None]:
    """The place of the value before each, gaps left out."""
    found: list[int | None] = []
    before: int | None = None
    for place, value in enumerate(values):
        is_gap = standing_of(value) == "gap"
        found.append(None if is_gap else before)
        before = before if is_gap else place
    return found


def _stretches(judged: Sequence[int], before: Sequence[int | None]) -> Iterator[range]:
    """Indices in `judged` of points whose windows follow one another."""
    begin = 0
    for index in range(1, len(judged) + 1):
        if index == len(judged) or before[judged[index]] != judged[index - 1]:
            yield range(begin, index)
            begin = index


def _judged_stretch(rules: RuleSet, drawn: Drawn, stretch: range) -> list[Signal]:
    panel = drawn.panels[0]
    part = slice(stretch.start, stretch.stop)
    found = judge_all(rules, panel.plotted[part], panel.z[part])
    return [replace(signal, points=tuple(place + stretch.start for place in signal.points)) for signal in found]
