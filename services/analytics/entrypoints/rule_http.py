"""Rules over HTTP: defined, tried on history, and how they have proved themselves."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Response

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
from services.analytics.entrypoints.statistics_schemas import (
    ShownRuleShape,
    StatisticsShape,
    from_proved,
    from_shown_rule,
)
from services.analytics.entrypoints.trial_schemas import TrialBody, TrialShape, from_trial
from services.analytics.entrypoints.version_schemas import VersionShape, from_version
from services.analytics.use_cases.define_rule import DefineRule
from services.analytics.use_cases.query_rules import QueryRules
from services.analytics.use_cases.try_rule import TryRule, TryThis
from shared.runtime.clock import Clock
from shared.web.pagination import Page, page_of

AnyRule = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$")]


@dataclass(frozen=True, slots=True)
class RuleUseCases:
    """What the routes call."""

    define: DefineRule
    query: QueryRules
    try_out: TryRule


def add_rules(router: APIRouter, use_cases: RuleUseCases, clock: Clock) -> None:
    @router.put("/rules/{name}", responses=created(RuleShape))
    def put_rule(name: Name, body: RuleBody, response: Response, actor: Caller) -> RuleShape:
        defined = use_cases.define(command(name, body, actor, clock))
        return from_rule(answered(defined, response))

    @router.get("/rules/{name}")
    def get_rule(name: Name) -> ShownRuleShape:
        return from_shown_rule(use_cases.query.one(name))

    @router.get("/rules")
    def list_rules(page: Paging) -> Page[ShownRuleShape]:
        found = use_cases.query.page(after=after_name(page), limit=page.limit + 1)
        return page_of([from_shown_rule(one) for one in found], page, key=lambda shown: [shown.name])

    @router.get("/rules/{name}/versions")
    def list_rule_versions(name: Name) -> Page[VersionShape]:
        """Every version, the oldest first: when it was put in force, by whom, and what it changed."""
        return Page(items=[from_version(one) for one in use_cases.query.versions(name)], next=None)

    @router.get("/rules/{name}/statistics")
    def get_statistics(name: AnyRule) -> StatisticsShape:
        """How a rule has proved itself; that of a goal is named `goal:<goal id>`."""
        return from_proved(use_cases.query.statistics(name))

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
