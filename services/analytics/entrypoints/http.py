"""The HTTP interface of analytics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from services.analytics.domain.catalogue import Definition
from services.analytics.domain.kpi_value import Status
from services.analytics.domain.window_readings import Reading, ReadingKey
from services.analytics.entrypoints.calendar_schemas import CalendarBody, CalendarShape, from_calendar
from services.analytics.entrypoints.chart_http import ChartUseCases, add_charts
from services.analytics.entrypoints.http_arguments import Caller, Name, Since, Subject, Until, aware, in_utc, utc
from services.analytics.entrypoints.http_schemas import (
    AnomalyShape,
    Body,
    IndicatorBody,
    IndicatorShape,
    ReadingShape,
    RuleBody,
    RuleShape,
    ValueShape,
    from_anomaly,
    from_indicator,
    from_reading,
    from_rule,
    from_value,
)
from services.analytics.ports.reading import AnomalyFilter
from services.analytics.use_cases.define_calendar import DefineCalendar
from services.analytics.use_cases.define_indicator import DefineIndicator
from services.analytics.use_cases.define_rule import DefineRule
from services.analytics.use_cases.defining import Define
from services.analytics.use_cases.query_anomalies import QueryAnomalies
from services.analytics.use_cases.query_definitions import QueryDefinitions
from services.analytics.use_cases.query_readings import AskForReadings, QueryReadings
from services.analytics.use_cases.query_values import AskForValues, QueryValues, ShownValue
from shared.runtime.actor import Actor
from shared.runtime.clock import Clock
from shared.runtime.defined import Defined, Outcome
from shared.web.errors import InvalidCursor
from shared.web.pagination import Page, PageRequest, page_of, page_request

_TEXT = r"^[^\x00]{1,200}$"

Paging = Annotated[PageRequest, Depends(page_request)]


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the routes call."""

    define_calendar: DefineCalendar
    define_indicator: DefineIndicator
    define_rule: DefineRule
    definitions: QueryDefinitions
    values: QueryValues
    readings: QueryReadings
    anomalies: QueryAnomalies
    charts: ChartUseCases


def make_router(use_cases: UseCases, clock: Clock) -> APIRouter:
    """All routes of analytics under `/v1`."""
    router = APIRouter(prefix="/v1")
    _add_calendars(router, use_cases, clock)
    _add_indicators(router, use_cases, clock)
    _add_rules(router, use_cases, clock)
    _add_values(router, use_cases)
    add_charts(router, use_cases.charts, clock)
    _add_anomalies(router, use_cases)
    return router


def _add_calendars(router: APIRouter, use_cases: UseCases, clock: Clock) -> None:
    @router.put("/calendars/{name}", responses=_created(CalendarShape))
    def put_calendar(name: Name, body: CalendarBody, response: Response, actor: Caller) -> CalendarShape:
        defined = use_cases.define_calendar(_command(name, body, actor, clock))
        return from_calendar(_answered(defined, response))

    @router.get("/calendars/{name}")
    def get_calendar(name: Name) -> CalendarShape:
        return from_calendar(use_cases.definitions.one("calendar", name))

    @router.get("/calendars")
    def list_calendars(page: Paging) -> Page[CalendarShape]:
        found = use_cases.definitions.page("calendar", after=_after_name(page), limit=page.limit + 1)
        return page_of([from_calendar(one) for one in found], page, key=lambda shown: [shown.name])


def _add_indicators(router: APIRouter, use_cases: UseCases, clock: Clock) -> None:
    @router.put("/indicators/{name}", responses=_created(IndicatorShape))
    def put_indicator(name: Name, body: IndicatorBody, response: Response, actor: Caller) -> IndicatorShape:
        defined = use_cases.define_indicator(_command(name, body, actor, clock))
        return _with_problems(use_cases, [_answered(defined, response)])[0]

    @router.get("/indicators/{name}")
    def get_indicator(name: Name) -> IndicatorShape:
        return _with_problems(use_cases, [use_cases.definitions.one("indicator", name)])[0]

    @router.get("/indicators")
    def list_indicators(page: Paging) -> Page[IndicatorShape]:
        found = use_cases.definitions.page("indicator", after=_after_name(page), limit=page.limit + 1)
        return page_of(_with_problems(use_cases, found), page, key=lambda shown: [shown.name])


def _add_rules(router: APIRouter, use_cases: UseCases, clock: Clock) -> None:
    @router.put("/rules/{name}", responses=_created(RuleShape))
    def put_rule(name: Name, body: RuleBody, response: Response, actor: Caller) -> RuleShape:
        defined = use_cases.define_rule(_command(name, body, actor, clock))
        return from_rule(_answered(defined, response))

    @router.get("/rules/{name}")
    def get_rule(name: Name) -> RuleShape:
        return from_rule(use_cases.definitions.one("rule", name))

    @router.get("/rules")
    def list_rules(page: Paging) -> Page[RuleShape]:
        found = use_cases.definitions.page("rule", after=_after_name(page), limit=page.limit + 1)
        return page_of([from_rule(one) for one in found], page, key=lambda shown: [shown.name])


def _add_values(router: APIRouter, use_cases: UseCases) -> None:
    @router.get("/indicators/{name}/values")
    def list_values(
        name: Name,
        page: Paging,
        subject: Subject,
        since: Since = None,
        until: Until = None,
        status: Annotated[Status | None, Query()] = None,
        version: Annotated[
            int | None, Query(ge=1, le=2**31 - 1, description="indicator_version; default the one in force")
        ] = None,
    ) -> Page[ValueShape]:
        question = AskForValues(name, subject, utc(since, "from"), utc(until, "to"), status, version)
        found = use_cases.values(question, after=_after_value(page), limit=page.limit + 1)
        shown = page_of(found, page, key=_value_key)
        return Page(items=[from_value(value) for value in shown.items], next=shown.next)

    @router.get("/indicators/{name}/values/{window_start}/readings")
    def list_readings(name: Name, window_start: datetime, page: Paging, subject: Subject) -> Page[ReadingShape]:
        question = AskForReadings(name, in_utc(window_start, "window_start"), subject)
        found = use_cases.readings(question, after=_after_reading(page), limit=page.limit + 1)
        shown = page_of(found, page, key=_reading_key)
        return Page(items=[from_reading(reading) for reading in shown.items], next=shown.next)


def _add_anomalies(router: APIRouter, use_cases: UseCases) -> None:
    @router.get("/anomalies")
    def list_anomalies(
        page: Paging,
        subject: Subject,
        state: Annotated[
            Literal["open", "cleared", "withdrawn"] | None, Query(description="default all but withdrawn")
        ] = None,
        indicator: Annotated[str | None, Query(pattern=_TEXT)] = None,
        rule: Annotated[str | None, Query(pattern=_TEXT)] = None,
    ) -> Page[AnomalyShape]:
        wanted = AnomalyFilter(state, indicator, rule, subject)
        found = use_cases.anomalies.page(wanted, after=_after_name(page), limit=page.limit + 1)
        return page_of([from_anomaly(one) for one in found], page, key=lambda shown: [shown.id])

    @router.get("/anomalies/{anomaly_id}")
    def get_anomaly(anomaly_id: Annotated[str, Path(pattern=_TEXT)]) -> AnomalyShape:
        return from_anomaly(use_cases.anomalies.one(anomaly_id))


def _created(shape: type[Body]) -> dict[int | str, dict[str, Any]]:
    return {201: {"model": shape, "description": "the first version"}}


def _command(name: str, body: Body, actor: Actor, clock: Clock) -> Define:
    return Define(name, body.definition(), actor.name, clock.now())


def _answered(defined: Defined[Definition], response: Response) -> Definition:
    if defined.outcome is Outcome.CREATED:
        response.status_code = 201
    return defined.definition


def _with_problems(use_cases: UseCases, found: Sequence[Definition]) -> list[IndicatorShape]:
    problems = use_cases.definitions.problems()
    return [from_indicator(one, list(problems.get(one.name, ()))) for one in found]


def _after_name(page: PageRequest) -> str | None:
    if page.after is None:
        return None
    if len(page.after) != 1 or not isinstance(page.after[0], str):
        raise InvalidCursor("use the `next` of the page before, as it was given")
    return page.after[0]


def _value_key(shown: ShownValue) -> list[str]:
    value = shown.value
    return [value.window.start.isoformat(), value.key.series.hex()]


def _after_value(page: PageRequest) -> tuple[datetime, bytes] | None:
    if page.after is None:
        return None
    try:
        moment, series = page.after
        start = datetime.fromisoformat(moment)
        return aware(start), bytes.fromhex(series)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidCursor("use the `next` of the page before, as it was given") from error


def _reading_key(reading: Reading) -> list[str]:
    return [reading.observed_at.isoformat(), reading.source, reading.event_id]


def _after_reading(page: PageRequest) -> ReadingKey | None:
    if page.after is None:
        return None
    try:
        moment, source, event_id = page.after
        return aware(datetime.fromisoformat(moment)), str(source), str(event_id)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidCursor("use the `next` of the page before, as it was given") from error
