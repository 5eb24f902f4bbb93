"""How rare a departure is, learned from the departures themselves: one threshold then means the same on counts, ratios and delays.

Each side of a departure keeps a running quantile and the first two moments of what exceeds it. Beyond the quantile the tail is a
generalised Pareto distribution fitted by these moments (Hosking and Wallis 1987), as peaks over a threshold are in the streaming
detector SPOT (Siffer et al. 2017); no distribution of the values is assumed.
"""

import dataclasses
from math import log10
from typing import Final

from msgspec import field

from services.analytics.domain.seasonal.part import Part

_QUANTILE_STEP: Final = 3.0  # of the running quantile's step, in mean departures
_HASTE: Final = 2.0  # the first half of the points counts a quarter: before a season is known, all departs from it
_QUANTILE_HASTE: Final = 4.0  # how much faster than the moments the quantile forgets
_FEW_EXCESSES: Final = 5.0  # what is supposed of the excesses counts as much as so many of them
_SUPPOSED_EXCESS: Final = 0.5  # of the mean departure
_OUTLIER: Final = 6.0  # a departure counts as at most so many times the mean one
_SMALLEST_SCALE: Final = 0.05  # departures come in spreads; a series that never departs is not infinitely calm
_SUPPOSED_SHAPE: Final = 0.1
_LOG_10: Final = 2.302585092994046
_EXPONENTIAL_BELOW: Final = 1e-3  # of the shape, where the formula's limit is taken


@dataclasses.dataclass(frozen=True, slots=True)
class TailForm:
    """What is common to all tails of a detector.

    Attributes:
        share: which share of the departures lies beyond the quantile, on each side.
        memory: over how many points it is learned, once there have been so many.
        heaviest: the largest shape of the generalised Pareto distribution; 0 is an exponential tail.
        rarity_at_quantile: follows from the share.
        quantile_memory: follows from the memory, as the next.
        excess_memory: in excesses.
    """

    share: float
    memory: float
    heaviest: float
    rarity_at_quantile: float = dataclasses.field(init=False)
    quantile_memory: float = dataclasses.field(init=False)
    excess_memory: float = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        if not 0.0 < self.share < 1.0:
            raise ValueError(f"share is {self.share}; write a number between 0 and 1")
        if not self.memory >= 1.0:
            raise ValueError(f"memory is {self.memory}; write at least one point")
        if not 0.0 <= self.heaviest < 1.0:
            raise ValueError(f"heaviest is {self.heaviest}; write a shape from 0 to below 1")
        object.__setattr__(self, "rarity_at_quantile", -log10(self.share))
        object.__setattr__(self, "quantile_memory", max(self.memory / _QUANTILE_HASTE, 1.0))
        object.__setattr__(self, "excess_memory", max(self.memory * self.share, 1.0))


class OneTail(Part):
    """One side: the quantile, how many departures exceeded it, and the moments of by how much."""

    quantile: float = 0.0
    excesses: float = 0.0
    mean: float = 0.0
    square: float = 0.0

    def rarity(self, departure: float, scale: float, form: TailForm) -> float:
        """Minus the decimal logarithm of the chance of such a departure or a larger one; below the quantile a straight line."""
        excess = departure - self.quantile
        if excess <= 0.0:
            return form.rarity_at_quantile * departure / self.quantile
        known = self.excesses
        mean = (known * self.mean + _FEW_EXCESSES * _SUPPOSED_EXCESS * scale) / (known + _FEW_EXCESSES)
        shape = self._shape(form)
        spread = mean * (1.0 - shape)
        if shape < _EXPONENTIAL_BELOW:
            return form.rarity_at_quantile + excess / spread / _LOG_10
        return form.rarity_at_quantile + log10(1.0 + shape * excess / spread) / shape

    def _shape(self, form: TailForm) -> float:
        variance = self.square - self.mean * self.mean
        if self.excesses <= 2.0 * _FEW_EXCESSES or variance <= 0.0:
            return min(_SUPPOSED_SHAPE, form.heaviest)
        return min(max(0.5 * (1.0 - self.mean * self.mean / variance), 0.0), form.heaviest)

    def learn(self, departure: float, step: float, form: TailForm) -> None:
        """Move the quantile by a part of `step`; a departure beyond it adds to the moments."""
        if departure <= self.quantile:
            quantile = self.quantile - step * form.share
            self.quantile = quantile if quantile > 0.0 else 0.0
            return
        self.quantile += step * (1.0 - form.share)
        self.excesses += 1.0
        known = self.excesses if self.excesses < form.excess_memory else form.excess_memory
        rest = max(departure - self.quantile, 0.0)
        self.mean += (rest - self.mean) / known
        self.square += (rest * rest - self.square) / known


class Tails(Part):
    """Both sides of one kind of departure, and its usual size."""

    points: float = 0.0
    scale: float = 0.0
    upper: OneTail = field(default_factory=OneTail)
    lower: OneTail = field(default_factory=OneTail)

    def rarity(self, departure: float, form: TailForm) -> float:
        """0 for no departure; 3 for one that is met once in a thousand points, by what has been learned up to here."""
        scale = self.scale if self.scale > _SMALLEST_SCALE else _SMALLEST_SCALE
        if departure > 0.0:
            return self.upper.rarity(departure, scale, form)
        return self.lower.rarity(-departure, scale, form) if departure < 0.0 else 0.0

    def learn(self, departure: float, form: TailForm) -> None:
        """Take the departure into what is usual; constant time and memory."""
        points = self.points = self.points + 1.0
        known = points / _HASTE if points > _HASTE else 1.0
        scale = self.scale
        size = departure if departure > 0.0 else -departure
        most = _OUTLIER * scale + _SMALLEST_SCALE
        if size > most and points > 4.0 * _FEW_EXCESSES:
            size = most
        scale += (size - scale) / (known if known < form.memory else form.memory)
        self.scale = scale
        step = _QUANTILE_STEP * scale / (known if known < form.quantile_memory else form.quantile_memory)
        self.upper.learn(departure, step, form)
        self.lower.learn(-departure, step, form)
