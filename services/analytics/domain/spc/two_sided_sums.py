"""Two sums watched together: their average run length from those of each alone.

Lucas & Crosier 1982, "Fast initial response for CUSUM quality-control schemes", Technometrics 24: while both sums are above 0 their
total falls by the distance of the references, so that one sum is at 0 when the other signals, and begins anew from there.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from services.analytics.domain.spc.arguments import Floats
from services.analytics.domain.spc.cusum import CusumSide
from services.analytics.domain.spc.distributions import normal_densities
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.integral_equations import nodes_on

FromStart = Callable[[Floats], Floats]
"""The average run lengths of one sum, by what it begins with."""

_MOST_STEPS = 50


@dataclass(frozen=True, slots=True)
class TwoSums:
    """An upper and a lower sum of which, begun low enough, none signals while the other is above 0.

    Attributes:
        up, down: run lengths of each alone, and `up_from_zero`, `down_from_zero` those begun at 0.
    """

    above: CusumSide
    below: CusumSide
    up: FromStart
    down: FromStart
    up_from_zero: float
    down_from_zero: float

    @classmethod
    def of(cls, above: CusumSide, below: CusumSide, *, lengths: tuple[FromStart, FromStart]) -> Self:
        """Refuses sides whose sums could be high at once whatever they begin with."""
        falls = above.reference - below.reference
        if falls < 0 or abs(above.decision - below.decision) > falls:
            raise InvalidStatisticsInput(
                "design",
                problem="lets both sums be high at once",
                remedy="set references apart or decision values alike",
            )
        up, down = lengths
        zero = np.zeros(1)
        return cls(above, below, up, down, float(up(zero)[0]), float(down(zero)[0]))

    @property
    def falls_by(self) -> float:
        """How much the total of both sums falls with every point at which both stay above 0."""
        return self.above.reference - self.below.reference

    @property
    def head_start(self) -> float:
        return self.above.head_start + self.below.head_start

    @property
    def head_starts_fit(self) -> bool:
        return self.fits(self.head_start)

    def fits(self, total: float) -> bool:
        """Whether from sums of this total none signals before the other has been at 0."""
        return total - self.falls_by <= min(self.above.decision, self.below.decision)

    def begun(self, above: Floats, below: Floats) -> Floats:
        """E = (U(u) D(0) + U(0) D(d) - U(0) D(0)) / (U(0) + D(0)) for sums begun at u and d that fit."""
        up, down = self.up_from_zero, self.down_from_zero
        return (self.up(above) * down + up * self.down(below) - up * down) / (up + down)

    def from_head_starts(self) -> float:
        return float(self.begun(np.array([self.above.head_start]), np.array([self.below.head_start]))[0])


@dataclass(frozen=True, slots=True)
class HighStart:
    """Head starts so high that one sum may signal before the other has been at 0, on normal values.

    While both sums are above 0 their total is known beforehand, so that one of them tells the other; after a few points the total
    fits, and the points before are integrated one by one.
    """

    sums: TwoSums
    shift: float

    def length(self) -> float:
        excess = self.sums.head_start - min(self.sums.above.decision, self.sums.below.decision)
        if excess > _MOST_STEPS * self.sums.falls_by:
            raise InvalidStatisticsInput(
                "design", problem="starts too high", remedy="begin both sums at half of h or below"
            )
        return float(self._lengths(np.array([self.sums.above.head_start]), self.sums.head_start)[0])

    def _lengths(self, above: Floats, total: float) -> Floats:
        """From upper sums `above` and lower sums `total - above`; next to (0, total') where one sum is cut off at 0."""
        if self.sums.fits(total):
            return self.sums.begun(above, total - above)
        after = total - self.sums.falls_by
        low, high = after - self.sums.below.decision, self.sums.above.decision
        edges = [low, *(edge for edge in (0.0, after) if low < edge < high), high]
        lengths = np.ones(len(above))
        for begin, end in itertools.pairwise(edges):
            nodes, weights = nodes_on(begin, end, width=1.0)
            both_stay = 0 < (begin + end) / 2 < after
            ahead = self._lengths(nodes, after) if both_stay else self._one_at_zero(nodes, after)
            value = nodes - above[:, None] + self.sums.above.reference
            lengths = lengths + normal_densities(value - self.shift) @ (weights * ahead)
        return lengths

    def _one_at_zero(self, above: Floats, total: float) -> Floats:
        return self.sums.begun(np.maximum(above, 0.0), np.maximum(total - above, 0.0))
