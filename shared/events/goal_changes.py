"""Published by goals on `goal-changes`."""

from typing import Literal

from shared.events.anomalies import Severity
from shared.events.envelope import Contract, Moment
from shared.events.kpi_values import WindowSpan

Comparator = Literal[">=", ">", "<=", "<"]
Health = Literal["no_data", "off_track", "at_risk", "on_track"]


class BreachRule(Contract, frozen=True):
    """When a goal counts as breached: `for_windows` judged windows in a row that miss `comparator target`."""

    comparator: Comparator
    target: float
    for_windows: int
    severity: Severity


class GoalTarget(Contract, frozen=True):
    """One goal of a set."""

    goal_id: str
    name: str
    parent: str | None
    indicator: str
    subject: dict[str, str]
    comparator: Comparator
    target: float
    owner: str
    breach_rule: BreachRule


class GoalSetChanged(Contract, frozen=True):
    """A goal set after one change of its state; the type is `andon.goals.<change>.v1`, such as `andon.goals.activated.v1`.

    In state `active` its goals are to be judged over windows that begin inside `period`; in any other they are not.
    """

    goal_set: str
    state: str
    version: int
    period: WindowSpan
    goals: list[GoalTarget]
    actor: str
    reason: str | None


class GoalHealthChanged(Contract, frozen=True):
    """`andon.goal.health_changed.v1`, and `andon.goal.breached.v1` when it has become off track."""

    goal_set: str
    goal_id: str
    health: Health
    before: Health | None
    reason: str
    issue_ids: list[str]
    at: Moment


def goal_set_change_type(change: str) -> str:
    """`activated` → `andon.goals.activated.v1`."""
    return f"andon.goals.{change}.v1"


GOAL_HEALTH_CHANGED = "andon.goal.health_changed.v1"
GOAL_BREACHED = "andon.goal.breached.v1"
