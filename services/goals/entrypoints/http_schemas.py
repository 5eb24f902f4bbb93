"""Shapes of requests and answers."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.goals.domain.attainment import Attainment
from services.goals.domain.goal import Goal, GoalSet
from services.goals.domain.workflow import allowed_triggers
from services.goals.use_cases.query_goals import Followed
from shared.runtime.actor import Actor

Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]


class TriggerRequest(BaseModel):
    """What a trigger may need; each says itself which of these."""

    model_config = ConfigDict(extra="forbid")

    reason: Text | None = None
    effective_from: datetime | None = None


class BreachRuleShape(BaseModel):
    """When the goal counts as breached."""

    comparator: str
    target: float
    for_windows: int
    severity: str


class GoalShape(BaseModel):
    """One goal of a set."""

    id: str
    name: str
    parent: str | None
    indicator: str
    subject: dict[str, str]
    comparator: str
    target: float
    unit: str
    owner: str
    weight: float
    tolerance: float
    strategy_ref: str | None
    explanation: str | None
    breach_rule: BreachRuleShape


class PeriodShape(BaseModel):
    """Half-open, UTC."""

    start: datetime
    end: datetime


class GoalSetShape(BaseModel):
    """A goal set as it stands. `allowed` lists the triggers open to this actor; guards may still ask for more."""

    period: str
    title: dict[str, str]
    calendar: str
    window: PeriodShape
    state: str
    effective_from: datetime | None
    version: int
    allowed: list[str]
    goals: list[GoalShape]


class WindowsShape(BaseModel):
    """Final windows of the period, by what became of them."""

    final: int
    met: int
    missed: int
    insufficient: int


class LinkShape(BaseModel):
    """An issue that the goal's miss has led to."""

    id: str
    number: str
    state: str


class AttainmentShape(BaseModel):
    """A goal against its values. `actual` is the value of the whole period from summed parts; null while there is none."""

    goal: str
    goal_id: str
    parent: str | None
    owner: str
    indicator: str
    subject: dict[str, str]
    comparator: str
    target: float
    actual: float | None
    numerator: float | None
    denominator: float | None
    sample_size: int
    is_met: bool | None
    windows: WindowsShape
    health: str
    result: str
    reason: str
    issues: list[LinkShape]


class FollowedShape(BaseModel):
    """The attainment of every goal of a set."""

    period: str
    state: str
    items: list[AttainmentShape]
    next: str | None = None


def from_goal_set(goal_set: GoalSet, actor: Actor) -> GoalSetShape:
    return GoalSetShape(
        period=goal_set.period,
        title=dict(goal_set.title),
        calendar=goal_set.calendar,
        window=PeriodShape(start=goal_set.starts, end=goal_set.ends),
        state=goal_set.state.value,
        effective_from=goal_set.effective_from,
        version=goal_set.version,
        allowed=list(allowed_triggers(goal_set, actor)),
        goals=[_goal(goal) for goal in goal_set.goals],
    )


def from_followed(followed: Followed) -> FollowedShape:
    items = [_attainment(found, followed) for found in followed.attainments]
    return FollowedShape(period=followed.goal_set.period, state=followed.goal_set.state.value, items=items)


def to_facts(request: TriggerRequest) -> dict[str, Any]:
    """What was sent, as JSON values; a time without an offset is taken as UTC."""
    facts = request.model_dump(exclude_none=True)
    begins = request.effective_from
    if begins is not None:
        facts["effective_from"] = (begins if begins.tzinfo else begins.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    return facts


def _goal(goal: Goal) -> GoalShape:
    rule = goal.breach
    return GoalShape(
        id=goal.id,
        name=goal.name,
        parent=goal.parent,
        indicator=goal.indicator,
        subject=dict(goal.subject),
        comparator=goal.comparator,
        target=float(goal.target),
        unit=goal.unit,
        owner=goal.owner,
        weight=goal.weight,
        tolerance=float(goal.tolerance),
        strategy_ref=goal.strategy_ref,
        explanation=goal.explanation,
        breach_rule=BreachRuleShape(
            comparator=rule.comparator,
            target=float(rule.target),
            for_windows=rule.for_windows,
            severity=rule.severity,
        ),
    )


def _attainment(found: Attainment, followed: Followed) -> AttainmentShape:
    goal, windows = found.goal, found.windows
    return AttainmentShape(
        goal=goal.name,
        goal_id=goal.id,
        parent=goal.parent,
        owner=goal.owner,
        indicator=goal.indicator,
        subject=dict(goal.subject),
        comparator=goal.comparator,
        target=float(goal.target),
        actual=found.actual,
        numerator=found.numerator,
        denominator=found.denominator,
        sample_size=found.sample_size,
        is_met=found.is_met,
        windows=WindowsShape(
            final=windows.final, met=windows.met, missed=windows.missed, insufficient=windows.insufficient
        ),
        health=found.health.value,
        result=found.result.value,
        reason=found.reason,
        issues=[LinkShape(id=link.issue_id, number=link.number, state=link.state) for link in followed.links[goal.id]],
    )
