"""Run lengths that solve an integral equation: its kernel at Gauss nodes (Nyström's method).

L(z) = 1 + ∫ K(z, y) L(y) dy, so (I - K W) L = 1 at the nodes (Atkinson 1997, The Numerical Solution of Integral Equations of the
Second Kind, chapter 4). For smooth kernels the error falls exponentially with the number of nodes.
"""

import math
from functools import lru_cache

import numpy as np

from services.analytics.domain.spc.arguments import Floats
from services.analytics.domain.spc.errors import InvalidStatisticsInput

_MOST_NODES = 1500
_LEAK = 1e-14
_LONGEST = 1e13
"""Points; beyond, rounding in the chances to move would be mistaken for signals."""


@lru_cache(maxsize=64)
def unit_rule(count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on (0, 1)."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


def nodes_on(low: float, high: float, *, width: float) -> tuple[Floats, Floats]:
    """Nodes and weights on (low, high), as many as a normal kernel with standard deviation `width` needs."""
    count = min(_MOST_NODES, 32 + math.ceil(4 * (high - low) / width))
    nodes, weights = unit_rule(count)
    return low + (high - low) * nodes, (high - low) * weights


def expected_points(moves: Floats) -> Floats:
    """Mean number of points until the signal from each state, by the chances to move from state (row) to state (column).

    Where a signal is all but impossible their size is lost to rounding, their ratios are not.
    """
    ones = np.ones(len(moves))
    try:
        return np.asarray(np.linalg.solve(np.eye(len(moves)) - moves, ones))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.solve(np.eye(len(moves)) - moves * (1 - _LEAK), ones))


def stated(run_length: float) -> float:
    """An average run length that may be told, or the reason why none can be computed."""
    if not 1 - 1e-9 <= run_length <= _LONGEST:
        raise InvalidStatisticsInput(
            "design", problem="hardly ever signals", remedy="bring the limits closer to the centre"
        )
    return max(1.0, run_length)
