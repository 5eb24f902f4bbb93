"""Run lengths that solve an integral equation: its kernel at Gauss nodes (Nyström's method).

L(z) = 1 + ∫ K(z, y) L(y) dy, so (I - K W) L = 1 at the nodes (Atkinson 1997, The Numerical Solution of Integral Equations of the
Second Kind, chapter 4). For smooth kernels the error falls exponentially with the number of nodes.
"""

import math
from functools import lru_cache

import numpy as np

from services.analytics.domain.spc.arguments import Floats

_MOST_NODES = 1500


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
    """Mean number of points until the signal from each state, by the chances to move from state (row) to state (column)."""
    lengths = np.linalg.solve(np.eye(len(moves)) - moves, np.ones(len(moves)))
    return np.asarray(lengths)
