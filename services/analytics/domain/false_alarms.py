"""How often a rule raises an anomaly though nothing is wrong: the average run length in windows, exactly, by a Markov chain.

Known where the rule itself says what chance does. A target with a confidence finds a window of a process that lies exactly at
its target with a chance of at most 1 - confidence. The memory of the runs is the state (Brook & Evans 1972, "An approach to the
probability distribution of cusum run length", Biometrika 59). Rules on charts are stated for independent normal values whose centre
and sigma are known; limits from few windows alarm more often (decision 15). A seasonal rule finds what is as rare as it says.
"""

from collections import deque
from dataclasses import replace
from functools import lru_cache

from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.control_chart import ControlChartRule
from services.analytics.domain.rules.cusum import CusumRule
from services.analytics.domain.rules.ewma import EwmaRule
from services.analytics.domain.rules.seasonal import SeasonalRule
from services.analytics.domain.rules.target import Target
from services.analytics.domain.spc.cusum import Cusum
from services.analytics.domain.spc.cusum_run_lengths import normal_cusum_arl
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.ewma_run_lengths import ewma_arl
from services.analytics.domain.spc.judging import RuleSet
from services.analytics.domain.spc.rule_run_lengths import rule_run_length
from services.analytics.domain.spc.run_rules import Beyond

_MOST_STATES = 200
LONGEST = 1e9
"""Stands for anything longer, which the equations no longer tell apart."""


def expected_run_length(rule: Rule) -> float | None:
    """Windows until the first false alarm, at least, on average; None where the rule says nothing about chance, or remembers too much.

    Blocks for milliseconds; for some seconds where run rules compare neighbours (N3, N4), the first time that it is asked.
    """
    condition = rule.condition
    if isinstance(condition, ControlChartRule | EwmaRule | CusumRule):
        return _of_chart(condition)
    if isinstance(condition, SeasonalRule):
        return condition.once_in * (2 if condition.reports == "worse" else 1)
    if not isinstance(condition, Target) or condition.confidence is None:
        return None
    states = _states(rule.for_windows, rule.window_of)
    return None if states is None else _mean_windows(states, 1 - condition.confidence)


@lru_cache(maxsize=256)
def _of_chart(condition: ControlChartRule | EwmaRule | CusumRule) -> float | None:
    """Of one window at a time: runs and effects that are asked for on top can only make false alarms rarer."""
    is_one_sided = condition.baselining.reports == "worse"
    try:
        if isinstance(condition, EwmaRule):
            mean = ewma_arl(replace(condition.design, side="above") if is_one_sided else condition.design)
        elif isinstance(condition, CusumRule):
            mean = normal_cusum_arl(Cusum(condition.design.above, None) if is_one_sided else condition.design)
        else:
            mean = rule_run_length(_one_sided(condition.rules) if is_one_sided else condition.rules).mean
    except InvalidStatisticsInput:
        return None
    return mean if 0 < mean < LONGEST else LONGEST


def _one_sided(rules: RuleSet) -> RuleSet:
    """Either side is as likely as the other; patterns without one, and trends, keep firing on both."""
    return replace(
        rules,
        rules=tuple(replace(rule, side="above") if isinstance(rule, Beyond) else rule for rule in rules.rules),
    )


_Ages = tuple[int, ...]
"""How many windows ago each finding was that can still belong to a run, newest first."""


def _next(ages: _Ages, *, is_found: bool, needed: int, of: int) -> _Ages:
    """Without findings too old to be part of a run, whatever comes."""
    older = tuple(age + 1 for age in ages)
    known = (0, *older) if is_found else older
    return tuple(age for place, age in enumerate(known) if needed - place - 1 <= of - 1 - age)


def _states(needed: int, of: int) -> list[tuple[int, int | None]] | None:
    """Per state, which one follows a window in order and which one a finding; None is the alarm."""
    index: dict[_Ages, int] = {(): 0}
    queue, moves = deque[_Ages]([()]), []
    while queue:
        ages = queue.popleft()
        reached = [_next(ages, is_found=is_found, needed=needed, of=of) for is_found in (False, True)]
        for after in reached:
            if len(after) < needed and after not in index:
                index[after] = len(index)
                queue.append(after)
        if len(index) > _MOST_STATES:
            return None
        moves.append((index[reached[0]], index.get(reached[1])))
    return moves


def _mean_windows(states: list[tuple[int, int | None]], chance: float) -> float:
    """Solves mean = 1 + Σ chance of a move times mean there, over the states before the alarm."""
    import numpy as np  # noqa: PLC0415 - only who asks for a rule needs it

    matrix = np.eye(len(states))
    for row, (in_order, found) in enumerate(states):
        matrix[row, in_order] -= 1 - chance
        if found is not None:
            matrix[row, found] -= chance
    try:
        mean = float(np.linalg.solve(matrix, np.ones(len(states)))[0])
    except np.linalg.LinAlgError:
        return LONGEST
    return mean if 0 < mean < LONGEST else LONGEST


def why_unknown(rule: Rule) -> str:
    """What to tell where `expected_run_length` is None."""
    if isinstance(rule.condition, Target) and rule.condition.confidence is not None:
        return "its runs have more courses than can be reckoned with; let `of` be closer to `for_windows`"
    return "the rule says nothing about chance; a target does with `significantly`"
