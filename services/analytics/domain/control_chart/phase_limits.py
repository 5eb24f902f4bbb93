"""The limits of one phase: which chart its baseline calls for, and how far they lie.

The kind of chart is chosen by the points of the baseline and frozen with it: over-dispersion that begins later is a signal, and no
reason to widen the limits; a later window that such a chart cannot hold has no limits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, cast

import numpy as np

from services.analytics.domain.control_chart.chart import Drawn
from services.analytics.domain.indicator import FormulaKind
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.spc.chart_choice import COUNT_CHARTS, Chart, ChartChoice, CountChart, choose
from services.analytics.domain.spc.panel import Panel
from services.analytics.domain.spc.phases import Baseline, DrawnPhase, Learning, Phase, S, draw_phases
from services.analytics.domain.spc.ruler import Ruler, ruler_of
from services.analytics.domain.spc.samples import Counts, Individuals
from services.analytics.domain.spc.variable_charts import xmr_baseline

_NEVER_NEGATIVE: frozenset[FormulaKind] = frozenset({"count", "standard_deviation"})


@dataclass(frozen=True, slots=True)
class PhaseValues:
    """Judged values in order of their windows.

    Attributes:
        neighbours: whether each one's window follows that of the value before it.
    """

    values: tuple[KpiValue, ...] = ()
    neighbours: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What `draw` made of a phase.

    Attributes:
        choice: None while waiting.
        drawn: the points that it was made of; None while waiting.
        at: the same limits at other points, such as those of open windows; None while waiting.
        fits: whether a point can have these limits: counts have none where there is nothing to count.
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


def draw(phase: PhaseValues, *, kind: FormulaKind, learning: Learning, chart: Chart | None = None) -> Limits:
    """The baseline is the first `learning.trusted` points, while there are fewer all of them.

    Args:
        phase: points that do not fit the chart of the baseline are left out.
        chart: None to let the points of the baseline choose.
    """
    if len(phase.values) < learning.least:
        return Limits()
    choice = _choice(phase.values[: learning.trusted], kind, chart)
    bounds = (0.0 if kind in _NEVER_NEGATIVE else -math.inf, math.inf)
    if choice.chart in COUNT_CHARTS:
        estimate = COUNT_CHARTS[cast("CountChart", choice.chart)]
        return _Pen(_counts, estimate, learning, bounds, fits_on(choice.chart)).limits(choice, phase)
    return _Pen(_individuals, xmr_baseline, learning, bounds).limits(choice, phase)


def fits_on(chart: Chart) -> Callable[[KpiValue], bool]:
    """Whether a judged value can be a point of such a chart."""
    if chart not in COUNT_CHARTS:
        return lambda _: True
    return _is_trials if chart == "p-exact" else _is_counted


def amount_of(value: KpiValue, chart: Chart) -> tuple[float, float]:
    """What `Ruler.place` is told of a value that fits on the chart."""
    if chart not in COUNT_CHARTS:
        return cast("float", value.value), 1.0
    return cast("float", value.numerator), _size(value)


@dataclass(frozen=True, slots=True)
class _Pen(Generic[S]):
    """How one kind of sample is drawn."""

    sample: Callable[[PhaseValues], S]
    estimate: Callable[[S], Baseline[S]]
    learning: Learning
    bounds: tuple[float, float]
    fits: Callable[[KpiValue], bool] = field(default=lambda _: True)

    def limits(self, choice: ChartChoice, phase: PhaseValues) -> Limits:
        drawn = self._draw(_only(phase, self.fits), Phase(baseline_points=self.learning.trusted))
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


def _only(phase: PhaseValues, fits: Callable[[KpiValue], bool]) -> PhaseValues:
    """Neighbours of what is left out matter to single values alone, and all of those fit."""
    if all(fits(value) for value in phase.values):
        return phase
    values = tuple(value for value in phase.values if fits(value))
    return PhaseValues(values, (False,) * len(values))


def _choice(baseline: tuple[KpiValue, ...], kind: FormulaKind, asked: Chart | None) -> ChartChoice:
    """Of values that are no counts only single values can be charted, whatever was asked for."""
    single = ChartChoice("xmr", "not-whole-counts" if kind in ("ratio", "count") else "single-values")
    if kind not in ("ratio", "count") or not all(_is_counted(value) for value in baseline):
        return single
    if asked is not None:
        return ChartChoice(asked, "asked-for") if _can_be(asked, baseline) else single
    choice = choose(kind, _counts(PhaseValues(baseline)))
    return single if choice.chart == "p-exact" and not all(_is_trials(value) for value in baseline) else choice


def _can_be(chart: Chart, baseline: tuple[KpiValue, ...]) -> bool:
    """A proportion has no more counts than trials, whole ones if its limits are exact."""
    fits = fits_on(chart)
    if not all(fits(value) for value in baseline):
        return False
    return not chart.startswith("p") or all((value.numerator or 0.0) <= _size(value) for value in baseline)


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


def _individuals(phase: PhaseValues) -> Individuals:
    sample = Individuals.of([cast("float", value.value) for value in phase.values])
    ranges = np.where(np.array(phase.neighbours, dtype=np.bool_), sample.moving_ranges, np.nan)
    return replace(sample, moving_ranges=ranges)
