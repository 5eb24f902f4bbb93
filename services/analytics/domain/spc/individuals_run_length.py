"""Average run length of individuals judged together with their moving ranges.

Crowder 1987, "Computation of ARL for combined individual measurement and moving range charts", Journal of Quality Technology 19;
Rigdon, Cruthis & Champ 1994, "Design strategies for individuals and moving range control charts", same journal 26.
"""

import numpy as np

from services.analytics.domain.spc.arguments import Floats, finite, positive
from services.analytics.domain.spc.distributions import normal_densities
from services.analytics.domain.spc.integral_equations import expected_points, stated, unit_rule

_NODES = 20
_MOST_KINKS = 60


def individuals_arl(*, limit: float, range_limit: float, shift: float = 0.0) -> float:
    """ARL of a signal by |z| > limit or, from the second point on, by a moving range above `range_limit`, both in sigmas.

    L(x) = 1 + ∫ f(y) L(y) dy over |y| ≤ limit, |y - x| ≤ range_limit. L has kinks where a bound of the integral meets a limit or
    another kink, so it is held piece by piece between them.
    """
    positive("limit", limit)
    positive("range_limit", range_limit)
    finite("shift", shift)
    edges = _kinks(limit, range_limit)
    nodes, weights = unit_rule(_NODES)
    lows, widths = edges[:-1], np.diff(edges)
    points = (lows[:, None] + widths[:, None] * nodes).ravel()
    moves = np.array(
        [
            _moves(edges, low=max(-limit, x - range_limit), high=min(limit, x + range_limit), shift=shift)
            for x in points.tolist()
        ]
    )
    lengths = expected_points(moves)
    whole = (widths[:, None] * weights).ravel() * normal_densities(points - shift)
    return stated(1 + float(whole @ lengths))


def _kinks(limit: float, range_limit: float) -> Floats:
    """Limits and all ±(limit - j range_limit) between them, ascending; far inside they are too faint to matter."""
    steps = limit - range_limit * np.arange(1, _MOST_KINKS)
    inner = steps[np.abs(steps) < limit]
    return np.unique(np.concatenate(([-limit, limit], inner, -inner)).round(12))


def _moves(edges: Floats, *, low: float, high: float, shift: float) -> Floats:
    """Weights of the nodes of all pieces in the integral over (low, high)."""
    nodes, weights = unit_rule(_NODES)
    begin, end = np.clip(edges[:-1], low, high), np.clip(edges[1:], low, high)
    width = np.diff(edges)
    values = begin[:, None] + (end - begin)[:, None] * nodes
    density = normal_densities(values - shift) * (end - begin)[:, None] * weights
    inside = (values - edges[:-1, None]) / width[:, None]
    return np.asarray(np.einsum("pv,pvn->pn", density, _polynomials(inside)).ravel())


def _polynomials(inside: Floats) -> Floats:
    """Values, anywhere in a piece, of the polynomials that are 1 at one node and 0 at the others."""
    nodes, _ = unit_rule(_NODES)
    at_nodes = np.polynomial.legendre.legvander(2 * nodes - 1, _NODES - 1)
    anywhere = np.polynomial.legendre.legvander(2 * inside - 1, _NODES - 1)
    return np.asarray(anywhere @ np.linalg.inv(at_nodes))
