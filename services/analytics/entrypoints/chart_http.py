"""Control charts over HTTP: as data, as a picture, and the phases that people begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response

from services.analytics.domain.control_chart.chart import ControlChart
from services.analytics.entrypoints.chart_schemas import (
    ChartShape,
    RebaseBody,
    RebaseShape,
    from_chart,
    from_rebase,
)
from services.analytics.entrypoints.http_arguments import Caller, Name, Since, Subject, Until, in_utc, utc
from services.analytics.use_cases.query_chart import AskForChart, QueryChart, QueryRebases
from services.analytics.use_cases.rebase_chart import RebaseChart, Rebasing
from shared.runtime.clock import Clock
from shared.runtime.defined import Outcome
from shared.web.pagination import Page

_CREATED: dict[int | str, dict[str, Any]] = {201: {"model": RebaseShape, "description": "a new phase begins"}}


@dataclass(frozen=True, slots=True)
class ChartUseCases:
    """What the routes call."""

    chart: QueryChart
    rebase: RebaseChart
    rebases: QueryRebases


def add_charts(router: APIRouter, use_cases: ChartUseCases, clock: Clock) -> None:
    @router.get("/indicators/{name}/chart")
    def get_chart(
        name: Name,
        subject: Subject,
        since: Since = None,
        until: Until = None,
    ) -> ChartShape:
        span = (utc(since, "from"), utc(until, "to"))
        shown = use_cases.chart(AskForChart(name, subject), now=clock.now())
        return from_chart(shown, _within(shown.chart, *span))

    @router.post("/indicators/{name}/phases", responses=_CREATED)
    def begin_phase(name: Name, body: RebaseBody, response: Response, actor: Caller) -> RebaseShape:
        starts_at = in_utc(body.starts_at, "from")
        command = Rebasing(name, body.subject, starts_at, body.reason, actor.name, clock.now())
        defined = use_cases.rebase(command)
        if defined.outcome is Outcome.CREATED:
            response.status_code = 201
        return from_rebase(defined.definition)

    @router.get("/indicators/{name}/phases")
    def list_phases(name: Name, subject: Subject) -> Page[RebaseShape]:
        found = use_cases.rebases(AskForChart(name, subject))
        return Page(items=[from_rebase(rebase) for rebase in found], next=None)


def _within(chart: ControlChart, since: datetime | None, until: datetime | None) -> Sequence[int]:
    """The places of the points whose windows begin in a half-open span."""
    return [
        place
        for place, point in enumerate(chart.points)
        if (since is None or point.value.window.start >= since) and (until is None or point.value.window.start < until)
    ]
