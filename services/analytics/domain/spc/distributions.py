"""The distributions that the formulas need, typed; the only file of the package that imports scipy.

Each follows the usual definitions (Abramowitz & Stegun 1964, chapter 26); the series and continued fractions behind them
are scipy.special's.
"""

import math
from statistics import NormalDist
from typing import Any, cast

import numpy as np
from scipy import special

from services.analytics.domain.spc.arguments import Floats

_STANDARD = NormalDist()


def normal_cdf(z: float) -> float:
    """Chance of a standard normal value at or below z; exact to the last digits in the lower tail, too."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def normal_cdfs(z: Floats) -> Floats:
    return cast("Floats", special.ndtr(z))


def normal_densities(z: Floats) -> Floats:
    return np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def normal_quantile(chance: float) -> float:
    return _STANDARD.inv_cdf(chance)


def chi_square_quantile(chance: float, degrees: float) -> float:
    """The value that a chi-square variable stays below with this chance."""
    return _number(special.chdtri(degrees, 1 - chance))


def chi_square_tail(value: float, degrees: float) -> float:
    """Chance of a chi-square variable above the value."""
    return _number(special.chdtrc(degrees, value))


def student_quantile(chance: float, degrees: float) -> float:
    return _number(special.stdtrit(degrees, chance))


def gamma_ratio(a: float) -> float:
    """Γ(a + ½) / Γ(a) without overflow or cancellation for large a."""
    return _number(special.poch(a, 0.5))


def binomial_cdf(count: float, *, trials: int, chance: float) -> float:
    """Chance of at most `count` successes; 0 below 0 and 1 from `trials` on."""
    if count < 0:
        return 0.0
    return 1.0 if count >= trials else _number(special.bdtr(_whole(count), trials, chance))


def binomial_tail(count: float, *, trials: int, chance: float) -> float:
    """Chance of more than `count` successes."""
    if count < 0:
        return 1.0
    return 0.0 if count >= trials else _number(special.bdtrc(_whole(count), trials, chance))


def poisson_cdf(count: float, *, mean: float) -> float:
    """Chance of at most `count` events."""
    return 0.0 if count < 0 else _number(special.pdtr(_whole(count), mean))


def poisson_tail(count: float, *, mean: float) -> float:
    """Chance of more than `count` events."""
    return 1.0 if count < 0 else _number(special.pdtrc(_whole(count), mean))


def binomial_chances(counts: Floats, *, trials: int, chance: float) -> Floats:
    """Chance of exactly each count, 0 outside 0..trials."""
    inside = (counts >= 0) & (counts <= trials)
    x = np.where(inside, counts, 0.0)
    ways = special.gammaln(trials + 1) - special.gammaln(x + 1) - special.gammaln(trials - x + 1)
    return np.where(inside, np.exp(ways + special.xlogy(x, chance) + special.xlog1py(trials - x, -chance)), 0.0)


def poisson_chances(counts: Floats, *, mean: float) -> Floats:
    """Chance of exactly each count, 0 below 0."""
    x = np.maximum(counts, 0.0)
    return np.where(counts >= 0, np.exp(special.xlogy(x, mean) - mean - special.gammaln(x + 1)), 0.0)


def _whole(count: float) -> float:
    """Rounded down; not as an int, from which scipy would first have to find out which of its functions is meant."""
    return float(math.floor(count))


def _number(value: Any) -> float:
    return float(value)
