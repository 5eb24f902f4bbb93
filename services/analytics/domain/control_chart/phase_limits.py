"""The limits of one phase: which chart its baseline calls for, and how far they lie.

The kind of chart is chosen by the points of the baseline and frozen with it: over-dispersion that begins later is a signal, and no
reason to widen the limits; a later window that such a chart cannot hold has no limits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Generic, cast

import numpy as np

from services.analytics.domain.control_chart.baselining import Baselining
from services.analytics.domain.control_chart.chart import Drawn
from services.analytics.domain.indicator import FormulaKind
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.spc.chart_choice import (
    COUNT_CHARTS,
    COUNT_CHARTS_PRINTED,
    SINGLE_CHARTS,
    SINGLE_CHARTS_PRINTED,
    SUBGROUP_CHARTS,
    SUBGROUP_CHARTS_PRINTED,
    Chart,
    ChartChoice,
    CountChart,
    SingleChart,
    SubgroupChart,
    choose,
)
from services.analytics.domain.spc.panel import Panel
from services.analytics.domain.spc.phases import Baseline, DrawnPhase, Learning, Phase, S, draw_phases
from services.analytics.domain.spc.ruler import USUAL_MULTIPLE, Ruler, ruler_of
from services.analytics.domain.spc.samples import Counts, Individuals, Subgroups
from services.analytics.domain.spc.variable_charts import KnownBaseline

_NEVER_NEGATIVE: frozenset[FormulaKind] = frozenset({"count", "standard_deviation"})
_SUBGROUPED: frozenset[FormulaKind] = frozenset({"mean", "standard_deviation"})
_OF_A_WHOLE: frozenset[Chart] = frozenset({"p", "p-exact", "p-prime"})


@dataclass(frozen=True, slots=True)
class PhaseValues:
    """Judged values in order of their windows.

    Attributes:
        neighbours: whether each one's window follows that of the value before it.
        excluded: starts of windows that set no limits.
    """

    values: tuple[KpiValue, ...] = ()
    neighbours: tuple[bool, ...] = ()
    excluded: tuple[datetime, ...] = ()

    def places_excluded(self, windows: int) -> tuple[int, ...]:
        """Which of the first so many values set no limits."""
        excluded = set(self.excluded)
        return tuple(place for place, value in enumerate(self.values[:windows]) if value.window.start in excluded)


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What `draw` made of a phase.

    Attributes:
        choice: None while waiting.
        drawn: the points that it was made of; None while waiting.
        at: the same limits at other points, such as those of open windows; None while waiting.
        fits: whether a point can have these limits: counts have none where there is nothing to count, times none below 0.
        ruler: the same limits for one point at a time; None while waiting.
    """

    choice: ChartChoice | None = None
    drawn: Drawn | None = None
    at: Callable[[PhaseValues], Panel | None] = field(default=lambda _: None)
    fits: Callable[[KpiValue], bool] = field(default=lambda _: False)
    ruler: Ruler | None = None

    @property
    def behind(self) -> int:
        """How many of the first points set the limits."""
        return 0 if self.drawn is None else self.drawn.points_behind


def draw(phase: PhaseValues, *, kind: FormulaKind, baselining: Baselining) -> Limits:
    """The baseline is the first `baselining.windows` points, while there are fewer all of them; those with a known cause are left out.

    Args:
        phase: points that do not fit the chart of the baseline are left out.
    """
    if baselining.given is not None:
        return _given(*baselining.given, phase)
    windows = baselining.windows
    excluded = phase.places_excluded(windows)
    least = min(Learning().least, windows)
    learning = Learning(least, max(least, windows - len(excluded)))
    behind = tuple(value for place, value in enumerate(phase.values[:windows]) if place not in excluded)
    if len(behind) < least:
        return Limits()
    choice = _choice(behind, kind, baselining.chart)
    bounds = (0.0 if kind in _NEVER_NEGATIVE else -math.inf, math.inf)
    fits = fits_on(choice.chart)
    if choice.chart in COUNT_CHARTS:
        counted = (COUNT_CHARTS_PRINTED if baselining.rounds else COUNT_CHARTS)[cast("CountChart", choice.chart)]
        return _Pen(_counts, counted, learning, bounds, fits).limits(choice, phase, windows)
    if choice.chart in SUBGROUP_CHARTS:
        grouped = (SUBGROUP_CHARTS_PRINTED if baselining.rounds else SUBGROUP_CHARTS)[
            cast("SubgroupChart", choice.chart)
        ]
        return _Pen(_subgroups, grouped, learning, bounds, fits).limits(choice, phase, windows)
    single = (SINGLE_CHARTS_PRINTED if baselining.rounds else SINGLE_CHARTS)[cast("SingleChart", choice.chart)]
    return _Pen(_individuals, single, learning, bounds, fits).limits(choice, phase, windows)


def fits_on(chart: Chart) -> Callable[[KpiValue], bool]:
    """Whether a judged value can be a point of such a chart."""
    if chart in COUNT_CHARTS:
        return _is_trials if chart == "p-exact" else _is_counted
    return _is_not_negative if chart in ("t", "g") else lambda _: True


def amount_of(value: KpiValue, chart: Chart) -> tuple[float, float]:
    """What `Ruler.place` is told of a value that fits on the chart."""
    if chart in COUNT_CHARTS:
        return cast("float", value.numerator), _size(value)
    return cast("float", value.value), float(value.sample_size) if chart in SUBGROUP_CHARTS else 1.0


@dataclass(frozen=True, slots=True)
class _Pen(Generic[S]):
    """How one kind of sample is drawn."""

    sample: Callable[[PhaseValues], S]
    estimate: Callable[[S], Baseline[S]]
    learning: Learning
    bounds: tuple[float, float]
    fits: Callable[[KpiValue], bool]

    def limits(self, choice: ChartChoice, phase: PhaseValues, windows: int) -> Limits:
        fitting = _only(phase, self.fits)
        how: Phase[S] = Phase(baseline_points=windows, excluded=fitting.places_excluded(windows))
        drawn = self._draw(fitting, how)
        if drawn.baseline is None:
            return Limits()
        frozen: Phase[S] = Phase(frozen=drawn.baseline)
        known = cast("Drawn", drawn)
        ruler = ruler_of(choice.chart, known, self.bounds)
        return Limits(choice, known, lambda other: self._draw(other, frozen).panels[0], self.fits, ruler)

    def _draw(self, phase: PhaseValues, how: Phase[S]) -> DrawnPhase[S]:
        sample = self.sample(phase)
        (drawn,) = draw_phases(sample, [how], estimate=self.estimate, learning=self.learning, bounds=self.bounds)
        return drawn


def _given(centre: float, sigma: float, phase: PhaseValues) -> Limits:
    """Limits that are known, so that nothing is learned."""
    known = KnownBaseline(centre, sigma)

    def at(other: PhaseValues) -> Panel:
        return known.panels(_individuals(other))[0]

    panels = known.panels(_individuals(phase))
    drawn = DrawnPhase(0, len(phase.values), "established", known, USUAL_MULTIPLE, panels)
    return Limits(ChartChoice("xmr", "given"), drawn, at, lambda _: True, Ruler("xmr", centre, sigma, points=0))


def _only(phase: PhaseValues, fits: Callable[[KpiValue], bool]) -> PhaseValues:
    """Without what does not fit; its neighbours are none of each other."""
    kept = [place for place, value in enumerate(phase.values) if fits(value)]
    if len(kept) == len(phase.values):
        return phase
    neighbours = [phase.neighbours[place] and place - 1 == before for before, place in pairwise([-1, *kept])]
    return PhaseValues(tuple(phase.values[place] for place in kept), tuple(neighbours), phase.excluded)


def _choice(baseline: tuple[KpiValue, ...], kind: FormulaKind, asked: Chart | None) -> ChartChoice:
    """What cannot be charted as it was asked for, or as its formula calls for, is charted as single values."""
    if asked is not None and _can_be(asked, baseline, kind):
        return ChartChoice(asked, "asked-for")
    if kind in ("ratio", "count"):
        single = ChartChoice("xmr", "not-whole-counts")
        if asked is not None or not all(_is_counted(value) for value in baseline):
            return single
        choice = choose(kind, _counts(PhaseValues(baseline)))
        return single if choice.chart == "p-exact" and not all(_is_trials(value) for value in baseline) else choice
    if asked is None and kind in ("mean", "standard_deviation") and all(_has_spread(value) for value in baseline):
        return choose(kind, _subgroups(PhaseValues(baseline)))
    return ChartChoice("xmr", "single-values")


def _can_be(chart: Chart, baseline: tuple[KpiValue, ...], kind: FormulaKind) -> bool:
    """A proportion has no more counts than trials, whole ones if its limits are exact; a subgroup has a spread."""
    if not all(map(fits_on(chart), baseline)):
        return False
    if chart in SUBGROUP_CHARTS:
        return kind in _SUBGROUPED and all(_has_spread(value) for value in baseline)
    return chart not in _OF_A_WHOLE or all((value.numerator or 0.0) <= _size(value) for value in baseline)


def _has_spread(value: KpiValue) -> bool:
    """Whether it is known how the readings of its window scatter."""
    return value.sample_size > 1 and _deviation(value) is not None


def _deviation(value: KpiValue) -> float | None:
    """Of a standard deviation, which has no sums, the value itself."""
    return value.value if value.numerator is None else value.reading_deviation


def _is_not_negative(value: KpiValue) -> bool:
    return value.value is not None and value.value >= 0


def _is_counted(value: KpiValue) -> bool:
    count, size = value.numerator, _size(value)
    return count is not None and count >= 0 and size > 0


def _is_trials(value: KpiValue) -> bool:
    return _is_counted(value) and _size(value).is_integer()


def _size(value: KpiValue) -> float:
    """What a count was counted in: the denominator of a ratio, one window of a count."""
    return 1.0 if value.denominator is None else value.denominator


def _counts(phase: PhaseValues) -> Counts:
    return Counts.of(
        [cast("float", value.numerator) for value in phase.values], [_size(value) for value in phase.values]
    )


def _subgroups(phase: PhaseValues) -> Subgroups:
    """Windows with a single reading have no spread, which counts nothing."""
    return Subgroups(
        np.array([float(value.sample_size) for value in phase.values]),
        np.array([cast("float", value.value) for value in phase.values]),
        np.array([value.reading_range or 0.0 for value in phase.values]),
        np.array([_deviation(value) or 0.0 for value in phase.values]),
    )


def _individuals(phase: PhaseValues) -> Individuals:
    sample = Individuals.of([cast("float", value.value) for value in phase.values])
    ranges = np.where(np.array(phase.neighbours, dtype=np.bool_), sample.moving_ranges, np.nan)
    return replace(sample, moving_ranges=ranges)
