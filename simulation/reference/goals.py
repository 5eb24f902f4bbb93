"""How the goals of the active set must stand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from simulation.plant import GOALS
from simulation.reference.episodes import Rule, is_met, misses_target
from simulation.reference.values import Value

MARCH = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
_FOR_WINDOWS = 2


def goal_rule(goal: Mapping[str, Any], goal_id: str) -> Rule:
    """The rule that an active goal is judged by."""
    breach = goal.get("breach_rule", {})
    return Rule(
        name=f"goal:{goal_id}",
        indicator=goal["indicator"],
        judge=lambda: misses_target(goal),
        for_windows=breach.get("for_windows", _FOR_WINDOWS),
        of=breach.get("for_windows", _FOR_WINDOWS),
        clear_after=1,
        subject=goal.get("subject", {}),
        period=MARCH,
    )


def goal_named(name: str) -> Mapping[str, Any]:
    return next(goal for goal in GOALS["goals"] if isinstance(goal, dict) and goal["name"] == name)


def health(goal: Mapping[str, Any], values: Sequence[Value]) -> str:
    """Of the values of the goal's subject, all of them final."""
    inside = [value for value in values if MARCH[0] <= value.start < MARCH[1]]
    judged = [value for value in inside if value.is_judged]
    if not judged:
        return "no_data"
    rule = goal_rule(goal, "")
    run = 0
    for value in reversed(judged):
        if _is_met(goal, value.exact):
            break
        run += 1
    if run >= rule.for_windows:
        return "off_track"
    met = _is_met(goal, judged[-1].exact) and _is_met(goal, _total(inside))
    return "on_track" if met else "at_risk"


def _is_met(goal: Mapping[str, Any], exact: Fraction) -> bool:
    return is_met(exact, goal["comparator"], Fraction(str(goal["target"])))


def _total(values: Sequence[Value]) -> Fraction:
    numerator = sum(value.numerator or 0 for value in values)
    denominators = [value.denominator for value in values]
    if all(denominator is None for denominator in denominators):
        return Fraction(numerator)
    return Fraction(numerator, sum(denominator or 0 for denominator in denominators))
