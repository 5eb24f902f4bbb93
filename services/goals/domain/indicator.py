"""What goals know of an indicator, and whether a goal fits it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.goals.domain.goal import Goal


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator as analytics has published it."""

    name: str
    title: Mapping[str, str]
    formula: str
    by: Sequence[str]
    calendar: str
    direction: Literal["higher_is_better", "lower_is_better"]
    unit: str = "1"


def mismatch(goal: Goal, indicator: Indicator) -> str | None:
    """Which field of the goal does not fit its indicator, and the remedy; None when it fits."""
    wanted = ">=" if indicator.direction == "higher_is_better" else "<="
    if goal.comparator[0] != wanted[0]:
        return f"comparator: {indicator.name} is {indicator.direction}, so write {wanted}, not {goal.comparator}"
    if set(goal.subject) != set(indicator.by):
        dimensions = ", ".join(indicator.by) or "no dimension"
        return f"subject: {indicator.name} is broken down by {dimensions}; name a value for exactly these"
    return None
