"""Shapes of requests and answers."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.issues.domain.advance import allowed_triggers
from services.issues.domain.issue import Action, Cause, HistoryLine, Issue
from services.issues.domain.routing import Route, Routing
from services.issues.use_cases.report_issue import ReportedTrouble
from shared.runtime.actor import Actor

Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Severity = Literal["minor", "moderate", "major", "critical"]
Likelihood = Literal["unlikely", "occasional", "likely", "frequent"]
Subject = Annotated[
    dict[Word, Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]], Field(max_length=50)
]


class Strict(BaseModel):
    """A request: a field that is not known is named instead of being passed over."""

    model_config = ConfigDict(extra="forbid")


class ProblemStatement(Strict):
    """What is wrong."""

    what: Text
    where: Text | None = None
    when: Text | None = None
    who: Text | None = None
    why_matters: Text | None = None
    how_many: Text | None = None


class ReportRequest(Strict):
    """An issue reported by hand. Without an indicator, `object` and `defect_class` tell troubles apart."""

    title: Name
    source: Literal["complaint", "product_defect", "service_failure", "inspection", "report"] = "report"
    severity: Severity = "moderate"
    indicator: Word | None = None
    subject: Subject = Field(default_factory=dict)
    direction: Literal["below", "above"] = "below"
    object: Name | None = None
    defect_class: Name | None = None
    problem: ProblemStatement


class TriggerRequest(Strict):
    """What a trigger may need; each says itself which of these."""

    reason: Text | None = None
    reason_code: Word | None = None
    owner: Name | None = None
    target: Name | None = None
    severity: Severity | None = None
    likelihood: Likelihood | None = None
    problem: ProblemStatement | None = None
    skip_reason: Text | None = None
    extent: Text | None = None
    method: Text | None = None
    no_escape_cause: Text | None = None
    verdict: Literal["effective", "partially_effective", "ineffective"] | None = None
    evidence: Text | None = None
    standard: Text | None = None
    review_on: datetime | None = None
    text: Text | None = None
    result: Text | None = None
    due_at: datetime | None = None
    done_quantity: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)] | None = None
    root: bool | None = None


class ActionRequest(Strict):
    """A draft of a corrective action."""

    kind: Literal["containment", "correction", "corrective", "preventive"]
    content: Text
    owner: Name | None = None
    due_at: datetime | None = None
    expected_effect: Text | None = None
    target_quantity: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)] | None = None
    causes: Annotated[list[Name], Field(max_length=100)] = Field(default_factory=list)


class CauseRequest(Strict):
    """A hypothesis about the cause."""

    text: Text
    branch: Literal["people", "machine", "material", "method", "environment", "measurement", "process", "policy", "place"] | None = None  # fmt: skip
    point: Literal["occurrence", "escape"] = "occurrence"
    code: Word | None = None
    answers_why_of: Name | None = None
    root: bool = False


class RouteShape(Strict):
    """One row of the routing table."""

    owner: Name = Field(description="a person, or role:<role>")
    indicator: Word | None = None
    subject: Subject = Field(default_factory=dict)


class RoutingShape(Strict):
    """The routing table: the first row that matches names the owner."""

    routes: Annotated[list[RouteShape], Field(max_length=1000)]


class RoutingInForce(BaseModel):
    """The routing table with its version."""

    version: int
    routes: list[RouteShape]


class IssueShape(BaseModel):
    """An issue as it stands. `allowed` lists the triggers open to this actor; guards may still ask for more."""

    id: str
    number: str
    title: str
    state: str
    severity: str
    likelihood: str
    priority: str
    source: str
    indicator: str | None
    subject: dict[str, str]
    anomaly_id: str | None
    goal_id: str | None
    owner: str
    detected_at: datetime
    due_at: datetime
    milestone_due_at: datetime | None
    overdue: bool
    occurrences: int
    cycle: int
    version: int
    allowed: list[str]


class IssueWithHistory(IssueShape):
    """An issue with all that belongs to it."""

    facts: dict[str, Any]
    actions: list[dict[str, Any]]
    causes: list[dict[str, Any]]
    timeline: list[dict[str, Any]]


def from_issue(issue: Issue, actor: Actor, now: datetime) -> IssueShape:
    return IssueShape(**_fields(issue, actor, now))


def from_issue_with_history(issue: Issue, lines: list[HistoryLine], actor: Actor, *, now: datetime) -> IssueWithHistory:
    return IssueWithHistory(
        **_fields(issue, actor, now),
        facts=dict(issue.facts),
        actions=[_part(action) for action in issue.actions],
        causes=[_part(cause) for cause in issue.causes],
        timeline=[_line(line) for line in lines],
    )


def to_trouble(request: ReportRequest) -> ReportedTrouble:
    return ReportedTrouble(
        title=request.title,
        source=request.source,
        severity=request.severity,
        indicator=request.indicator,
        subject=request.subject,
        direction=request.direction,
        defect=f"{request.source}|{request.object or request.title}|{request.defect_class or ''}",
        problem=request.problem.model_dump(exclude_none=True),
    )


def to_facts(request: TriggerRequest) -> dict[str, Any]:
    """What was sent, as JSON values; a time without an offset is taken as UTC."""
    facts = request.model_dump(exclude_none=True)
    for name in ("due_at", "review_on"):
        if name in facts:
            facts[name] = _utc(facts[name]).isoformat()
    return facts


def to_routes(shape: RoutingShape) -> list[Route]:
    return [Route(row.owner, row.indicator, row.subject) for row in shape.routes]


def from_routing(routing: Routing) -> RoutingInForce:
    rows = [RouteShape(owner=row.owner, indicator=row.indicator, subject=dict(row.subject)) for row in routing.routes]
    return RoutingInForce(version=routing.version, routes=rows)


def to_action(request: ActionRequest, action_id: str) -> Action:
    return Action(
        id=action_id,
        kind=request.kind,
        content=request.content,
        state="draft",
        owner=request.owner,
        due_at=None if request.due_at is None else _utc(request.due_at),
        expected_effect=request.expected_effect,
        target_quantity=request.target_quantity,
        causes=request.causes,
    )


def to_cause(request: CauseRequest, cause_id: str, actor: Actor) -> Cause:
    return Cause(
        id=cause_id,
        text=request.text,
        state="hypothesis",
        written_by=actor.name,
        branch=request.branch,
        point=request.point,
        code=request.code,
        root=request.root,
        answers_why_of=request.answers_why_of,
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _fields(issue: Issue, actor: Actor, now: datetime) -> dict[str, Any]:
    names = [name for name in IssueShape.model_fields if name not in ("overdue", "allowed")]
    fields = {name: getattr(issue, name) for name in names}
    return {
        **fields,
        "state": issue.state.value,
        "subject": dict(issue.subject),
        "overdue": issue.is_overdue(now),
        "allowed": list(allowed_triggers(issue, actor)),
    }


def _part(part: Action | Cause) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__slots__}


def _line(line: HistoryLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in line.__slots__ if name != "issue_id"}
