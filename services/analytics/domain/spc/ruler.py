"""A ruler: a frozen baseline as plain numbers, which places one point after the other without arrays.

It says of a point what the panels of `AttributeBaseline`, `ExactBaseline` and `XmrBaseline` say of many, to the last digit, at a
hundredth of the cost of a panel of one point; and as plain numbers it can be kept.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from services.analytics.domain.spc.attribute_charts import AttributeBaseline, Law
from services.analytics.domain.spc.chart_choice import Chart
from services.analytics.domain.spc.exact_limits import CountLimits, ExactBaseline
from services.analytics.domain.spc.panel import z_value
from services.analytics.domain.spc.phases import DrawnPhase
from services.analytics.domain.spc.samples import Counts, Individuals
from services.analytics.domain.spc.variable_charts import XmrBaseline

_USUAL_MULTIPLE = 3.0


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
        centre: mean, proportion or rate.
        spread: sigma of single values; of counts the dispersion, 1 without Laney's.
        points: how many points stand behind it; 0 where centre and sigma were given.
        multiple: standard errors between centre and limits.
        floor, ceiling: of what is charted; limits stay inside.
    """

    chart: Chart
    centre: float
    spread: float
    points: int
    multiple: float = _USUAL_MULTIPLE
    floor: float = -math.inf
    ceiling: float = math.inf

    @property
    def is_of_counts(self) -> bool:
        return self.chart != "xmr"

    def place(self, amount: float, size: float = 1.0) -> Placed:
        """A point of `amount` in `size` trials or units of area; of single values the value, and no size."""
        widening = self.multiple / _USUAL_MULTIPLE
        centre, plotted, sigma = self.centre, amount, self.spread
        if self.is_of_counts:
            plotted = amount / size
            variance = centre * (1 - centre) if self._law == "binomial" else centre
            sigma = self.spread * math.sqrt(variance / size)
        if self.chart.endswith("-exact"):
            exact, inside = _exact(self._law, centre, size=size, multiple=self.multiple)
            lower, upper = inside.lower / size, inside.upper / size
            z = exact.score(amount, size, inside=inside, multiple=self.multiple) / widening
        else:
            lower, upper = centre - self.multiple * sigma, centre + self.multiple * sigma
            z = z_value(plotted, centre=centre, sigma=sigma * widening)
        return Placed(plotted, z, centre, sigma, max(lower, self.floor), min(upper, self.ceiling))

    @property
    def _law(self) -> Law:
        return "binomial" if self.chart.startswith("p") else "poisson"


@lru_cache(maxsize=4096)
def _exact(law: Law, rate: float, *, size: float, multiple: float) -> tuple[ExactBaseline, CountLimits]:
    """Sizes repeat, and the search for limits costs a hundred points."""
    exact = ExactBaseline(AttributeBaseline(law, rate, 1.0, 1))
    return exact, exact.limits(size, multiple)


def ruler_of(
    chart: Chart, drawn: DrawnPhase[Counts] | DrawnPhase[Individuals], bounds: tuple[float, float]
) -> Ruler | None:
    """The ruler of a phase that was drawn within these bounds; None while it waits."""
    baseline: object = drawn.baseline
    if isinstance(baseline, XmrBaseline):
        return Ruler(chart, baseline.centre, baseline.sigma, baseline.points, drawn.multiple, *bounds)
    plain = baseline.plain if isinstance(baseline, ExactBaseline) else baseline
    if not isinstance(plain, AttributeBaseline):
        return None
    floor, ceiling = max(bounds[0], 0.0), min(bounds[1], 1.0 if plain.law == "binomial" else math.inf)
    return Ruler(chart, plain.rate, plain.dispersion, plain.points, drawn.multiple, floor, ceiling)
