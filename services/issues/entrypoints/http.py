"""The routes of issues."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from services.issues.domain.issue import OPEN, Issue, State
from services.issues.entrypoints.http_schemas import (
    ActionRequest,
    CauseRequest,
    IssueShape,
    IssueWithHistory,
    ReportRequest,
    RoutingInForce,
    RoutingShape,
    Severity,
    TriggerRequest,
    from_issue,
    from_routing,
    from_whole_issue,
    to_action,
    to_cause,
    to_facts,
    to_routes,
    to_trouble,
)
from services.issues.ports import IssueFilter
from services.issues.use_cases.advance_issue import AdvanceIssue, Request
from services.issues.use_cases.define_routing import DefineRouting
from services.issues.use_cases.query_issues import QueryIssues
from services.issues.use_cases.report_issue import ReportIssue
from shared.runtime.actor import Actor
from shared.runtime.clock import Clock
from shared.runtime.identifiers import IdSource
from shared.runtime.retrying import Retrying
from shared.web.actor import current_actor
from shared.web.errors import InvalidCursor
from shared.web.if_match import if_match
from shared.web.pagination import Page, PageRequest, page_of, page_request
from shared.web.subject_filter import subject_filter

CallerOf = Annotated[Actor, Depends(current_actor)]
PageOf = Annotated[PageRequest, Depends(page_request)]
Version = Annotated[int | None, Depends(if_match)]
SubjectOf = Annotated[dict[str, str], Depends(subject_filter)]
PlainText = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]
_NOTHING = TriggerRequest()


@dataclass(frozen=True, slots=True)
class Routes:
    """What the routes call."""

    advance: AdvanceIssue
    report: ReportIssue
    query: QueryIssues
    define_routing: DefineRouting
    retrying: Retrying
    clock: Clock
    ids: IdSource


def make_router(routes: Routes) -> APIRouter:
    """All routes of issues, below /v1."""
    router = APIRouter(prefix="/v1")
    _add_issues(router, routes)
    _add_routing(router, routes)
    _add_parts(router, routes)
    _add_triggers(router, routes)
    return router


def _add_issues(router: APIRouter, routes: Routes) -> None:
    @router.get("/issues")
    def list_issues(
        page: PageOf,
        actor: CallerOf,
        subject: SubjectOf,
        state: State | Literal["open"] | None = None,
        severity: Severity | None = None,
        indicator: PlainText = None,
        owner: PlainText = None,
        overdue: bool | None = None,
    ) -> Page[IssueShape]:
        """Issues in the order of their numbers, ended ones included unless a state, or `open` for all that are, is named."""
        now = routes.clock.now()
        wanted = IssueFilter(_states(state), severity, indicator, owner, subject, overdue, now)
        found = routes.query.page(wanted, after=_after(page), limit=page.limit + 1)
        shown = [from_issue(issue, actor, now) for issue in found]
        return page_of(shown, page, key=lambda shape: [int(shape.number.removeprefix("I-"))])

    @router.post("/issues", status_code=201, responses={200: {"model": IssueShape}})
    def report_issue(request: ReportRequest, actor: CallerOf, response: Response) -> IssueShape:
        """Report an issue; the same trouble again is an occurrence of the open one (200)."""
        trouble, now = to_trouble(request), routes.clock.now()
        issue, is_new = routes.retrying(lambda: routes.report(trouble, actor=actor, now=now))
        response.status_code = 201 if is_new else 200
        return _shown(issue, actor, response, routes)

    @router.get("/issues/{issue_id}")
    def get_issue(issue_id: str, actor: CallerOf, response: Response) -> IssueWithHistory:
        """An issue, by its id or number, with its occurrences, actions, causes, links and timeline."""
        whole = routes.query.one(_stored(issue_id))
        response.headers["ETag"] = f'"{whole.issue.version}"'
        return from_whole_issue(whole, actor, now=routes.clock.now())


def _add_routing(router: APIRouter, routes: Routes) -> None:
    @router.get("/routing")
    def get_routing() -> RoutingInForce:
        """Whose an issue becomes: the first row that matches."""
        return from_routing(routes.query.routing())

    @router.put("/routing")
    def put_routing(shape: RoutingShape, actor: CallerOf) -> RoutingInForce:
        """Replace the routing table; issues opened from now on find their owner by it."""
        return from_routing(routes.retrying(lambda: routes.define_routing(to_routes(shape), actor=actor)))


def _add_parts(router: APIRouter, routes: Routes) -> None:
    @router.post("/issues/{issue_id}/actions", status_code=201)
    def add_action(
        issue_id: str, request: ActionRequest, actor: CallerOf, version: Version, response: Response
    ) -> IssueShape:
        """Draft a corrective action."""
        action = to_action(request, routes.ids.next())
        asked = Request(_stored(issue_id), "add-action", {"action": action.id, "kind": action.kind}, actor, version)
        now = routes.clock.now()
        issue = routes.retrying(lambda: routes.advance.add_action(asked, action, now=now))
        return _shown(issue, actor, response, routes)

    @router.post("/issues/{issue_id}/causes", status_code=201)
    def add_cause(
        issue_id: str, request: CauseRequest, actor: CallerOf, version: Version, response: Response
    ) -> IssueShape:
        """State a possible cause."""
        cause = to_cause(request, routes.ids.next(), actor)
        asked = Request(_stored(issue_id), "add-cause", {"cause": cause.id}, actor, version)
        now = routes.clock.now()
        issue = routes.retrying(lambda: routes.advance.add_cause(asked, cause, now=now))
        return _shown(issue, actor, response, routes)


def _add_triggers(router: APIRouter, routes: Routes) -> None:
    @router.post("/issues/{issue_id}/actions/{action_id}/{trigger}")
    def advance_action(
        issue_id: str,
        action_id: str,
        trigger: str,
        actor: CallerOf,
        version: Version,
        response: Response,
        request: TriggerRequest = _NOTHING,
    ) -> IssueShape:
        """A trigger on one action: assign, start, note-progress, report-implemented, verify, …"""
        asked = Request(_stored(issue_id), trigger, to_facts(request), actor, version)
        now = routes.clock.now()
        issue = routes.retrying(lambda: routes.advance.advance_action(asked, action_id, now=now))
        return _shown(issue, actor, response, routes)

    @router.post("/issues/{issue_id}/causes/{cause_id}/{trigger}")
    def advance_cause(
        issue_id: str,
        cause_id: str,
        trigger: str,
        actor: CallerOf,
        version: Version,
        response: Response,
        request: TriggerRequest = _NOTHING,
    ) -> IssueShape:
        """A trigger on one cause: verify, refute."""
        asked = Request(_stored(issue_id), trigger, to_facts(request), actor, version)
        now = routes.clock.now()
        issue = routes.retrying(lambda: routes.advance.advance_cause(asked, cause_id, now=now))
        return _shown(issue, actor, response, routes)

    @router.post("/issues/{issue_id}/{trigger}")
    def advance_issue(
        issue_id: str,
        trigger: str,
        actor: CallerOf,
        version: Version,
        response: Response,
        request: TriggerRequest = _NOTHING,
    ) -> IssueShape:
        """A trigger of the workflow; refused with 409, the guard, what is missing, and what is allowed."""
        asked = Request(_stored(issue_id), trigger, to_facts(request), actor, version)
        now = routes.clock.now()
        issue = routes.retrying(lambda: routes.advance(asked, now=now))
        return _shown(issue, actor, response, routes)


def _shown(issue: Issue, actor: Actor, response: Response, routes: Routes) -> IssueShape:
    response.headers["ETag"] = f'"{issue.version}"'
    return from_issue(issue, actor, routes.clock.now())


def _states(state: str | None) -> list[str] | None:
    if state is None:
        return None
    return [one.value for one in OPEN] if state == "open" else [state]


def _after(page: PageRequest) -> int:
    """Raises InvalidCursor."""
    last = 0 if page.after is None else page.after[0]
    if not isinstance(last, int) or isinstance(last, bool) or not 0 <= last < 2**62:
        raise InvalidCursor("use the `next` of the page before, as it was given")
    return last


def _stored(issue_id: str) -> str:
    """An id that a database can be asked for."""
    return issue_id.replace("\x00", "\ufffd")[:200]
