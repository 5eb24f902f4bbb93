"""Charts of measured values: XmR, x̄-R and x̄-S.

Sources: Shewhart 1931 (Economic Control of Quality of Manufactured Product); Montgomery, Introduction to Statistical Quality
Control, 7th edition, sections 6.2 (x̄-R), 6.3 (x̄-S) and 6.4 (individuals and moving range).
"""

import math
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.spc.arguments import Floats
from services.analytics.domain.spc.constants import RangeConstants, c4, range_constants
from services.analytics.domain.spc.errors import InvalidStatisticsInput, TooFewPoints
from services.analytics.domain.spc.panel import Panel, around
from services.analytics.domain.spc.samples import Individuals, Subgroups, mean_of
from services.analytics.domain.spc.uncertainty import equivalent_degrees, moving_range_degrees, prediction_multiple


@dataclass(frozen=True, slots=True)
class XmrBaseline:
    """What an XmR chart remembers of the points that set its limits.

    Attributes:
        points, ranges: how many values stand behind the centre, and how many moving ranges behind the spread.
        d2, d3: of a range of two; exact unless a printed chart is to be reproduced.
    """

    centre: float
    mean_moving_range: float
    points: int
    ranges: int
    d2: float
    d3: float

    @property
    def sigma(self) -> float:
        """Mean moving range / d2(2) (Montgomery, section 6.4)."""
        return self.mean_moving_range / self.d2

    def learning_multiple(self, multiple: float = 3.0) -> float:
        """`multiple`, widened for what estimating centre and sigma from so few points costs."""
        return prediction_multiple(points=self.points, degrees=moving_range_degrees(self.ranges), multiple=multiple)

    def panels(self, sample: Individuals, *, multiple: float = 3.0) -> tuple[Panel, ...]:
        """Individuals: centre ± 3 sigma; moving ranges, from the second point on: up to D4 times their mean."""
        ranges = np.abs(np.diff(sample.values))
        mean, spread = self.mean_moving_range, self.sigma * self.d3
        return (
            around("individuals", sample.values, centre=self.centre, sigma=self.sigma, multiple=multiple),
            around("moving-ranges", ranges, centre=mean, sigma=spread, multiple=multiple, first=1).within(floor=0.0),
        )


@dataclass(frozen=True, slots=True)
class KnownBaseline:
    """Centre and sigma of single values that were known beforehand: no point stands behind them."""

    centre: float
    sigma: float
    points: int = 0

    def learning_multiple(self, multiple: float = 3.0) -> float:
        return multiple

    def panels(self, sample: Individuals, *, multiple: float = 3.0) -> tuple[Panel, ...]:
        return (around("individuals", sample.values, centre=self.centre, sigma=self.sigma, multiple=multiple),)


@dataclass(frozen=True, slots=True)
class RangeBaseline:
    """What an x̄-R chart remembers; `printed` replaces the exact d2 and d3 of the one subgroup size it was given for."""

    centre: float
    sigma: float
    points: int
    degrees: float
    printed: RangeConstants | None = None

    def learning_multiple(self, multiple: float = 3.0) -> float:
        return prediction_multiple(points=self.points, degrees=self.degrees, multiple=multiple)

    def panels(self, sample: Subgroups, *, multiple: float = 3.0) -> tuple[Panel, ...]:
        """x̄: centre ± 3 sigma / sqrt(n); R: d2 sigma ± 3 d3 sigma, not below 0 (Montgomery, section 6.2.1)."""
        constants = [
            self.printed or range_constants(int(n)) if n > 1 else RangeConstants(0.0, 0.0) for n in sample.sizes
        ]
        centre = self.sigma * np.array([one.d2 for one in constants], dtype=np.float64)
        spread = self.sigma * np.array([one.d3 for one in constants], dtype=np.float64)
        error = self.sigma / np.sqrt(sample.sizes)
        return (
            around("means", sample.means, centre=self.centre, sigma=error, multiple=multiple),
            around("ranges", sample.ranges, centre=centre, sigma=spread, multiple=multiple).within(floor=0.0),
        )


@dataclass(frozen=True, slots=True)
class DeviationBaseline:
    """What an x̄-S chart remembers.

    Attributes:
        deviation: the centre of the S chart: mean of s where all subgroups had one size, else the pooled s.
        size: that one size; None where they differed.
        degrees: of `deviation` as an estimate of sigma.
    """

    centre: float
    deviation: float
    size: float | None
    points: int
    degrees: float

    def learning_multiple(self, multiple: float = 3.0) -> float:
        return prediction_multiple(points=self.points, degrees=self.degrees, multiple=multiple)

    def panels(self, sample: Subgroups, *, multiple: float = 3.0) -> tuple[Panel, ...]:
        """x̄: centre ± 3 sigma / sqrt(n); S: centre (1 ± 3 sqrt(1 - c4²) / c4), not below 0 (Montgomery, section 6.3.1)."""
        unbiased, sigma = self._sigma(sample.sizes)
        several = sample.sizes > 1
        centre = np.where(several, unbiased * sigma, 0.0)
        spread = np.where(several, np.sqrt(1 - unbiased**2) * sigma, 0.0)
        error = sigma / np.sqrt(sample.sizes)
        return (
            around("means", sample.means, centre=self.centre, sigma=error, multiple=multiple),
            around("deviations", sample.deviations, centre=centre, sigma=spread, multiple=multiple).within(floor=0.0),
        )

    def _sigma(self, sizes: Floats) -> tuple[Floats, Floats]:
        """c4 and sigma at each point. Pooled s counts as the S centre of every size, as printed tables do (Example 6.4)."""
        known = {n: c4(n) if n > 1 else c4(self.degrees + 1) for n in set(sizes.tolist())}
        unbiased = np.array([known[n] for n in sizes.tolist()], dtype=np.float64)
        if self.size is None:
            return unbiased, self.deviation / unbiased
        return unbiased, np.full(len(sizes), self.deviation / c4(self.size))


@dataclass(frozen=True, slots=True)
class SpreadBaseline:
    """What an S chart remembers: `DeviationBaseline` without the means, which need not be known."""

    deviation: float
    size: float | None
    points: int
    degrees: float

    def learning_multiple(self, multiple: float = 3.0) -> float:
        return prediction_multiple(points=self.points, degrees=self.degrees, multiple=multiple)

    def panels(self, sample: Subgroups, *, multiple: float = 3.0) -> tuple[Panel, ...]:
        both = DeviationBaseline(0.0, self.deviation, self.size, self.points, self.degrees)
        return (both.panels(sample, multiple=multiple)[1],)


def xmr_baseline(sample: Individuals, constants: RangeConstants | None = None) -> XmrBaseline:
    """Centre and mean moving range of the chosen points; needs one moving range.

    Args:
        constants: rounded d2 and d3 of a printed chart; None for the exact ones.
    """
    ranges = sample.moving_ranges[~np.isnan(sample.moving_ranges)]
    if not ranges.size:
        raise TooFewPoints(
            "values",
            problem="hold no two neighbouring points",
            remedy="wait for two points in a row, or choose a longer phase",
        )
    used = constants or range_constants(2)
    return XmrBaseline(
        centre=mean_of(sample.values),
        mean_moving_range=float(ranges.mean()),
        points=len(sample),
        ranges=len(ranges),
        d2=used.d2,
        d3=used.d3,
    )


def range_baseline(sample: Subgroups, constants: RangeConstants | None = None) -> RangeBaseline:
    """Grand mean, and sigma as the mean of range / d2(n); subgroups of one value tell nothing about sigma."""
    several = _with_spread(sample)
    _refuse_unknown_ranges(several)
    each = [constants or range_constants(int(n)) for n in several.sizes]
    scale = np.array([one.d2 for one in each])
    relative = float(np.mean([one.relative_variance for one in each]))
    return RangeBaseline(
        centre=_weighted_mean(sample),
        sigma=float((several.ranges / scale).mean()),
        points=len(sample),
        degrees=equivalent_degrees(relative / len(several)),
        printed=constants,
    )


def deviation_baseline(sample: Subgroups) -> DeviationBaseline:
    """Grand mean, and the mean of s where n is one, else the pooled s: sqrt(Σ (n - 1) s² / Σ (n - 1)) (Montgomery, section 6.3.2)."""
    several = _with_spread(sample)
    size = float(several.sizes[0])
    constant = bool((sample.sizes == size).all())
    weights = several.sizes - 1
    pooled = math.sqrt(float((weights * several.deviations**2).sum() / weights.sum()))
    relative = (1 / c4(size) ** 2 - 1) / len(several)
    return DeviationBaseline(
        centre=_weighted_mean(sample),
        deviation=float(several.deviations.mean()) if constant else pooled,
        size=size if constant else None,
        points=len(sample),
        degrees=equivalent_degrees(relative) if constant else float(weights.sum()),
    )


def spread_baseline(sample: Subgroups) -> SpreadBaseline:
    """As `deviation_baseline`."""
    both = deviation_baseline(sample)
    return SpreadBaseline(both.deviation, both.size, both.points, both.degrees)


def _with_spread(sample: Subgroups) -> Subgroups:
    several = sample.chosen(sample.sizes > 1)
    if not len(several):
        raise TooFewPoints(
            "groups", problem="hold no subgroup of two values or more", remedy="use an XmR chart for single values"
        )
    return several


def _refuse_unknown_ranges(sample: Subgroups) -> None:
    if np.isnan(sample.ranges).any():
        raise InvalidStatisticsInput(
            "groups", problem="have no ranges", remedy="use an x̄-S chart where only moments are known"
        )


def _weighted_mean(sample: Subgroups) -> float:
    """Mean of all observations (Montgomery, section 6.3.2); equal means give exactly that mean."""
    low = float(sample.means.min())
    return low + float((sample.sizes * (sample.means - low)).sum() / sample.sizes.sum())
