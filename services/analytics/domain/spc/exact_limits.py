"""Exact binomial and Poisson limits, and what any count limits really alarm at.

"3 sigma" of a small count is no normal 3 sigma: at n 50 and p .02 such a limit alarms falsely at 1.8 % instead of 0.27 %.
Exact limits are the outermost counts whose tail chances do not exceed those of a normal limit (Wetherill & Brown 1991,
Statistical Process Control: probability limits).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from services.analytics.domain.spc.arguments import at_least, between, positive, share
from services.analytics.domain.spc.attribute_charts import AttributeBaseline
from services.analytics.domain.spc.distributions import (
    binomial_cdf,
    binomial_tail,
    normal_cdf,
    normal_quantile,
    poisson_cdf,
    poisson_tail,
)
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.panel import Panel
from services.analytics.domain.spc.samples import Counts

THREE_SIGMA_TAIL = normal_cdf(-3)
_FARTHEST = 38
"""Standard deviations; a normal tail beyond is below the smallest number a computer holds."""
_SURELY_SMALLER = 0.499
"""Of two chances whose sum is 1 but for rounding."""
_SLACK = 1e-9
"""Counts are whole: a limit that misses one by rounding is that one."""


@dataclass(frozen=True, slots=True)
class CountLimits:
    """Counts inside the limits, both ends included, with the chances to fall outside under control.

    `lower` 0 means that the low side is blind; `upper` equal to the number of trials, that the high side is.
    """

    lower: int
    upper: int
    chance_below: float
    chance_above: float

    @property
    def run_length(self) -> float:
        """Mean number of points until a false alarm; infinite where nothing can alarm."""
        chance = self.chance_below + self.chance_above
        return math.inf if chance == 0 else 1 / chance


def binomial_limits(trials: int, *, chance: float, tail: float = THREE_SIGMA_TAIL) -> CountLimits:
    """Exact limits for a count of successes, the chance to fall outside at most `tail` on each side."""
    between("tail", tail, low=0, high=0.5)
    share("chance", chance)
    at_least("trials", trials, least=1)

    def below(count: int) -> float:
        return binomial_cdf(count, trials=trials, chance=chance)

    def above(count: int) -> float:
        return binomial_tail(count, trials=trials, chance=chance)

    return _outermost(below, above, most=trials, tail=tail)


def poisson_limits(mean: float, *, tail: float = THREE_SIGMA_TAIL) -> CountLimits:
    """Exact limits for a count of events with this mean, the chance to fall outside at most `tail` on each side."""
    between("tail", tail, low=0, high=0.5)
    at_least("mean", mean, least=0)
    most = math.ceil(mean + _FARTHEST * math.sqrt(mean) + _FARTHEST**2)
    return _outermost(
        lambda count: poisson_cdf(count, mean=mean), lambda count: poisson_tail(count, mean=mean), most=most, tail=tail
    )


def binomial_alarms(trials: int, *, chance: float, lower: float, upper: float) -> CountLimits:
    """What limits on the *count*, however computed, really do when the true proportion is `chance`: strict on both sides."""
    share("chance", chance)
    at_least("trials", trials, least=1)
    inside = _inside(lower, upper)
    return CountLimits(
        *inside,
        chance_below=binomial_cdf(inside[0] - 1, trials=trials, chance=chance),
        chance_above=binomial_tail(inside[1], trials=trials, chance=chance),
    )


def poisson_alarms(mean: float, *, lower: float, upper: float) -> CountLimits:
    """What limits on a count really do when its true mean is `mean`: strict on both sides."""
    positive("mean", mean)
    inside = _inside(lower, upper)
    return CountLimits(
        *inside, chance_below=poisson_cdf(inside[0] - 1, mean=mean), chance_above=poisson_tail(inside[1], mean=mean)
    )


@dataclass(frozen=True, slots=True)
class ExactBaseline:
    """A p, np, c or u chart with exact limits instead of rate ± 3 sigma; trials of a proportion must be whole.

    Rules judge normal scores of the counts, Φ⁻¹(P(X < x) + P(X = x) / 2), after the quantile residuals of Dunn & Smyth 1996
    (Journal of Computational and Graphical Statistics 5) with the half in place of a random share.
    """

    plain: AttributeBaseline

    @property
    def points(self) -> int:
        return self.plain.points

    def learning_multiple(self, multiple: float = 3.0) -> float:
        return self.plain.learning_multiple(multiple)

    def panels(self, sample: Counts, *, multiple: float = 3.0) -> tuple[Panel, ...]:
        (drawn,) = self.plain.panels(sample, multiple=multiple)
        known = {size: self.limits(size, multiple) for size in set(sample.sizes.tolist())}
        scale = np.ones(len(sample)) if self.plain.as_counts else sample.sizes
        lower = np.array([known[size].lower for size in sample.sizes.tolist()], dtype=np.float64)
        upper = np.array([known[size].upper for size in sample.sizes.tolist()], dtype=np.float64)
        points = zip(sample.counts.tolist(), sample.sizes.tolist(), strict=True)
        scores = np.array([self.score(count, size, inside=known[size], multiple=multiple) for count, size in points])
        return (replace(drawn, lower=lower / scale, upper=upper / scale, scores=scores),)

    def limits(self, size: float, multiple: float) -> CountLimits:
        """Of a count in `size` trials or units of area."""
        if self.plain.law == "poisson":
            return poisson_limits(self.plain.rate * size, tail=normal_cdf(-multiple))
        if not size.is_integer():
            raise InvalidStatisticsInput(
                "sizes", problem=f"hold {size}", remedy="trials are whole; use a u chart for areas"
            )
        return binomial_limits(int(size), chance=self.plain.rate, tail=normal_cdf(-multiple))

    def score(self, count: float, size: float, *, inside: CountLimits, multiple: float) -> float:
        """The normal value with the same chance, so that zones mean what they do for normal points; inside the limits not beyond."""
        at_most = (self._at_most(count - 1, size) + self._at_most(count, size)) / 2
        at_least = 1.0  # together they are 1 but for rounding, so the larger one need not be known
        if at_most > _SURELY_SMALLER:
            at_least = (self._more_than(count - 1, size) + self._more_than(count, size)) / 2
        score = _quantile(at_most) if at_most < at_least else -_quantile(at_least)
        return min(max(score, -multiple), multiple) if inside.lower <= count <= inside.upper else score

    def _at_most(self, count: float, size: float) -> float:
        if self.plain.law == "poisson":
            return poisson_cdf(count, mean=self.plain.rate * size)
        return binomial_cdf(count, trials=int(size), chance=self.plain.rate)

    def _more_than(self, count: float, size: float) -> float:
        if self.plain.law == "poisson":
            return poisson_tail(count, mean=self.plain.rate * size)
        return binomial_tail(count, trials=int(size), chance=self.plain.rate)


def _quantile(chance: float) -> float:
    return normal_quantile(chance) if chance > 0 else -math.inf


def _outermost(below: Callable[[int], float], above: Callable[[int], float], *, most: int, tail: float) -> CountLimits:
    """The narrowest limits whose tails hold: largest lower with P(X < lower) ≤ tail, smallest upper with P(X > upper) ≤ tail."""
    lower = _first(lambda count: below(count) > tail, most)
    upper = _first(lambda count: above(count) <= tail, most)
    return CountLimits(lower, upper, chance_below=below(lower - 1), chance_above=above(upper))


def _first(holds: Callable[[int], bool], most: int) -> int:
    """The smallest count in 0..most for which a condition holds that never ceases to hold once it does."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _inside(lower: float, upper: float) -> tuple[int, int]:
    return math.ceil(lower - _SLACK), math.floor(upper + _SLACK)
