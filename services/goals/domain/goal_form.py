"""Reading a goal set as it was sent."""

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from services.goals.domain.errors import InvalidGoal
from services.goals.domain.goal import COMPARATORS, DEFAULT_FOR_WINDOWS, BreachRule, Comparator, Goal
from shared.runtime.errors import FieldProblem
from shared.runtime.form import Form, a_name, a_text, a_whole_number, dimension_values, one_of

_KEYS = (
    "name", "indicator", "comparator", "target", "owner", "subject", "parent", "unit", "weight", "tolerance",
    "strategy_ref", "explanation", "breach_rule",
)  # fmt: skip
_BREACH_KEYS = ("comparator", "target", "for_windows", "severity")
_SEVERITIES = ("minor", "moderate", "major", "critical")
_a_comparator = one_of(COMPARATORS, "a comparator")


def read_goal(name: str, body: Mapping[str, Any], *, goal_id: str, pointer: str = "") -> Goal:
    """Raises InvalidGoal with every problem found."""
    form = Form(body, pointer=pointer)
    form.only("a goal", _KEYS)
    try:
        a_name(name)
    except ValueError as error:
        form.report("name", str(error))
    comparator = _comparator(form)
    goal = Goal(
        id=goal_id,
        name=name,
        indicator=form.require("indicator", a_name, "", remedy="name the indicator it is measured by"),
        comparator=comparator,
        target=form.require("target", a_decimal, Decimal(0), remedy="write the value to be reached"),
        owner=form.read("owner", a_text, ""),
        subject=form.read("subject", dimension_values, {}),
        parent=form.read("parent", a_name, None),
        unit=form.read("unit", a_text, "1"),
        weight=float(form.read("weight", a_decimal, Decimal(1))),
        tolerance=form.read("tolerance", a_decimal, Decimal(0)),
        strategy_ref=form.read("strategy_ref", a_text, None),
        explanation=form.read("explanation", a_text, None),
    )
    rule = _breach_rule(form, goal)
    if form.problems:
        raise invalid(form.problems)
    return replace(goal, breach_rule=rule)


def _comparator(form: Form) -> Comparator:
    found = form.require("comparator", _a_comparator, ">=", remedy=f"write what is good: {', '.join(COMPARATORS)}")
    return next(known for known in COMPARATORS if known == found)


def _breach_rule(form: Form, goal: Goal) -> BreachRule | None:
    if not form.has("breach_rule"):
        return None
    part = form.part("breach_rule", 'write for example {"for_windows": 2, "severity": "major"}')
    part.only("a breach rule", _BREACH_KEYS)
    comparator = part.read("comparator", _a_comparator, str(goal.comparator))
    return BreachRule(
        comparator=next(known for known in COMPARATORS if known == comparator),
        target=part.read("target", a_decimal, goal.target),
        for_windows=part.read("for_windows", a_whole_number(1, 1000), DEFAULT_FOR_WINDOWS),
        severity=part.read("severity", one_of(_SEVERITIES, "a severity"), "major"),
    )


def a_decimal(value: Any) -> Decimal:
    """The number as it was written: 0.98 is 98/100, not the nearest binary fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e15:
        raise ValueError(f"{value!r} is not a number")
    return Decimal(str(value))


def invalid(problems: list[FieldProblem]) -> InvalidGoal:
    """One error for all problems found; its sentence names the first few."""
    detail = "; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems[:3])
    return InvalidGoal(detail, errors=problems)
