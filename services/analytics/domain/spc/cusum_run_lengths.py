"""Average run lengths of CUSUM schemes, normal by integral equation, for counts by Markov chain.

Page 1954, Biometrika 41 (the integral equation); Brook & Evans 1972, "An approach to the probability distribution of cusum run
length", Biometrika 59 (the chain, exact for counts); Lucas & Crosier 1982, Technometrics 24 (both sides with head start);
Lucas 1985, Technometrics 27 (Poisson).
"""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from services.analytics.domain.spc.arguments import Floats, at_least, finite, positive
from services.analytics.domain.spc.cusum import Cusum, CusumSide
from services.analytics.domain.spc.distributions import (
    binomial_chances,
    normal_cdfs,
    normal_densities,
    poisson_chances,
)
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.integral_equations import expected_points, nodes_on

_MOST_STATES = 3000

Chances = Callable[[Floats], Floats]
"""The chance of exactly each count."""
FromStart = Callable[[float], float]
"""The average run length of one sum, by what it begins with."""


def normal_cusum_arl(design: Cusum, *, shift: float = 0.0) -> float:
    """ARL on independent normal z values with mean `shift`, from the head start on."""
    finite("shift", shift)
    above = None if design.above is None else _normal_side(design.above.reference - shift, design.above.decision)
    below = None if design.below is None else _normal_side(shift - design.below.reference, design.below.decision)
    return _together(design, above, below)


def poisson_cusum_arl(design: Cusum, *, mean: float) -> float:
    """ARL of a CUSUM on Poisson counts, exactly; references and decision values must be round numbers (see `_lattice`)."""
    positive("mean", mean)
    most = math.ceil(mean + 38 * math.sqrt(mean) + 200)
    return _count_arl(design, lambda counts: poisson_chances(counts, mean=mean), most=most)


def binomial_cusum_arl(design: Cusum, *, trials: int, chance: float) -> float:
    """ARL of a CUSUM on counts of `trials`, exactly; 1 trial is the Bernoulli CUSUM (Reynolds & Stoumbos 1999)."""
    at_least("trials", trials, least=1)
    if not 0 <= chance <= 1:
        raise InvalidStatisticsInput("chance", problem=f"is {chance}", remedy="give a chance from 0 to 1")
    return _count_arl(design, lambda counts: binomial_chances(counts, trials=trials, chance=chance), most=trials)


def _normal_side(reference: float, decision: float) -> FromStart:
    """L(u) = 1 + L(0) F(k - u) + ∫ L(y) f(y + k - u) dy over (0, h), for increments x - k of standard normal x (Page 1954).

    The lower sum is the upper one of mirrored values; a shift moves the reference the other way.
    """
    nodes, weights = nodes_on(0.0, decision, width=1.0)
    states = np.concatenate(([0.0], nodes))

    def row(at: Floats) -> Floats:
        to_zero = normal_cdfs(reference - at)[:, None]
        return np.hstack((to_zero, normal_densities(nodes + reference - at[:, None]) * weights))

    lengths = expected_points(row(states))
    return lambda begin: 1 + float((row(np.array([begin])) @ lengths)[0])


def _count_arl(design: Cusum, chances: Chances, *, most: int) -> float:
    above = None if design.above is None else _count_side(design.above, chances, most=most, direction=1)
    below = None if design.below is None else _count_side(design.below, chances, most=most, direction=-1)
    return _together(design, above, below)


def _count_side(side: CusumSide, chances: Chances, *, most: int, direction: int) -> FromStart:
    """Brook & Evans 1972: the sum takes finitely many values, so its moves are a matrix of exact chances."""
    unit, reference, decision = _lattice(side)
    highest = decision - 1 if side.inclusive else decision
    sums = np.arange(highest + 1)
    known = chances(np.arange(most + 1, dtype=np.float64))
    moves = np.zeros((len(sums), len(sums)))
    for count in range(most + 1):
        after = np.maximum(0, sums + direction * (count * unit - reference))
        inside = after <= highest
        if not inside.any():
            if direction > 0:
                break
            continue
        moves[sums[inside], after[inside]] += known[count]
    lengths = expected_points(moves)
    return lambda begin: float(lengths[round(begin * unit)])


def _lattice(side: CusumSide) -> tuple[int, int, int]:
    """Steps per unit, reference and decision value in steps: k = 0.25 and h = 10 move on quarters (Lucas 1985)."""
    parts = [Fraction(repr(number)) for number in (side.reference, side.decision, side.head_start)]
    unit = math.lcm(*(part.denominator for part in parts))
    if side.decision * unit > _MOST_STATES:
        raise InvalidStatisticsInput(
            "reference",
            problem=f"and decision value are multiples of 1/{unit} only",
            remedy="round them to a common fraction such as quarters or tenths",
        )
    return unit, int(parts[0] * unit), int(parts[1] * unit)


def _together(design: Cusum, above: FromStart | None, below: FromStart | None) -> float:
    """One side alone, or both by Lucas & Crosier 1982: when one signals the other is at 0, so that each begins anew from there.

    E = (U(s) D(0) + U(0) D(s) - U(0) D(0)) / (U(0) + D(0)) for upper and lower run lengths U, D begun at 0 or at the head start.
    """
    if design.above is None or above is None:
        if design.below is None or below is None:
            raise InvalidStatisticsInput("design", problem="has no side", remedy="give one side or both")
        return below(design.below.head_start)
    if design.below is None or below is None:
        return above(design.above.head_start)
    _refuse_entangled(design.above, design.below)
    up, down = above(0.0), below(0.0)
    up_begun, down_begun = above(design.above.head_start), below(design.below.head_start)
    return (up_begun * down + up * down_begun - up * down) / (up + down)


def _refuse_entangled(above: CusumSide, below: CusumSide) -> None:
    """While both sums are above 0 their total falls by the distance of the references, so neither can signal beside the other."""
    falls = above.reference - below.reference
    lower = min(above.decision, below.decision)
    fits = falls >= 0 and abs(above.decision - below.decision) <= falls
    if not fits or above.head_start + below.head_start - falls > lower:
        raise InvalidStatisticsInput(
            "design",
            problem="lets both sums be high at once",
            remedy="set the references apart, the decision values alike, and head starts to at most half of them",
        )
