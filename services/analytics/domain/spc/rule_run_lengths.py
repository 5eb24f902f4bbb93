"""Run lengths of any set of run rules, alone or together, exactly: by a Markov chain of the very machines that judge.

Champ & Woodall 1987, "Exact results for Shewhart control charts with supplementary runs rules", Technometrics 29: the memories of
the rules are the states. Rules that compare neighbours (trend, alternation) add the last value to the state; in the scale of its
own chance u = F(x) the survival of every state is a smooth function within a zone, held at Gauss nodes and integrated exactly
(product integration; Atkinson 1997, The Numerical Solution of Integral Equations of the Second Kind, section 4.2).
"""

import itertools
import math
from collections import deque
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from services.analytics.domain.spc.arguments import Floats, finite, positive
from services.analytics.domain.spc.distributions import normal_cdf
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.judging import RuleSet
from services.analytics.domain.spc.run_length import RunLength, run_length
from services.analytics.domain.spc.run_rules import EMPTY, Alternation, Beyond, Memory, Trend

Places = npt.NDArray[np.int64]

_MOST_STATES = 50_000
_SIGNALLED = -1


@dataclass(frozen=True, slots=True)
class _State:
    """What decides the future: points seen (as far as windows are incomplete), the zone of the last one, the rules' memories."""

    seen: int
    zone: int
    memories: tuple[Memory, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """All states that can be reached, and where each zone of the next point leads: a state, or the signal (-1).

    Attributes:
        cuts: the lines between the zones, ascending, in sigmas.
        zones: the zone of the last point, per state; -1 before the first.
        falling, rising: next state by the zone of the next point; they differ only where it lies in the zone of the last.
    """

    cuts: tuple[float, ...]
    zones: Places
    falling: Places
    rising: Places


def rule_run_length(rules: RuleSet, *, shift: float = 0.0, sigma_ratio: float = 1.0) -> RunLength:
    """The run length of a rule set on independent normal points whose mean is `shift` sigmas off, from the first point on.

    Args:
        sigma_ratio: their standard deviation, in the sigmas that the chart was drawn with.

    Blocks for milliseconds; with trend, alternation and all other rules together for some seconds the first time.
    """
    finite("shift", shift)
    positive("sigma_ratio", sigma_ratio)
    if not rules.rules:
        raise InvalidStatisticsInput("rules", problem="are empty", remedy="choose one rule or more")
    chain = _chain(rules)
    edges = [normal_cdf((cut - shift) / sigma_ratio) for cut in chain.cuts]
    tails = [normal_cdf((shift - cut) / sigma_ratio) for cut in chain.cuts]
    chances = np.array(_zone_chances(edges, tails))
    return _unordered(chain, chances) if not _ordered(rules) else _with_last_value(chain, chances)


def window_chance(rules: RuleSet, *, shift: float = 0.0) -> float:
    """Chance that one window of points, as long as the longest rule's, shows a pattern, whichever of its points completes it."""
    from_first = RuleSet(rules.rules, complete_windows=False)
    return rule_run_length(from_first, shift=shift).chance_within(max(rule.window for rule in rules.rules))


def _ordered(rules: RuleSet) -> bool:
    """Whether a rule compares neighbours, so that the last value matters."""
    return any(isinstance(rule, Trend | Alternation) for rule in rules.rules)


def _zone_chances(edges: list[float], tails: list[float]) -> list[float]:
    """Chance of each zone; above the middle from the upper tails, where differences would lose their digits."""
    lower, upper = [0.0, *edges, 1.0], [1.0, *tails, 0.0]
    pairs = zip(itertools.pairwise(lower), itertools.pairwise(upper), strict=True)
    return [high - low if high <= 0.5 else high_tail - low_tail for (low, high), (high_tail, low_tail) in pairs]


@lru_cache(maxsize=32)
def _chain(rules: RuleSet) -> _Chain:
    cuts = tuple(
        sorted({sign * line for rule in rules.rules for line in rule.lines if line < math.inf for sign in (-1, 1)})
    )
    centres = _inside_zones(cuts)
    first = _State(0, _SIGNALLED, (EMPTY,) * len(rules.rules))
    index, queue, moves = {first: 0}, deque([first]), []
    while queue:
        state = queue.popleft()
        for zone, rise in _next_points(state, len(centres), ordered=_ordered(rules)):
            after = _after(rules, state, zone, z=centres[zone], rise=rise)
            if after is not None and after not in index:
                index[after] = len(index)
                queue.append(after)
            moves.append(_SIGNALLED if after is None else index[after])
        if len(index) > _MOST_STATES:
            raise InvalidStatisticsInput(
                "rules", problem="remember too much together", remedy="leave a rule with a long window out"
            )
    table = np.array(moves, dtype=np.int64).reshape(len(index), 2, len(centres))
    return _Chain(cuts, np.array([state.zone for state in index]), table[:, 0], table[:, 1])


def _inside_zones(cuts: tuple[float, ...]) -> list[float]:
    if not cuts:
        return [0.5]
    return [cuts[0] - 1, *((low + high) / 2 for low, high in itertools.pairwise(cuts)), cuts[-1] + 1]


def _next_points(state: _State, zones: int, *, ordered: bool) -> list[tuple[int, int]]:
    """Zone and rise of every kind of next point, first all that fall within their zone, then all that rise."""
    if not ordered or state.zone == _SIGNALLED:
        return [(zone, 0) for _ in range(2) for zone in range(zones)]
    return [(zone, (zone > state.zone) - (zone < state.zone) or way) for way in (-1, 1) for zone in range(zones)]


def _after(rules: RuleSet, state: _State, zone: int, *, z: float, rise: int) -> _State | None:
    """The state after one more point; None if a rule fires at it."""
    most = _incomplete(rules)
    seen = min(state.seen + 1, most)
    memories = []
    for rule, memory in zip(rules.rules, state.memories, strict=True):
        after, found = rule.step(memory, z, rise)
        if found and seen >= min(rule.window, most):
            return None
        memories.append(rule.reduced(after))
    return _State(seen, zone if _ordered(rules) else 0, tuple(memories))


@lru_cache(maxsize=32)
def _incomplete(rules: RuleSet) -> int:
    """How many points must be seen until no window is incomplete any more; windows that need every point look after themselves."""
    if not rules.complete_windows:
        return 1
    partial = [rule.window for rule in rules.rules if isinstance(rule, Beyond) and rule.needed < rule.window]
    return max(partial, default=1)


def _unordered(chain: _Chain, chances: Floats) -> RunLength:
    """Without rules that compare neighbours a state is its memories alone."""
    targets = chain.rising

    def advance(survivors: Floats) -> Floats:
        known = np.append(survivors, 0.0)
        return np.asarray(known[targets] @ chances)

    return run_length(advance, states=(len(targets),), from_start=lambda survivors: float(advance(survivors)[0]))


def _with_last_value(chain: _Chain, chances: Floats) -> RunLength:
    """Survival as a function of where in its zone the last point lies, at the nodes of that zone."""
    count = len(chances)
    nodes = max(6, 24 // count)
    whole, up_to = _unit_integrals(nodes)
    own = np.arange(count) == chain.zones[:, None]
    elsewhere = np.where(own, _SIGNALLED, chain.rising)
    at_start = chain.zones == _SIGNALLED
    zone = np.where(at_start, 0, chain.zones)
    falls = np.where(at_start, _SIGNALLED, chain.falling[np.arange(len(zone)), zone])
    rises = np.where(at_start, _SIGNALLED, chain.rising[np.arange(len(zone)), zone])
    weight = chances[zone][:, None]

    def advance(survivors: Floats) -> Floats:
        known = np.concatenate((survivors, np.zeros((1, nodes))))
        means = known @ whole
        jumps = means[elsewhere] @ chances
        stays = known[falls] @ up_to.T + known[rises] @ (whole - up_to).T
        return np.asarray(jumps[:, None] + weight * stays)

    return run_length(advance, states=(len(zone), nodes), from_start=lambda survivors: float(advance(survivors)[0, 0]))


def _unit_integrals(count: int) -> tuple[Floats, Floats]:
    """Gauss nodes on (0, 1): weights of the whole integral, and of the integrals from 0 up to each node, exact for polynomials."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    powers = np.polynomial.legendre.legvander(nodes, count - 1)
    from_values = np.linalg.inv(powers)
    integrals = np.stack(
        [np.polynomial.legendre.legval(nodes, np.polynomial.legendre.legint(row, lbnd=-1)) for row in np.eye(count)]
    )
    return weights / 2, np.asarray(integrals.T @ from_values / 2)
