"""EWMA chart, with limits that grow as the weights fill up (exact, time-varying) or with their final ones (steady).

Roberts 1959, "Control chart tests based on geometric moving averages", Technometrics 1; Lucas & Saccucci 1990, Technometrics 32;
Montgomery, Introduction to Statistical Quality Control, 7th edition, section 9.2.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from services.analytics.domain.spc.arguments import Floats, Numbers, finite, finite_array, per_point, positive
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.judging import Signal
from services.analytics.domain.spc.panel import ON_THE_LINE, SAME, Panel, Side, around

NAME = "EWMA"
Watched = Literal["both", "above", "below"]
_NEGLIGIBLE = 1e-18


@dataclass(frozen=True, slots=True)
class Ewma:
    """How past points are weighted and where the limits lie.

    Attributes:
        weight: lambda, the weight of the newest point: above 0, at most 1 (a Shewhart chart).
        multiple: L, standard errors of the average between centre and limit.
        steady: whether limits have their final width from the first point on.
        head_start: where the average begins, in sigmas from the centre.
        side: which side may signal.
    """

    weight: float = 0.2
    multiple: float = 2.962
    steady: bool = False
    head_start: float = 0.0
    side: Watched = "both"

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1:
            raise InvalidStatisticsInput(
                "weight", problem=f"is {self.weight}", remedy="give a weight above 0, at most 1"
            )
        positive("multiple", self.multiple)
        finite("head_start", self.head_start)

    @property
    def final_variance(self) -> float:
        """Of the average, in sigma²: lambda / (2 - lambda) (Montgomery, section 9.2.1)."""
        return self.weight / (2 - self.weight)


@dataclass(frozen=True, slots=True)
class EwmaState:
    """The average's distance from the centre in the unit of the values (of sigma before the first), and its variance so far."""

    seen: int
    distance: float
    variance: float


def start(design: Ewma) -> EwmaState:
    """The state before the first point."""
    return EwmaState(0, design.head_start, 0.0)


def step(
    design: Ewma, state: EwmaState, *, value: float, centre: float, sigma: float
) -> tuple[EwmaState, tuple[Signal, ...]]:
    """The average after one more value, and its signal if it lies strictly beyond a limit.

    Args:
        sigma: of this value; 0 for a series that never moved, where any departure signals.
    """
    finite("value", value)
    weight = design.weight
    before = state.distance if state.seen else state.distance * sigma
    distance = weight * (value - centre) + (1 - weight) * before
    variance = weight**2 * sigma**2 + (1 - weight) ** 2 * state.variance
    error = sigma * math.sqrt(design.final_variance) if design.steady else math.sqrt(variance)
    side = _side(design, distance, error * (design.multiple + ON_THE_LINE) + SAME * abs(centre + distance))
    after = EwmaState(state.seen + 1, distance, variance)
    return after, () if side is None else (Signal(NAME, side, (state.seen,)),)


def panel(design: Ewma, values: Numbers, *, centre: float, sigma: Numbers | float) -> Panel:
    """The averages with their limits, by columns; the limit of a side that is not watched is infinite."""
    checked = finite_array("values", values)
    spread = _spread(sigma, points=len(checked))
    weight = design.weight
    begin = design.head_start * float(spread[0]) if len(spread) else 0.0
    distances = _decaying_sums(weight * (checked - centre), decay=1 - weight, before=begin)
    if design.steady:
        errors = spread * math.sqrt(design.final_variance)
    else:
        errors = np.sqrt(_decaying_sums((weight * spread) ** 2, decay=(1 - weight) ** 2, before=0.0))
    drawn = around("averages", centre + distances, centre=centre, sigma=errors, multiple=design.multiple)
    nowhere = np.full(len(checked), math.inf)
    return replace(
        drawn,
        lower=-nowhere if design.side == "above" else drawn.lower,
        upper=nowhere if design.side == "below" else drawn.upper,
    )


def signals(drawn: Panel) -> tuple[Signal, ...]:
    """What `step` says of all points of a panel in turn."""
    above, below = drawn.beyond("above"), drawn.beyond("below")
    return tuple(Signal(NAME, "above" if above[at] else "below", (int(at),)) for at in np.flatnonzero(above | below))


def _side(design: Ewma, distance: float, line: float) -> Side | None:
    if distance > line and design.side != "below":
        return "above"
    return "below" if distance < -line and design.side != "above" else None


def _spread(sigma: Numbers | float, *, points: int) -> Floats:
    if isinstance(sigma, int | float) and sigma == 0:
        return np.zeros(points)
    return per_point("sigma", sigma, points=points)


def _decaying_sums(inputs: Floats, *, decay: float, before: float) -> Floats:
    """y_i = inputs_i + decay y_(i-1), by doubling the reach of the sums (Hillis & Steele 1986) until older inputs weigh nothing."""
    sums = inputs.copy()
    sums[:1] += decay * before
    reach, weight = 1, decay
    while reach < len(sums) and weight > _NEGLIGIBLE:
        sums[reach:] = sums[reach:] + weight * sums[:-reach]
        reach, weight = 2 * reach, weight * weight
    return sums
