"""A panel: what is drawn of a chart, and how far each point lies from its centre."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from services.analytics.domain.spc.arguments import Flags, Floats

Side = Literal["above", "below"]

ON_THE_LINE = 1e-9
"""Sigmas. 1.0 + 3 * 0.1 and 1.3 differ by rounding alone; a point that close to a line lies on it, hence not beyond it."""
SAME = 1e-12
"""Relative: numbers closer than this differ by rounding alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One row of a control chart: each array has one entry per point, in time order.

    Attributes:
        name: what is plotted, such as `individuals` or `moving-ranges`.
        first: index of the first plotted point in the sample: 1 for moving ranges, else 0.
        sigma: standard error of each plotted value under control, the widening of estimated limits left out.
        lower, upper: control limits. A point is beyond them only when strictly outside.
        scores: z values on the scale where the statistic is nearly normal; None where it is so as plotted.
    """

    name: str
    plotted: Floats
    centre: Floats
    sigma: Floats
    lower: Floats
    upper: Floats
    first: int = 0
    scores: Floats | None = None

    @property
    def z(self) -> Floats:
        """What rules judge: the scores if there are any, else the distance of each point from its centre in its own sigmas.

        Infinite where sigma is 0 and the point is not on the centre.
        """
        if self.scores is not None:
            return self.scores
        return z_values(self.plotted, centre=self.centre, sigma=self.sigma)

    def beyond(self, side: Side) -> Flags:
        """Which points lie strictly outside the limit of one side."""
        slack = ON_THE_LINE * self.sigma + SAME * np.abs(self.plotted)
        if side == "above":
            return self.plotted > self.upper + slack
        return self.plotted < self.lower - slack

    def beyond_limits(self) -> tuple[int, ...]:
        """Indices, within the sample, of the points outside either limit."""
        return tuple(int(place) + self.first for place in np.flatnonzero(self.beyond("above") | self.beyond("below")))

    def within(self, *, floor: float, ceiling: float = math.inf) -> "Panel":
        """Limits kept inside what the statistic can reach; a limit that lies on its end can never be crossed."""
        return replace(self, lower=np.maximum(self.lower, floor), upper=np.minimum(self.upper, ceiling))

    def widened(self, factor: float) -> "Panel":
        """Zones that are wider by this factor; limits stay where they are."""
        scores = None if self.scores is None else self.scores / factor
        return replace(self, sigma=self.sigma * factor, scores=scores)

    def transformed(self, name: str, scale: Callable[[Floats], Floats]) -> "Panel":
        """The same picture on an increasing scale, judged as before: sigma becomes the step above the centre."""
        return Panel(
            name=name,
            plotted=scale(self.plotted),
            centre=scale(self.centre),
            sigma=scale(self.centre + self.sigma) - scale(self.centre),
            lower=scale(self.lower),
            upper=scale(self.upper),
            first=self.first,
            scores=self.z,
        )


def around(
    name: str,
    plotted: Floats,
    *,
    centre: float | Floats,
    sigma: float | Floats,
    multiple: float = 3.0,
    first: int = 0,
) -> Panel:
    """A panel with limits at centre ± multiple sigma."""
    middle = np.broadcast_to(np.asarray(centre, dtype=np.float64), plotted.shape)
    spread = np.broadcast_to(np.asarray(sigma, dtype=np.float64), plotted.shape)
    return Panel(
        name=name,
        plotted=plotted,
        centre=middle,
        sigma=spread,
        lower=middle - multiple * spread,
        upper=middle + multiple * spread,
        first=first,
    )


def z_value(value: float, *, centre: float, sigma: float) -> float:
    """Distance from the centre in sigmas; a value that differs from the centre by rounding alone lies on it."""
    distance = value - centre
    if abs(distance) <= SAME * max(abs(value), abs(centre)):
        return 0.0
    return distance / sigma if sigma > 0 else math.copysign(math.inf, distance)


def z_values(values: Floats, *, centre: Floats, sigma: Floats) -> Floats:
    """`z_value` of each point."""
    distance = values - centre
    on_centre = np.abs(distance) <= SAME * np.maximum(np.abs(values), np.abs(centre))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(on_centre, 0.0, distance / sigma)
