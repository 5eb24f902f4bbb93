"""A ruler: a frozen baseline as plain numbers, which places one point after the other without arrays.

It says of a point what the first panel of each baseline says of many, to the last digit, at a hundredth of the cost of a panel of one
point; and as plain numbers it can be kept.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from services.analytics.domain.spc.attribute_charts import AttributeBaseline, Law
from services.analytics.domain.spc.chart_choice import COUNT_CHARTS, Chart
from services.analytics.domain.spc.constants import c4
from services.analytics.domain.spc.exact_limits import CountLimits, ExactBaseline
from services.analytics.domain.spc.panel import z_value
from services.analytics.domain.spc.phases import DrawnPhase
from services.analytics.domain.spc.rare_event_charts import WEIBULL_POWER, GapsBaseline, TimesBaseline
from services.analytics.domain.spc.samples import Counts, Individuals, Subgroups
from services.analytics.domain.spc.variable_charts import (
    DeviationBaseline,
    RangeBaseline,
    SpreadBaseline,
    XmrBaseline,
)

USUAL_MULTIPLE = 3.0


class Placed(NamedTuple):
    """One point: how far from its centre it lies in its own sigmas, and its limits.

    Attributes:
        z: what rules judge; the sigmas of limits that are still learned are wider.
        sigma: standard error of the point under control, without that widening.
    """

    plotted: float
    z: float
    centre: float
    sigma: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Ruler:
    """What is needed of a baseline to place later points.

    Attributes:
        centre: mean, proportion or rate; of a t chart on the scale where times are nearly normal, of an S chart unused.
        spread: sigma of single values and of readings (unless pooled); of counts the dispersion, 1 without Laney's.
        points: how many points stand behind it; 0 where centre and sigma were given.
        multiple: standard errors between centre and limits.
        floor, ceiling: of what is charted; limits stay inside.
        pooled_degrees: of the pooled standard deviation that `spread` is where subgroups differed in size; else None.
    """

    chart: Chart
    centre: float
    spread: float
    points: int
    multiple: float = USUAL_MULTIPLE
    floor: float = -math.inf
    ceiling: float = math.inf
    pooled_degrees: float | None = None

    def place(self, amount: float, size: float = 1.0) -> Placed:
        """A point of `amount` in `size` trials or units of area; of single values the value, and no size; a mean or s of `size` readings."""
        if self.chart == "t":
            return self._place_time(amount)
        plotted = amount / size if self.chart in COUNT_CHARTS else amount
        centre, sigma = self._expected(size)
        if self.chart.endswith("-exact"):
            exact, inside = _exact(self._law, centre, size=size, multiple=self.multiple)
            lower, upper = inside.lower / size, inside.upper / size
            z = exact.score(amount, size, inside=inside, multiple=self.multiple) / self._widening
        else:
            lower, upper = centre - self.multiple * sigma, centre + self.multiple * sigma
            z = z_value(plotted, centre=centre, sigma=sigma * self._widening)
        return Placed(plotted, z, centre, sigma, max(lower, self.floor), min(upper, self.ceiling))

    def _expected(self, size: float) -> tuple[float, float]:
        """Centre and standard error of a point of this size."""
        if self.chart in COUNT_CHARTS:
            variance = self.centre * (1 - self.centre) if self._law == "binomial" else self.centre
            return self.centre, self.spread * math.sqrt(variance / size)
        if self.chart in ("xbar-s", "xbar-r"):
            return self.centre, self._sigma(size) / math.sqrt(size)
        if self.chart == "s":
            unbiased, sigma = c4(size), self._sigma(size)
            return unbiased * sigma, math.sqrt(1 - unbiased**2) * sigma
        return self.centre, self.spread

    def _sigma(self, size: float) -> float:
        """Of readings; the pooled s counts as the S centre of every size, as with `DeviationBaseline`."""
        if self.pooled_degrees is None:
            return self.spread
        return self.spread / c4(size if size > 1 else self.pooled_degrees + 1)

    def _place_time(self, time: float) -> Placed:
        normal, sigma = time**WEIBULL_POWER, self.spread
        lower, upper = self.centre - self.multiple * sigma, self.centre + self.multiple * sigma
        z = z_value(normal, centre=self.centre, sigma=sigma * self._widening)
        centre, step, low, high = (
            one ** (1 / WEIBULL_POWER) for one in (self.centre, self.centre + sigma, max(lower, 0.0), upper)
        )
        return Placed(time, z, centre, step - centre, max(low, self.floor), min(high, self.ceiling))

    @property
    def _widening(self) -> float:
        return self.multiple / USUAL_MULTIPLE

    @property
    def _law(self) -> Law:
        return "binomial" if self.chart.startswith("p") else "poisson"


@lru_cache(maxsize=4096)
def _exact(law: Law, rate: float, *, size: float, multiple: float) -> tuple[ExactBaseline, CountLimits]:
    """Sizes repeat, and the search for limits costs a hundred points."""
    exact = ExactBaseline(AttributeBaseline(law, rate, 1.0, 1))
    return exact, exact.limits(size, multiple)


def ruler_of(
    chart: Chart,
    drawn: DrawnPhase[Counts] | DrawnPhase[Individuals] | DrawnPhase[Subgroups],
    bounds: tuple[float, float],
) -> Ruler | None:
    """The ruler of a phase that was drawn within these bounds; None while it waits."""
    baseline: object = drawn.baseline
    multiple = drawn.multiple
    floor, ceiling = bounds
    match baseline:
        case XmrBaseline():
            return Ruler(chart, baseline.centre, baseline.sigma, baseline.points, multiple, floor, ceiling)
        case TimesBaseline(normal):
            return Ruler(chart, normal.centre, normal.sigma, normal.points, multiple, floor, ceiling)
        case GapsBaseline():
            least = max(floor, float(baseline.least))
            return Ruler(chart, baseline.mean, baseline.sigma, baseline.points, multiple, least, ceiling)
        case RangeBaseline():
            return Ruler(chart, baseline.centre, baseline.sigma, baseline.points, multiple, floor, ceiling)
        case DeviationBaseline() | SpreadBaseline():
            return _of_deviations(chart, baseline, multiple=multiple, bounds=bounds)
        case ExactBaseline(plain) | (AttributeBaseline() as plain):
            highest = 1.0 if plain.law == "binomial" else math.inf
            inside = (max(floor, 0.0), min(ceiling, highest))
            return Ruler(chart, plain.rate, plain.dispersion, plain.points, multiple, *inside)
        case _:
            return None


def _of_deviations(
    chart: Chart, baseline: DeviationBaseline | SpreadBaseline, *, multiple: float, bounds: tuple[float, float]
) -> Ruler:
    centre = baseline.centre if isinstance(baseline, DeviationBaseline) else 0.0
    if baseline.size is None:
        spread, pooled_degrees = baseline.deviation, baseline.degrees
        return Ruler(chart, centre, spread, baseline.points, multiple, *bounds, pooled_degrees=pooled_degrees)
    return Ruler(chart, centre, baseline.deviation / c4(baseline.size), baseline.points, multiple, *bounds)
