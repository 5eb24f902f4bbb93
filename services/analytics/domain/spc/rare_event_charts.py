"""Charts for events too rare to count per window: the time between them (t) or the opportunities between them (g).

Sources: Nelson 1994, "A control chart for parts-per-million nonconforming items", Journal of Quality Technology 26 (t);
Kaminsky, Benneyan, Davis & Burke 1992, "Statistical control charts based on a geometric distribution", Journal of Quality
Technology 24 (g); Montgomery, Introduction to Statistical Quality Control, 7th edition, section 7.3.5.

Above the centre means rarer, hence better where the events are faults.
"""

import math
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.spc.arguments import Floats, at_least, non_negative_array
from services.analytics.domain.spc.constants import RangeConstants
from services.analytics.domain.spc.distributions import normal_cdf
from services.analytics.domain.spc.errors import TooFewPoints
from services.analytics.domain.spc.panel import Panel, around
from services.analytics.domain.spc.samples import Individuals
from services.analytics.domain.spc.variable_charts import XmrBaseline, xmr_baseline

WEIBULL_POWER = 1 / 3.6
"""Exponential times to this power are nearly normal: a Weibull variable of shape 3.6 (Nelson 1994)."""


@dataclass(frozen=True, slots=True)
class TimesBaseline:
    """A t chart is an XmR chart of times ^ (1 / 3.6)."""

    transformed: XmrBaseline

    @property
    def points(self) -> int:
        return self.transformed.points

    def learning_multiple(self, multiple: float = 3.0) -> float:
        return self.transformed.learning_multiple(multiple)

    def panels(self, sample: Individuals, *, multiple: float = 3.0) -> tuple[Panel, ...]:
        """Times as people read them, judged on the scale where they are nearly normal."""
        scale = Individuals.of(_to_normal(sample.values))
        normal = self.transformed.panels(scale, multiple=multiple)[0]
        return (normal.within(floor=0.0).transformed("times", _to_times),)


@dataclass(frozen=True, slots=True)
class GapsBaseline:
    """What a g chart remembers: the mean number of opportunities from one event to the next.

    Attributes:
        least: the smallest gap possible: 0 if the opportunities *between* events are counted, 1 if the event's own is included.
    """

    mean: float
    least: int
    points: int

    def learning_multiple(self, multiple: float = 3.0) -> float:
        return multiple * math.sqrt(1 + 1 / self.points)

    @property
    def sigma(self) -> float:
        """Standard deviation of a geometric variable: sqrt((g - a)(g - a + 1)) for mean g and least value a."""
        above = self.mean - self.least
        return math.sqrt(above * (above + 1))

    def panels(self, sample: Individuals, *, multiple: float = 3.0) -> tuple[Panel, ...]:
        """Gaps around their mean ± 3 sigma, not below the least gap (Kaminsky et al. 1992, equations for known and estimated p)."""
        drawn = around("gaps", sample.values, centre=self.mean, sigma=self.sigma, multiple=multiple)
        return (drawn.within(floor=float(self.least)),)

    def exact_limits(self, multiple: float = 3.0) -> tuple[int, int]:
        """Smallest and largest gap inside limits whose chance to be crossed is at most the normal tail beyond `multiple` on each side.

        P(gap ≥ a + j) = (1 - p)^j with p = 1 / (g - a + 1).
        """
        tail = normal_cdf(-multiple)
        survival = 1 - 1 / (self.mean - self.least + 1)
        if survival == 0:
            return self.least, self.least
        high = math.ceil(math.log(tail) / math.log(survival)) - 1
        low = math.floor(math.log1p(-tail) / math.log(survival))
        return self.least + low, self.least + high


def times_baseline(sample: Individuals, constants: RangeConstants | None = None) -> TimesBaseline:
    """Times between events, in any one unit, 0 and more; needs two in a row."""
    non_negative_array("values", sample.values)
    transformed = Individuals.of(_to_normal(sample.values))
    counted = np.where(np.isnan(sample.moving_ranges), np.nan, transformed.moving_ranges)
    return TimesBaseline(xmr_baseline(Individuals(transformed.values, counted), constants))


def gaps_baseline(sample: Individuals, *, least: int = 0) -> GapsBaseline:
    """Opportunities between events: whole numbers from `least` on."""
    if not len(sample):
        raise TooFewPoints("values", problem="are empty", remedy="choose a phase with one gap or more")
    at_least("values", float(sample.values.min()), least=least, remedy=f"a gap is never below {least}; check `least`")
    return GapsBaseline(mean=float(sample.values.mean()), least=least, points=len(sample))


def _to_normal(times: Floats) -> Floats:
    return np.asarray(times**WEIBULL_POWER, dtype=np.float64)


def _to_times(values: Floats) -> Floats:
    return np.asarray(values ** (1 / WEIBULL_POWER), dtype=np.float64)
