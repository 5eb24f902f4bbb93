"""The routes of goals."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Response

from services.goals.domain.goal import GoalSet, State
from services.goals.entrypoints.http_schemas import (
    FollowedShape,
    GoalSetShape,
    TriggerRequest,
    from_followed,
    from_goal_set,
    to_facts,
)
from services.goals.use_cases.advance_goal_set import AdvanceGoalSet, Request
from services.goals.use_cases.query_goals import QueryGoals
from services.goals.use_cases.set_goals import SetGoals
from shared.runtime.actor import Actor
from shared.runtime.clock import Clock
from shared.runtime.retrying import Retrying
from shared.web.actor import current_actor
from shared.web.if_match import if_match
from shared.web.pagination import Page, PageRequest, page_of, page_request

CallerOf = Annotated[Actor, Depends(current_actor)]
PageOf = Annotated[PageRequest, Depends(page_request)]
Version = Annotated[int | None, Depends(if_match)]
AnyObject = Annotated[dict[str, Any], Body()]
_NOTHING = TriggerRequest()


@dataclass(frozen=True, slots=True)
class Routes:
    """What the routes call."""

    set_goals: SetGoals
    advance: AdvanceGoalSet
    query: QueryGoals
    retrying: Retrying
    clock: Clock


def make_router(routes: Routes) -> APIRouter:
    """All routes of goals, below /v1."""
    router = APIRouter(prefix="/v1")
    _add_sets(router, routes)
    _add_goals(router, routes)
    _add_triggers(router, routes)
    return router


def _add_sets(router: APIRouter, routes: Routes) -> None:
    @router.put("/goal-sets/{period}", responses={201: {"model": GoalSetShape}})
    def put_goal_set(period: str, goal_set: AnyObject, actor: CallerOf, response: Response) -> GoalSetShape:
        """Create the goal set of a period (`2013`, `2013-Q1`, `2013-05`), or replace it while it is being written."""
        now = routes.clock.now()
        found, is_new = routes.retrying(
            lambda: routes.set_goals.put_set(_stored(period), goal_set, actor=actor, now=now)
        )
        response.status_code = 201 if is_new else 200
        return _shown(found, actor, response)

    @router.get("/goal-sets/{period}")
    def get_goal_set(period: str, actor: CallerOf, response: Response) -> GoalSetShape:
        return _shown(routes.query.one(_stored(period)), actor, response)

    @router.get("/goal-sets")
    def list_goal_sets(page: PageOf, actor: CallerOf, state: State | None = None) -> Page[GoalSetShape]:
        """Goal sets in the order of their periods."""
        after = None if page.after is None else str(page.after[0])
        found = routes.query.page(after=after, limit=page.limit + 1, state=state)
        return page_of([from_goal_set(one, actor) for one in found], page, key=lambda shape: [shape.period])

    @router.get("/goal-sets/{period}/attainment")
    def get_attainment(period: str) -> FollowedShape:
        """Each goal against the KPI values that are there now: computed, never typed."""
        return from_followed(routes.query.attainment(_stored(period)))


def _add_goals(router: APIRouter, routes: Routes) -> None:
    @router.post("/goal-sets/{period}/goals", status_code=201)
    def add_goal(period: str, goal: AnyObject, actor: CallerOf, response: Response) -> GoalSetShape:
        """Add a goal; it names itself in `name`."""
        now = routes.clock.now()
        found = routes.retrying(lambda: routes.set_goals.put_goal(_stored(period), None, goal, actor=actor, now=now))
        return _shown(found, actor, response)

    @router.put("/goal-sets/{period}/goals/{name}")
    def put_goal(period: str, name: str, goal: AnyObject, actor: CallerOf, response: Response) -> GoalSetShape:
        """Add or replace the goal of this name."""
        now = routes.clock.now()
        found = routes.retrying(lambda: routes.set_goals.put_goal(_stored(period), name, goal, actor=actor, now=now))
        return _shown(found, actor, response)


def _add_triggers(router: APIRouter, routes: Routes) -> None:
    @router.post("/goal-sets/{period}/{trigger}")
    def advance_goal_set(
        period: str,
        trigger: str,
        actor: CallerOf,
        version: Version,
        response: Response,
        request: TriggerRequest = _NOTHING,
    ) -> GoalSetShape:
        """A trigger of the workflow; refused with 409, the guard, what is missing, and what is allowed."""
        asked = Request(_stored(period), trigger, to_facts(request), actor, version)
        now = routes.clock.now()
        return _shown(routes.retrying(lambda: routes.advance(asked, now=now)), actor, response)


def _shown(goal_set: GoalSet, actor: Actor, response: Response) -> GoalSetShape:
    response.headers["ETag"] = f'"{goal_set.version}"'
    return from_goal_set(goal_set, actor)


def _stored(period: str) -> str:
    """A name that a database can be asked for."""
    return period.replace("\x00", "\ufffd")[:50]
