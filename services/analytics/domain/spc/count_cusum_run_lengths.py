"""Average run lengths of CUSUM schemes on counts, exactly, by Markov chain.

Brook & Evans 1972, "An approach to the probability distribution of cusum run length", Biometrika 59; Lucas 1985, "Counted data
CUSUM's", Technometrics 27 (Poisson); Reynolds & Stoumbos 1999, "A CUSUM chart for monitoring a proportion when inspecting
continuously", Journal of Quality Technology 31 (Bernoulli).
"""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from services.analytics.domain.spc.arguments import Floats, at_least, positive, share
from services.analytics.domain.spc.cusum import Cusum, CusumSide
from services.analytics.domain.spc.distributions import binomial_chances, poisson_chances
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.integral_equations import expected_points, stated
from services.analytics.domain.spc.panel import Side
from services.analytics.domain.spc.two_sided_sums import FromStart, TwoSums

_MOST_STATES = 3000

Chances = Callable[[Floats], Floats]
"""The chance of exactly each count."""


def poisson_cusum_arl(design: Cusum, *, mean: float) -> float:
    """ARL of a CUSUM on Poisson counts; references and decision values must be round numbers (see `_lattice`)."""
    positive("mean", mean)
    most = math.ceil(mean + 38 * math.sqrt(mean) + 200)
    return _count_arl(design, lambda counts: poisson_chances(counts, mean=mean), most=most)


def binomial_cusum_arl(design: Cusum, *, trials: int, chance: float) -> float:
    """ARL of a CUSUM on counts of `trials`; with one trial it is the Bernoulli CUSUM."""
    at_least("trials", trials, least=1)
    share("chance", chance)
    return _count_arl(design, lambda counts: binomial_chances(counts, trials=trials, chance=chance), most=trials)


def _count_arl(design: Cusum, chances: Chances, *, most: int) -> float:
    known = chances(np.arange(most + 1, dtype=np.float64))
    if len(design.sides) == 1:
        [(name, side)] = design.sides
        return stated(float(_sum(name, side, known)(np.array([side.head_start]))[0]))
    (_, above), (_, below) = design.sides
    both = TwoSums.of(above, below, lengths=(_sum("above", above, known), _sum("below", below, known)))
    if not both.head_starts_fit:
        raise InvalidStatisticsInput(
            "design", problem="starts too high", remedy="begin both sums at half of h or below"
        )
    return stated(both.from_head_starts())


def _sum(name: Side, side: CusumSide, chances: Floats) -> FromStart:
    """The sum takes finitely many values, so its moves are a matrix of exact chances (Brook & Evans 1972)."""
    unit, reference, decision = _lattice(side)
    highest = decision - 1 if side.inclusive else decision
    _refuse_unreachable(name, chances, unit=unit, reference=reference)
    sums = np.arange(highest + 1)
    moves = np.zeros((len(sums), len(sums)))
    for count, chance in enumerate(chances.tolist()):
        step = count * unit - reference
        after = np.maximum(0, sums + step if name == "above" else sums - step)
        inside = after <= highest
        moves[sums[inside], after[inside]] += chance
    lengths = expected_points(moves)
    return lambda begin: lengths[np.rint(begin * unit).astype(np.int64)]


def _refuse_unreachable(name: Side, chances: Floats, *, unit: int, reference: int) -> None:
    """A sum that no count makes grow never signals."""
    possible = np.flatnonzero(chances) * unit
    if (possible.max() <= reference) if name == "above" else (possible.min() >= reference):
        raise InvalidStatisticsInput(
            "reference", problem=f"of the side {name} is passed by no count", remedy="leave that side out"
        )


def _lattice(side: CusumSide) -> tuple[int, int, int]:
    """Steps per unit, reference and decision value in steps: k = 0.25 and h = 10 move on quarters (Lucas 1985)."""
    parts = [Fraction(str(float(number))) for number in (side.reference, side.decision, side.head_start)]
    unit = math.lcm(*(part.denominator for part in parts))
    if side.decision * unit > _MOST_STATES:
        raise InvalidStatisticsInput(
            "reference",
            problem=f"and decision value are multiples of 1/{unit} only",
            remedy="round them to a common fraction such as quarters or tenths",
        )
    return unit, int(parts[0] * unit), int(parts[1] * unit)
