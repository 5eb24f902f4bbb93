"""A goal, and the goal set it is a node of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Literal

Comparator = Literal[">=", ">", "<=", "<"]
COMPARATORS: tuple[Comparator, ...] = (">=", ">", "<=", "<")

DEFAULT_FOR_WINDOWS = 2


class State(StrEnum):
    """Where a goal set stands; section 5 of the workflow."""

    DRAFT = "draft"
    DECOMPOSING = "decomposing"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EVALUATED = "evaluated"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class BreachRule:
    """When the goal counts as breached: `for_windows` judged windows in a row that miss `comparator target`."""

    comparator: Comparator
    target: Decimal
    for_windows: int = DEFAULT_FOR_WINDOWS
    severity: str = "major"


@dataclass(frozen=True, slots=True)
class Goal:
    """A target bound to an indicator and a subject.

    Attributes:
        comparator: what is good; a value that equals the target meets `>=` and `<=`.
        target: as the decimal that was written, so that comparison is exact.
        parent: name of the goal that this one is part of; None at the top.
        tolerance: by how much a period's value may miss and still be `partially_achieved`.
    """

    id: str
    name: str
    indicator: str
    comparator: Comparator
    target: Decimal
    owner: str
    subject: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    unit: str = "1"
    weight: float = 1.0
    tolerance: Decimal = Decimal(0)
    strategy_ref: str | None = None
    explanation: str | None = None
    breach_rule: BreachRule | None = None

    @property
    def breach(self) -> BreachRule:
        """The goal's own rule, else: below target two windows running."""
        return self.breach_rule or BreachRule(self.comparator, self.target)

    def is_met(self, value: Fraction) -> bool:
        """Compared exactly, without binary fractions."""
        return compare(value, self.comparator, Fraction(self.target))


@dataclass(frozen=True, slots=True)
class GoalSet:
    """The targets of one period, as a tree. `starts` and `ends` are the period, half-open, UTC."""

    period: str
    title: Mapping[str, str]
    calendar: str
    starts: datetime
    ends: datetime
    state: State
    version: int = 1
    goals: Sequence[Goal] = ()
    authors: Sequence[str] = ()
    effective_from: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def goal(self, name: str) -> Goal | None:
        return next((goal for goal in self.goals if goal.name == name), None)


def compare(value: Fraction, comparator: Comparator, target: Fraction) -> bool:
    """Whether `value comparator target` holds."""
    if comparator == ">=":
        return value >= target
    if comparator == ">":
        return value > target
    return value <= target if comparator == "<=" else value < target
