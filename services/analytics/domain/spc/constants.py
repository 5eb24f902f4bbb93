"""Factors for control limits of normal samples of any size, by formula or integration instead of from a table.

Sources: Tippett 1925 ("On the extreme individuals and the range of samples", Biometrika 17) for the moments of the range;
Montgomery, Introduction to Statistical Quality Control, 7th edition, appendix VI for the names and definitions of the factors.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from services.analytics.domain.spc.arguments import at_least
from services.analytics.domain.spc.distributions import gamma_ratio, normal_cdfs, normal_densities

_REACH = 12.0
_STEP = 0.08
_GRID = np.arange(-_REACH, _REACH, _STEP)
"""The integrands are analytic and vanish at both ends, so that the plain sum over an even grid is exact to rounding."""
_RANGE_NODES = 160


@dataclass(frozen=True, slots=True)
class RangeConstants:
    """Mean (d2) and standard deviation (d3) of the range of a sample, in standard deviations of one value.

    Printed charts often use d2 rounded to three digits; give the rounded pair to reproduce them.
    """

    d2: float
    d3: float

    @property
    def relative_variance(self) -> float:
        return (self.d3 / self.d2) ** 2


@dataclass(frozen=True, slots=True)
class LimitFactors:
    """The factors of Montgomery's appendix VI for samples of n: A2, A3, E2 times mean range or s; D and B times it, for its own limits."""

    d2: float
    d3: float
    c4: float
    a2: float
    a3: float
    d3_limit: float
    d4_limit: float
    b3: float
    b4: float
    e2: float


@lru_cache(maxsize=1024)
def d2(n: int) -> float:
    """E(R) / sigma for n values: integral of 1 - (1 - F)^n - F^n over the line (Tippett 1925, equation for the mean range)."""
    at_least("n", n, least=2, remedy="a range needs two values or more")
    below = normal_cdfs(_GRID)
    above = normal_cdfs(-_GRID)
    return float((1 - below**n - above**n).sum() * _STEP)


@lru_cache(maxsize=1024)
def d3(n: int) -> float:
    """SD(R) / sigma: E(R²) = 2 ∫ r P(R > r) dr, with P(R ≤ r) = n ∫ f(x) [F(x + r) - F(x)]^(n - 1) dx (Tippett 1925)."""
    nodes, weights = np.polynomial.legendre.leggauss(_RANGE_NODES)
    ranges = _REACH * (nodes + 1)
    within = normal_cdfs(_GRID + ranges[:, None]) - normal_cdfs(_GRID)
    at_most = n * (normal_densities(_GRID) * within ** (n - 1)).sum(axis=1) * _STEP
    second_moment = 2 * _REACH * float((weights * ranges * (1 - at_most)).sum())
    return math.sqrt(second_moment - d2(n) ** 2)


def c4(n: float) -> float:
    """E(s) / sigma for n values: sqrt(2 / (n - 1)) Γ(n / 2) / Γ((n - 1) / 2) (Montgomery, appendix VI).

    n need not be whole: n - 1 degrees of freedom may be those that an estimate is worth.
    """
    at_least("n", n, least=1.000001, remedy="a standard deviation needs more than one value")
    return math.sqrt(2 / (n - 1)) * gamma_ratio((n - 1) / 2)


def range_constants(n: int) -> RangeConstants:
    return RangeConstants(d2(n), d3(n))


def printed_constants(n: int) -> RangeConstants:
    """As books print them: three digits."""
    return RangeConstants(round(d2(n), 3), round(d3(n), 3))


def limit_factors(n: int, *, multiple: float = 3) -> LimitFactors:
    """All factors for samples of n and limits at `multiple` standard errors; lower ones not below 0."""
    mean_range, sd_range, mean_s = d2(n), d3(n), c4(n)
    range_spread = multiple * sd_range / mean_range
    s_spread = multiple * math.sqrt(1 - mean_s**2) / mean_s
    return LimitFactors(
        d2=mean_range,
        d3=sd_range,
        c4=mean_s,
        a2=multiple / (mean_range * math.sqrt(n)),
        a3=multiple / (mean_s * math.sqrt(n)),
        d3_limit=max(0.0, 1 - range_spread),
        d4_limit=1 + range_spread,
        b3=max(0.0, 1 - s_spread),
        b4=1 + s_spread,
        e2=multiple / mean_range,
    )
