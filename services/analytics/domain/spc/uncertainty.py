"""How much an estimated sigma is worth, in degrees of freedom, and what limits built on it must allow for.

An estimate of sigma with relative variance V is treated as s / c4 with as many degrees of freedom as give the same V
(Patnaik 1950, "The use of mean range as an estimator of variance in statistical tests", Biometrika 37).
"""

import math
from functools import lru_cache

from services.analytics.domain.spc.arguments import at_least
from services.analytics.domain.spc.constants import c4
from services.analytics.domain.spc.distributions import normal_cdf, student_quantile

_RANGE_VARIANCE = 2 - 4 / math.pi
"""Variance of one moving range, in sigma²."""
_NEIGHBOUR_COVARIANCE = (4 / math.pi) * (math.sqrt(3) / 2 + math.pi / 12 - 1)
"""Covariance of two moving ranges that share a point: E|UV| of normals with correlation -1/2, less the product of their means."""
_MOST_DEGREES = 1e7


@lru_cache(maxsize=4096)
def moving_range_degrees(ranges: int) -> float:
    """Degrees of freedom of a mean of consecutive moving ranges (variance: Cryer & Ryan 1990, Journal of Quality Technology 22)."""
    at_least("ranges", ranges, least=1, remedy="give two neighbouring points or more")
    variance = (ranges * _RANGE_VARIANCE + 2 * (ranges - 1) * _NEIGHBOUR_COVARIANCE) / ranges**2
    return equivalent_degrees(variance / (4 / math.pi))


@lru_cache(maxsize=4096)
def equivalent_degrees(relative_variance: float) -> float:
    """Degrees of freedom at which s / c4 has this variance relative to sigma²: 1 / c4² - 1, solved by halving."""
    low, high = 1e-3, _MOST_DEGREES
    for _ in range(80):
        middle = math.sqrt(low * high)
        if 1 / c4(middle + 1) ** 2 - 1 > relative_variance:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)


@lru_cache(maxsize=4096)
def prediction_multiple(*, points: int, degrees: float, multiple: float = 3.0) -> float:
    """Sigmas between centre and limit at which a *later* point alarms as rarely as one beyond `multiple` known sigmas does.

    (x - x̄) / (sigma-hat sqrt(1 + 1 / points)) follows c4 t with `degrees` degrees of freedom: the prediction interval of Hahn
    1969 (Journal of the American Statistical Association 64) with an unbiased sigma. Tends to `multiple` as both grow.
    """
    at_least("points", points, least=1)
    if degrees >= _MOST_DEGREES / 2:
        return multiple * math.sqrt(1 + 1 / points)
    tail = normal_cdf(-multiple)
    return -student_quantile(tail, degrees) * c4(degrees + 1) * math.sqrt(1 + 1 / points)
