"""Tabular CUSUM with head start, on z values (two-sided, normal) or on counts.

Page 1954, "Continuous inspection schemes", Biometrika 41; Lucas & Crosier 1982, "Fast initial response for CUSUM quality-control
schemes", Technometrics 24 (head start); Lucas 1985, "Counted data CUSUM's", Technometrics 27; Montgomery, Introduction to
Statistical Quality Control, 7th edition, section 9.1.
"""

from dataclasses import dataclass

import numpy as np

from services.analytics.domain.spc.arguments import Floats, Numbers, at_least, finite, finite_array, positive
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.panel import ON_THE_LINE, Side


@dataclass(frozen=True, slots=True)
class CusumSide:
    """One sum: it grows by how far a value lies beyond `reference`, is never below 0, and signals beyond `decision`.

    Attributes:
        reference: k of the upper sum, in the unit of the values; of the lower sum the level *below* which it grows, so -k for z.
        decision: h, in the same unit.
        head_start: what the sum begins with.
        inclusive: whether a sum of exactly h signals (Lucas's counted-data CUSUM) or not (the usual one).
    """

    reference: float
    decision: float
    head_start: float = 0.0
    inclusive: bool = False

    def __post_init__(self) -> None:
        finite("reference", self.reference)
        positive("decision", self.decision)
        at_least("head_start", self.head_start, least=0)
        if self.head_start >= self.decision:
            raise InvalidStatisticsInput(
                "head_start", problem=f"is {self.head_start}", remedy=f"start below the decision value {self.decision}"
            )

    @property
    def threshold(self) -> float:
        return self.decision - ON_THE_LINE if self.inclusive else self.decision + ON_THE_LINE


@dataclass(frozen=True, slots=True)
class Cusum:
    """An upper sum, a lower one, or both."""

    above: CusumSide | None
    below: CusumSide | None

    def __post_init__(self) -> None:
        if self.above is None and self.below is None:
            raise InvalidStatisticsInput("above", problem="and `below` are missing", remedy="give one side or both")

    @property
    def sides(self) -> tuple[tuple[Side, CusumSide], ...]:
        """The sides that are watched, above first."""
        watched: tuple[tuple[Side, CusumSide | None], ...] = (("above", self.above), ("below", self.below))
        return tuple((name, side) for name, side in watched if side is not None)


@dataclass(frozen=True, slots=True)
class SumState:
    """One sum so far, and the last point at which it was 0: -1 for before the first."""

    total: float
    zero_at: int


@dataclass(frozen=True, slots=True)
class CusumState:
    seen: int
    above: SumState
    below: SumState


@dataclass(frozen=True, slots=True)
class CusumSignal:
    """A sum beyond its decision value.

    Attributes:
        at: the point, from 0.
        onset: the last point before the change: where the sum was last 0; -1 if it never was.
        total: the sum.
        level: the new mean as Montgomery (section 9.1.2) estimates it: reference ± total / points since the onset, in the
            unit of the values.
    """

    side: Side
    at: int
    onset: int
    total: float
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class CusumSeries:
    """Both sums at every point (0 where a side is not watched), and all signals in order."""

    above: Floats
    below: Floats
    signals: tuple[CusumSignal, ...]


def normal_cusum(*, k: float = 0.5, h: float = 5.0, head_start: float = 0.0) -> Cusum:
    """A two-sided CUSUM of z values, alike on both sides.

    Args:
        k: half the shift to detect, in sigmas.
        h: decision value, in sigmas.
        head_start: both sums begin here; h / 2 for fast initial response.
    """
    at_least("k", k, least=0)
    return Cusum(CusumSide(k, h, head_start), CusumSide(-k, h, head_start))


def start(design: Cusum) -> CusumState:
    """The state before the first point, and after a signal if the sums are to begin anew."""
    return CusumState(0, _begin(design.above), _begin(design.below))


def step(design: Cusum, state: CusumState, value: float) -> tuple[CusumState, tuple[CusumSignal, ...]]:
    """The sums after one more value, and what signalled. Sums go on after a signal."""
    finite("value", value)
    at = state.seen
    rises = 0.0 if design.above is None else value - design.above.reference
    falls = 0.0 if design.below is None else design.below.reference - value
    above = _advance(design.above, state.above, increment=rises, at=at)
    below = _advance(design.below, state.below, increment=falls, at=at)
    signals: tuple[CusumSignal, ...] = ()
    if design.above is not None and above.total > design.above.threshold:
        signals = (_signal("above", design.above, above, at=at),)
    if design.below is not None and below.total > design.below.threshold:
        signals = (*signals, _signal("below", design.below, below, at=at))
    return CusumState(at + 1, above, below), signals


def run(design: Cusum, values: Numbers) -> CusumSeries:
    """What `step` says of all values in turn, by columns.

    A sum is its increments added up, less their lowest total so far (Page 1954), so agreement is to the rounding of those totals.
    """
    checked = finite_array("values", values)
    nothing = np.zeros(len(checked))
    above, found_above = (nothing, []) if design.above is None else _series("above", design.above, checked)
    below, found_below = (nothing, []) if design.below is None else _series("below", design.below, checked)
    signals = sorted([*found_above, *found_below], key=lambda signal: signal.at)
    return CusumSeries(above, below, tuple(signals))


def _begin(side: CusumSide | None) -> SumState:
    return SumState(0.0 if side is None else side.head_start, -1)


def _advance(side: CusumSide | None, state: SumState, *, increment: float, at: int) -> SumState:
    if side is None:
        return state
    total = state.total + increment
    return SumState(total, state.zero_at) if total > 0 else SumState(0.0, at)


def _series(name: Side, side: CusumSide, values: Floats) -> tuple[Floats, list[CusumSignal]]:
    totals = np.cumsum(values - side.reference if name == "above" else side.reference - values)
    lowest = np.minimum(np.minimum.accumulate(totals), -side.head_start)
    sums = totals - lowest
    points = np.arange(len(values))
    zero_at = np.maximum.accumulate(np.where(sums <= 0, points, -1)) if len(values) else points
    found = np.flatnonzero(sums > side.threshold).tolist()
    return sums, [_signal(name, side, SumState(float(sums[at]), int(zero_at[at])), at=at) for at in found]


def _signal(name: Side, side: CusumSide, state: SumState, *, at: int) -> CusumSignal:
    growth = state.total / (at - state.zero_at)
    level = side.reference + growth if name == "above" else side.reference - growth
    return CusumSignal(name, at, state.zero_at, state.total, level)
