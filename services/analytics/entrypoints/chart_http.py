"""Control charts over HTTP: as data, as a picture, and the phases that people begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from services.analytics.domain.control_chart.chart import ControlChart
from services.analytics.entrypoints.chart_schemas import (
    ChartShape,
    RebaseBody,
    RebaseShape,
    from_chart,
    from_rebase,
)
from services.analytics.entrypoints.http_arguments import Caller, Name, Since, Subject, Until, in_utc, utc
from services.analytics.entrypoints.negotiation import preferred
from services.analytics.use_cases.query_chart import AskForChart, QueryChart, QueryRebases, ShownChart
from services.analytics.use_cases.rebase_chart import RebaseChart, Rebasing
from shared.runtime.clock import Clock
from shared.runtime.defined import Outcome
from shared.web.pagination import Page

JSON, SVG = "application/json", "image/svg+xml"
_VARY = "Accept, Accept-Language"
_MOST_DRAWN = 120
"""Points; more of them would touch one another."""
_CHART: dict[int | str, dict[str, Any]] = {
    200: {"content": {SVG: {"schema": {"type": "string"}}}, "description": "the chart as data, or as a picture"}
}
_CREATED: dict[int | str, dict[str, Any]] = {201: {"model": RebaseShape, "description": "a new phase begins"}}


@dataclass(frozen=True, slots=True)
class ChartUseCases:
    """What the routes call."""

    chart: QueryChart
    rebase: RebaseChart
    rebases: QueryRebases


def add_charts(router: APIRouter, use_cases: ChartUseCases, clock: Clock) -> None:
    @router.get("/indicators/{name}/chart", response_model=ChartShape, responses=_CHART)
    def get_chart(
        name: Name,
        subject: Subject,
        response: Response,
        since: Since = None,
        until: Until = None,
        rule: Annotated[
            str | None,
            Query(
                description="a rule of kind control_chart, ewma or cusum: the chart with its limits, signals and statistic; "
                "left out, the control_chart rule in force, or the usual limits"
            ),
        ] = None,
        accept: Annotated[str | None, Header(description=f"`{SVG}` for a picture")] = None,
        accept_language: Annotated[str | None, Header(description="of the picture: en or zh")] = None,
    ) -> ChartShape | Response:
        span = (utc(since, "from"), utc(until, "to"))
        shown = use_cases.chart(AskForChart(name, subject, rule), now=clock.now())
        if preferred(accept, (JSON, SVG)) == SVG:
            return _picture(shown, span, preferred(accept_language, ("en", "zh")))
        response.headers["Vary"] = _VARY
        return from_chart(shown, _within(shown.chart, *span))

    @router.post("/indicators/{name}/phases", responses=_CREATED)
    def begin_phase(name: Name, body: RebaseBody, response: Response, actor: Caller) -> RebaseShape:
        command = Rebasing(
            name,
            body.subject,
            in_utc(body.starts_at, "from"),
            body.reason,
            actor.name,
            clock.now(),
            withdrawn=body.withdrawn,
            baseline_windows=body.baseline_windows,
            excluded=tuple(in_utc(moment, "excluded") for moment in body.excluded),
        )
        defined = use_cases.rebase(command)
        if defined.outcome is Outcome.CREATED:
            response.status_code = 201
        return from_rebase(defined.definition)

    @router.get("/indicators/{name}/phases")
    def list_phases(name: Name, subject: Subject) -> Page[RebaseShape]:
        found = use_cases.rebases(AskForChart(name, subject))
        return Page(items=[from_rebase(rebase) for rebase in found], next=None)


def _picture(shown: ShownChart, span: tuple[datetime | None, datetime | None], language: str) -> Response:
    # Drawing is loaded by the first picture: most processes never draw one, and all of them start.
    from services.analytics.entrypoints.chart_picture.picture import picture  # noqa: PLC0415

    places = _within(shown.chart, *span)
    svg = picture(shown, places if span[0] is not None else places[-_MOST_DRAWN:], language)
    return Response(svg, media_type=SVG, headers={"Vary": _VARY, "Content-Language": language})


def _within(chart: ControlChart, since: datetime | None, until: datetime | None) -> Sequence[int]:
    """The places of the points whose windows begin in a half-open span."""
    return [
        place
        for place, point in enumerate(chart.points)
        if (since is None or point.value.window.start >= since) and (until is None or point.value.window.start < until)
    ]
