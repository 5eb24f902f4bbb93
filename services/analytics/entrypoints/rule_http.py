"""Rules over HTTP: defined, and tried on history."""

from dataclasses import dataclass

from fastapi import APIRouter, Response

from services.analytics.domain.trial import Within
from services.analytics.entrypoints.defining_http import answered, command, created
from services.analytics.entrypoints.http_arguments import (
    Caller,
    Name,
    Paging,
    Since,
    Subject,
    Until,
    after_name,
    after_series,
    utc,
)
from services.analytics.entrypoints.http_schemas import RuleBody, RuleShape, from_rule
from services.analytics.entrypoints.trial_schemas import TrialBody, TrialShape, from_trial
from services.analytics.use_cases.define_rule import DefineRule
from services.analytics.use_cases.query_definitions import QueryDefinitions
from services.analytics.use_cases.try_rule import TryRule, TryThis
from shared.runtime.clock import Clock
from shared.web.pagination import Page, page_of


@dataclass(frozen=True, slots=True)
class RuleUseCases:
    """What the routes call."""

    define: DefineRule
    definitions: QueryDefinitions
    try_out: TryRule


def add_rules(router: APIRouter, use_cases: RuleUseCases, clock: Clock) -> None:
    @router.put("/rules/{name}", responses=created(RuleShape))
    def put_rule(name: Name, body: RuleBody, response: Response, actor: Caller) -> RuleShape:
        defined = use_cases.define(command(name, body, actor, clock))
        return from_rule(answered(defined, response))

    @router.get("/rules/{name}")
    def get_rule(name: Name) -> RuleShape:
        return from_rule(use_cases.definitions.one("rule", name))

    @router.get("/rules")
    def list_rules(page: Paging) -> Page[RuleShape]:
        found = use_cases.definitions.page("rule", after=after_name(page), limit=page.limit + 1)
        return page_of([from_rule(one) for one in found], page, key=lambda shown: [shown.name])

    @router.post("/rules/{name}/dry-run")
    def dry_run(
        name: Name,
        page: Paging,
        subject: Subject,
        body: TrialBody | None = None,
        since: Since = None,
        until: Until = None,
    ) -> TrialShape:
        """What a rule would have raised on the values there are: the one in the body, or without a body the one in force. Stores nothing."""
        within = Within(utc(since, "from"), utc(until, "to"))
        question = TryThis(name, {} if body is None else body.definition(), subject, within)
        return from_trial(use_cases.try_out(question, after=after_series(page), limit=page.limit, now=clock.now()))
