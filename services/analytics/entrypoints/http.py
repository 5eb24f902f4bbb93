"""The HTTP interface of analytics."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from services.analytics.domain.kpi_value import Status
from services.analytics.domain.window_readings import Reading, ReadingKey
from services.analytics.entrypoints.anomaly_schemas import AnomalyShape, from_anomaly
from services.analytics.entrypoints.calendar_schemas import CalendarBody, CalendarShape, from_calendar
from services.analytics.entrypoints.chart_http import ChartUseCases, add_charts
from services.analytics.entrypoints.defining_http import answered, command, created
from services.analytics.entrypoints.explanation_schemas import ExplanationShape, from_explanation
from services.analytics.entrypoints.http_arguments import (
    Caller,
    Name,
    Paging,
    Since,
    Subject,
    Until,
    after_name,
    aware,
    in_utc,
    utc,
)
from services.analytics.entrypoints.http_schemas import (
    ReadingShape,
    ValueShape,
    from_reading,
    from_value,
)
from services.analytics.entrypoints.indicator_schemas import (
    IndicatorBody,
    IndicatorShape,
    from_indicator,
)
from services.analytics.entrypoints.rule_http import RuleUseCases, add_rules
from services.analytics.entrypoints.version_schemas import IndicatorVersionShape, from_indicator_version
from services.analytics.ports.reading import AnomalyFilter
from services.analytics.use_cases.define_calendar import DefineCalendar
from services.analytics.use_cases.define_indicator import DefineIndicator
from services.analytics.use_cases.query_anomalies import QueryAnomalies
from services.analytics.use_cases.query_definitions import QueryDefinitions
from services.analytics.use_cases.query_dictionary import EntryFilter, QueryDictionary
from services.analytics.use_cases.query_explanation import AskForExplanation, QueryExplanation
from services.analytics.use_cases.query_readings import AskForReadings, QueryReadings
from services.analytics.use_cases.query_values import AskForValues, QueryValues, ShownValue
from shared.runtime.clock import Clock
from shared.web.errors import InvalidCursor
from shared.web.pagination import Page, PageRequest, page_of

_TEXT = r"^[^\x00]{1,200}$"


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the routes call."""

    define_calendar: DefineCalendar
    define_indicator: DefineIndicator
    rules: RuleUseCases
    definitions: QueryDefinitions
    dictionary: QueryDictionary
    values: QueryValues
    readings: QueryReadings
    explanations: QueryExplanation
    anomalies: QueryAnomalies
    charts: ChartUseCases


def make_router(use_cases: UseCases, clock: Clock) -> APIRouter:
    """All routes of analytics under `/v1`."""
    router = APIRouter(prefix="/v1")
    _add_calendars(router, use_cases, clock)
    _add_indicators(router, use_cases, clock)
    add_rules(router, use_cases.rules, clock)
    _add_values(router, use_cases)
    _add_explanations(router, use_cases, clock)
    add_charts(router, use_cases.charts, clock)
    _add_anomalies(router, use_cases)
    return router


def _add_calendars(router: APIRouter, use_cases: UseCases, clock: Clock) -> None:
    @router.put("/calendars/{name}", responses=created(CalendarShape))
    def put_calendar(name: Name, body: CalendarBody, response: Response, actor: Caller) -> CalendarShape:
        defined = use_cases.define_calendar(command(name, body, actor, clock))
        return from_calendar(answered(defined, response))

    @router.get("/calendars/{name}")
    def get_calendar(name: Name) -> CalendarShape:
        return from_calendar(use_cases.definitions.one("calendar", name))

    @router.get("/calendars")
    def list_calendars(page: Paging) -> Page[CalendarShape]:
        found = use_cases.definitions.page("calendar", after=after_name(page), limit=page.limit + 1)
        return page_of([from_calendar(one) for one in found], page, key=lambda shown: [shown.name])


def _add_indicators(router: APIRouter, use_cases: UseCases, clock: Clock) -> None:
    dictionary = use_cases.dictionary

    @router.put("/indicators/{name}", responses=created(IndicatorShape))
    def put_indicator(name: Name, body: IndicatorBody, response: Response, actor: Caller) -> IndicatorShape:
        answered(use_cases.define_indicator(command(name, body, actor, clock)), response)
        return from_indicator(dictionary.one(name))

    @router.get("/indicators/{name}")
    def get_indicator(name: Name) -> IndicatorShape:
        return from_indicator(dictionary.one(name))

    @router.get("/indicators/{name}/versions")
    def list_versions(name: Name) -> Page[IndicatorVersionShape]:
        return Page(items=[from_indicator_version(entry) for entry in dictionary.versions(name)], next=None)

    @router.get("/indicators")
    def list_indicators(
        page: Paging,
        owner: Annotated[str | None, Query(pattern=_TEXT)] = None,
        reading_type: Annotated[str | None, Query(pattern=_TEXT)] = None,
    ) -> Page[IndicatorShape]:
        wanted = EntryFilter(owner, reading_type)
        found = dictionary.page(wanted, after=after_name(page), limit=page.limit + 1)
        return page_of([from_indicator(entry) for entry in found], page, key=lambda shown: [shown.name])


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


def _add_explanations(router: APIRouter, use_cases: UseCases, clock: Clock) -> None:
    @router.get("/indicators/{name}/explain")
    def explain(name: Name, window_start: datetime, subject: Subject) -> ExplanationShape:
        question = AskForExplanation(name, in_utc(window_start, "window_start"), subject)
        return from_explanation(use_cases.explanations(question, now=clock.now()))


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
        found = use_cases.anomalies.page(wanted, after=after_name(page), limit=page.limit + 1)
        return page_of([from_anomaly(one) for one in found], page, key=lambda shown: [shown.id])

    @router.get("/anomalies/{anomaly_id}")
    def get_anomaly(anomaly_id: Annotated[str, Path(pattern=_TEXT)]) -> AnomalyShape:
        return from_anomaly(use_cases.anomalies.one(anomaly_id))


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
