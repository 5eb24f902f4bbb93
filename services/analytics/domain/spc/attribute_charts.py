"""Charts of counts: p, np, c, u with variable denominators, and Laney's p′ and u′ for over-dispersed ones.

Sources: Montgomery, Introduction to Statistical Quality Control, 7th edition, sections 7.2 (p, np) and 7.3 (c, u); Laney 2002,
"Improved control charts for attributes", Quality Engineering 14.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from services.analytics.domain.spc.arguments import Floats
from services.analytics.domain.spc.constants import RangeConstants, range_constants
from services.analytics.domain.spc.errors import InvalidStatisticsInput, TooFewPoints
from services.analytics.domain.spc.panel import Panel, around
from services.analytics.domain.spc.samples import Counts
from services.analytics.domain.spc.uncertainty import moving_range_degrees, prediction_multiple

Law = Literal["binomial", "poisson"]
"""How chance alone makes counts scatter: so many of n trials, or events in an area of opportunity."""


@dataclass(frozen=True, slots=True)
class AttributeBaseline:
    """What a p, np, c or u chart remembers of the points that set its limits.

    Attributes:
        rate: proportion, or events per unit of area.
        size: trials or area behind the rate.
        dispersion: Laney's sigma_z; 1 for the plain charts.
        ranges: moving ranges behind `dispersion`; 0 for the plain charts.
        as_counts: whether counts are plotted (np, c) instead of count / size (p, u).
    """

    law: Law
    rate: float
    size: float
    points: int
    dispersion: float = 1.0
    ranges: int = 0
    as_counts: bool = False

    def learning_multiple(self, multiple: float = 3.0) -> float:
        """Widened for the estimated rate: a typical later point is as large as one behind the baseline."""
        if self.ranges:
            return prediction_multiple(points=self.points, degrees=moving_range_degrees(self.ranges), multiple=multiple)
        return multiple * math.sqrt(1 + 1 / self.points)

    def standard_errors(self, sizes: Floats) -> Floats:
        """Of count / size under the law alone: sqrt(p (1 - p) / n) (Montgomery, section 7.2.1), sqrt(u / n) (7.3.1)."""
        variance = self.rate * (1 - self.rate) if self.law == "binomial" else self.rate
        return np.sqrt(variance / sizes)

    def panels(self, sample: Counts, *, multiple: float = 3.0) -> tuple[Panel, ...]:
        """Rate ± 3 standard errors (times the dispersion), not below 0; a proportion not above 1."""
        scale = sample.sizes if self.as_counts else np.ones(len(sample))
        sigma = self.dispersion * self.standard_errors(sample.sizes)
        shares = around(
            "counts" if self.as_counts else "shares",
            sample.shares,
            centre=self.rate,
            sigma=sigma,
            multiple=multiple,
        ).within(floor=0.0, ceiling=1.0 if self.law == "binomial" else math.inf)
        return (_scaled(shares, scale) if self.as_counts else shares,)


def p_baseline(sample: Counts) -> AttributeBaseline:
    """Proportions: total count / total trials (Montgomery, sections 7.2.1 and 7.2.2)."""
    return _plain(sample, "binomial")


def np_baseline(sample: Counts) -> AttributeBaseline:
    """As `p_baseline`, but counts are plotted: centre n p, sigma sqrt(n p (1 - p)) (Montgomery, section 7.2.1)."""
    return _plain(sample, "binomial", as_counts=True)


def u_baseline(sample: Counts) -> AttributeBaseline:
    """Rates: total count / total area (Montgomery, section 7.3.1)."""
    return _plain(sample, "poisson")


def c_baseline(sample: Counts) -> AttributeBaseline:
    """Counts in areas of one size: centre and variance are their mean (Montgomery, section 7.3.1)."""
    if len(sample) and not (sample.sizes == sample.sizes[0]).all():
        raise InvalidStatisticsInput(
            "sizes", problem="differ", remedy="use a u chart where the area of opportunity varies"
        )
    return _plain(sample, "poisson", as_counts=True)


def laney_baseline(sample: Counts, law: Law, constants: RangeConstants | None = None) -> AttributeBaseline:
    """p′ (binomial) and u′ (poisson): the plain standard errors times sigma_z, so that excess scatter is allowed for.

    Laney 2002: z_i = (share_i - rate) / sigma_i, sigma_z = mean moving range of z / d2(2). Two points are needed.
    """
    plain = _plain(sample, law)
    dispersion, ranges = sigma_z(plain, sample, constants)
    return AttributeBaseline(law, plain.rate, plain.size, plain.points, dispersion=dispersion, ranges=ranges)


def sigma_z(plain: AttributeBaseline, sample: Counts, constants: RangeConstants | None = None) -> tuple[float, int]:
    """Laney's dispersion of a sample around a plain baseline, and the number of moving ranges behind it.

    1 where chance explains the scatter, or where nothing scatters at all.
    """
    errors = plain.standard_errors(sample.sizes)
    if len(sample) < 2 or not errors.all():
        return 1.0, 0
    ranges = np.abs(np.diff((sample.shares - plain.rate) / errors))
    return float(ranges.mean()) / (constants or range_constants(2)).d2, len(ranges)


def _plain(sample: Counts, law: Law, *, as_counts: bool = False) -> AttributeBaseline:
    if not len(sample):
        raise TooFewPoints("counts", problem="are empty", remedy="choose a phase with one point or more")
    size = float(sample.sizes.sum())
    rate = float(sample.counts.sum()) / size
    if law == "binomial" and rate > 1:
        raise InvalidStatisticsInput(
            "counts", problem="exceed their trials", remedy="use a u chart for events per unit"
        )
    return AttributeBaseline(law, rate, size, len(sample), as_counts=as_counts)


def _scaled(panel: Panel, scale: Floats) -> Panel:
    """Shares back to counts, point by point."""
    return replace(
        panel,
        plotted=panel.plotted * scale,
        centre=panel.centre * scale,
        sigma=panel.sigma * scale,
        lower=panel.lower * scale,
        upper=panel.upper * scale,
    )
