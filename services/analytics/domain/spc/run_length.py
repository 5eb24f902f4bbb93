"""A run length: how many points a chart judges until it first signals, as a distribution."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.spc.arguments import Floats, at_least, between

_AGREE = 1e-11
_MOST_STEPS = 20_000
_NEGLIGIBLE = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class RunLength:
    """Points until the first signal; the signalling point counts.

    Attributes:
        survival: chance of no signal within 0, 1, 2, … points.
        ratio: by which survival shrinks with every further point, once it does so evenly (a geometric tail).
    """

    survival: Floats
    ratio: float

    @property
    def mean(self) -> float:
        """The average run length (ARL); infinite where nothing can signal."""
        if self.ratio >= 1:
            return math.inf
        return float(self.survival.sum()) + float(self.survival[-1]) * self.ratio / (1 - self.ratio)

    @property
    def alarms_per_point(self) -> float:
        """In the long run, if the chart begins anew after each alarm: times points a year and series, the alarms to expect."""
        return 1 / self.mean

    def chance_within(self, points: int) -> float:
        """Chance of a signal among the first `points` points."""
        at_least("points", points, least=0)
        known = len(self.survival) - 1
        if points <= known:
            return 1 - float(self.survival[points])
        return 1 - float(self.survival[-1]) * self.ratio ** (points - known)

    def quantile(self, chance: float) -> float:
        """Fewest points within which a signal comes with at least this chance; infinite where nothing can signal."""
        between("chance", chance, low=0, high=1)
        left = 1 - chance
        inside = np.flatnonzero(self.survival <= left)
        if inside.size:
            return float(inside[0])
        if self.ratio >= 1:
            return math.inf
        further = math.log(left / float(self.survival[-1])) / math.log(self.ratio)
        return len(self.survival) - 1 + math.ceil(further - 1e-9)


def run_length(
    advance: Callable[[Floats], Floats], *, states: tuple[int, ...], from_start: Callable[[Floats], float]
) -> RunLength:
    """The run length of a chart that moves between states and leaves them with a signal.

    Survival of k points is iterated until it shrinks by one ratio from every state: that ratio lies between the smallest and the
    largest shrinkage (Collatz 1942, Wielandt 1950: bounds of the largest eigenvalue), so the tail that is left is known.

    Args:
        advance: the chances of surviving k + 1 points from each state, from those of k.
        states: shape of the array of chances.
        from_start: the chance from the chart's beginning, one point later than the array given.
    """
    chances = np.ones(states)
    survival = [1.0, from_start(chances)]
    ratio = 1.0
    for _ in range(_MOST_STEPS):
        after = advance(chances)
        low, high = _shrinkage(chances, after)
        chances = after
        survival.append(from_start(chances))
        ratio = (low + high) / 2
        if high - low <= _AGREE * (1 - low) or high - low < 4e-16 or survival[-1] < _NEGLIGIBLE:
            break
    return RunLength(np.array(survival), ratio)


def _shrinkage(before: Floats, after: Floats) -> tuple[float, float]:
    alive = before > _NEGLIGIBLE * before.max()
    if not alive.any() or after.max() == 0:
        return 0.0, 0.0
    ratios = after[alive] / before[alive]
    return float(ratios.min()), float(ratios.max())
