"""Shapes of requests and answers."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.issues.domain.advance import allowed_triggers
from services.issues.domain.issue import Action, Cause, HistoryLine, Issue, Occurrence
from services.issues.domain.routing import Route, Routing
from services.issues.use_cases.query_issues import WholeIssue
from services.issues.use_cases.report_issue import ReportedTrouble
from shared.runtime.actor import Actor

_YEARS = range(1970, 3000)


def _utc(moment: datetime) -> datetime:
    """A time without an offset is taken as UTC."""
    if moment.year not in _YEARS:
        raise ValueError("a moment between 1970 and 3000 is meant")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _owner(text: str) -> str:
    """`person:Li Wei` is Li Wei; `role:quality_manager` stays."""
    owner = text.removeprefix("person:").strip()
    if not owner or not owner.isprintable():
        raise ValueError("a person's name, or role:<role>")
    return owner


Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Owner = Annotated[Name, AfterValidator(_owner)]
Moment = Annotated[datetime, AfterValidator(_utc)]
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


class ReportedProblem(ProblemStatement):
    """What is wrong, as it is reported: where and when belong to it."""

    where: Text
    when: Text


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
    problem: ReportedProblem


class TriggerRequest(Strict):
    """What a trigger may need; each says itself which of these."""

    reason: Text | None = None
    reason_code: Word | None = None
    owner: Owner | None = None
    target: Name | None = None
    severity: Severity | None = None
    likelihood: Likelihood | None = None
    problem: ProblemStatement | None = None
    skip_reason: Text | None = None
    extent: Text | None = None
    method: Text | None = None
    no_escape_cause: Text | None = None
    verdict: Literal["effective", "partially_effective", "ineffective", "inconclusive"] | None = None
    evidence: Text | None = None
    standard: Text | None = None
    review_on: Moment | None = None
    text: Text | None = None
    result: Text | None = None
    due_at: Moment | None = None
    done_quantity: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)] | None = None
    root: bool | None = None


class ActionRequest(Strict):
    """A draft of a corrective action."""

    kind: Literal["containment", "correction", "corrective", "preventive"]
    content: Text
    owner: Owner | None = None
    due_at: Moment | None = None
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

    owner: Owner = Field(description="a person, or role:<role>")
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
    evidence_withdrawn: bool
    cycle: int
    version: int
    allowed: list[str]


class IssueWithHistory(IssueShape):
    """An issue with all that belongs to it."""

    ended_at: datetime | None
    policy_version: int
    facts: dict[str, Any] = Field(description="what triggers have left behind: problem, plan, verdict, …")
    seen: list[dict[str, Any]] = Field(description="each occurrence, with the values that it rests on")
    actions: list[dict[str, Any]]
    causes: list[dict[str, Any]]
    links: list[dict[str, Any]]
    timeline: list[dict[str, Any]] = Field(description="every change, oldest first")


def from_issue(issue: Issue, actor: Actor, now: datetime) -> IssueShape:
    return IssueShape(**_fields(issue, actor, now))


def from_whole_issue(whole: WholeIssue, actor: Actor, *, now: datetime) -> IssueWithHistory:
    issue, goals = whole.issue, {goal.id: goal.name for goal in whole.goals}
    links = [{"kind": link.kind, "id": link.id, "name": goals.get(link.id)} for link in issue.links]
    return IssueWithHistory(
        **_fields(issue, actor, now),
        ended_at=issue.ended_at,
        policy_version=issue.policy_version,
        facts=dict(issue.facts),
        seen=[_part(occurrence) for occurrence in issue.evidence],
        actions=[_part(action) for action in issue.actions],
        causes=[_part(cause) for cause in issue.causes],
        links=links,
        timeline=[_line(line) for line in whole.history],
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
    """What was sent, as JSON values."""
    facts = request.model_dump(exclude_none=True)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}


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
        due_at=request.due_at,
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


def _part(part: Action | Cause | Occurrence) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__slots__}


def _line(line: HistoryLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in line.__slots__ if name != "issue_id"}
