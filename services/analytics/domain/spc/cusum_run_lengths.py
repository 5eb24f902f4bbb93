"""Average run lengths of CUSUM schemes on normal values, by integral equation.

Page 1954, "Continuous inspection schemes", Biometrika 41; Lucas & Crosier 1982, Technometrics 24 (both sides, head start).
"""

import numpy as np

from services.analytics.domain.spc.arguments import Floats, finite
from services.analytics.domain.spc.cusum import Cusum, CusumSide
from services.analytics.domain.spc.distributions import normal_cdfs, normal_densities
from services.analytics.domain.spc.integral_equations import expected_points, nodes_on, stated
from services.analytics.domain.spc.panel import Side
from services.analytics.domain.spc.two_sided_sums import FromStart, HighStart, TwoSums


def normal_cusum_arl(design: Cusum, *, shift: float = 0.0) -> float:
    """ARL on independent normal z values with mean `shift`, from the head start on."""
    finite("shift", shift)
    if len(design.sides) == 1:
        [(name, side)] = design.sides
        return stated(float(_sum(name, side, shift)(np.array([side.head_start]))[0]))
    (_, above), (_, below) = design.sides
    both = TwoSums.of(above, below, lengths=(_sum("above", above, shift), _sum("below", below, shift)))
    return stated(both.from_head_starts() if both.head_starts_fit else HighStart(both, shift).length())


def _sum(name: Side, side: CusumSide, shift: float) -> FromStart:
    """The lower sum is the upper one of mirrored values."""
    return _upper_sum(side.reference - shift if name == "above" else shift - side.reference, side.decision)


def _upper_sum(reference: float, decision: float) -> FromStart:
    """L(u) = 1 + L(0) F(k - u) + ∫ L(y) f(y + k - u) dy over (0, h), for increments x - k of standard normal x (Page 1954)."""
    nodes, weights = nodes_on(0.0, decision, width=1.0)

    def moves(at: Floats) -> Floats:
        to_zero = normal_cdfs(reference - at)[:, None]
        return np.hstack((to_zero, normal_densities(nodes + reference - at[:, None]) * weights))

    lengths = expected_points(moves(np.concatenate(([0.0], nodes))))
    return lambda begin: 1 + moves(begin) @ lengths
