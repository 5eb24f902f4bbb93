"""One application from the routers of many services: problems, request ids, metrics, health, documentation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException

from shared.eventlog.port import EventLog
from shared.runtime.errors import DomainError, FieldProblem
from shared.runtime.identifiers import IdSource
from shared.telemetry.logging import Logger, logger
from shared.telemetry.metrics import MetricFactory
from shared.web.actor import Authentication, HeaderAuthentication, current_actor
from shared.web.dead_letter_replay import REPLAY_PROBLEMS, make_replay_router
from shared.web.errors import WEB_PROBLEMS
from shared.web.health import make_health_router
from shared.web.observe_requests import UNEXPECTED, ObserveRequests, request_seconds
from shared.web.problem_pages import make_problem_pages
from shared.web.problems import PROBLEM_JSON, Problem, ProblemDocument, ProblemKind
from shared.web.read_ahead import ReadAhead
from shared.web.topic_records import TOPIC_PROBLEMS, make_topic_router

RETRY_AFTER_SECONDS = "1"

_BY_STATUS = {
    400: ("unreadable-request", "The request cannot be read", "the body or a header is not what HTTP allows"),
    404: ("not-found", "There is nothing here", "no route has this path"),
    405: ("method-not-allowed", "Not with this method", "the path knows other methods"),
}
_INVALID_REQUEST = ProblemKind(422, "The request is not of the form asked for")
UNAVAILABLE = ProblemKind(503, "A part that this needs is away")


class WebService(Protocol):
    """What the web needs of a service."""

    @property
    def name(self) -> str: ...
    @property
    def routers(self) -> Sequence[APIRouter]: ...
    @property
    def problems(self) -> Mapping[type[Exception], ProblemKind]: ...
    def unready(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Surroundings:
    """What the application is given by its process."""

    ids: IdSource
    registry: CollectorRegistry
    authentication: Authentication = field(default_factory=HeaderAuthentication)
    unavailable: tuple[type[Exception], ...] = ()
    """Errors that mean "try again later" (log or database away): 503 with `Retry-After`."""
    log: EventLog | None = None
    """Whose topics `GET /v1/topics/{topic}/records` shows; None leaves the route out."""
    unready: Callable[[], Sequence[str]] = tuple
    """Further reasons why the process is not ready, such as an activity that has failed."""


def create_application(services: Sequence[WebService], surroundings: Surroundings) -> FastAPI:
    """Build the application. Nothing is started and nothing is opened."""
    application = FastAPI(
        title="Andon",
        version="1",
        description="Quality goals, live indicators and corrective action, from events.",
        responses={"default": {"model": ProblemDocument, "description": "a problem", "content": {PROBLEM_JSON: {}}}},
    )
    application.state.authentication = surroundings.authentication
    application.state.read_ahead = ReadAhead()
    kinds: dict[type[Exception], ProblemKind] = {**WEB_PROBLEMS}
    for service in services:
        kinds.update(service.problems)
        for router in service.routers:
            application.include_router(router, tags=[service.name], dependencies=[Depends(current_actor)])
    if surroundings.log is not None:
        kinds.update(TOPIC_PROBLEMS)
        application.include_router(make_topic_router(surroundings.log, surroundings.ids))
        kinds.update(REPLAY_PROBLEMS)
        application.include_router(make_replay_router(surroundings.log, surroundings.ids))
    application.include_router(make_problem_pages(kinds))
    application.include_router(make_health_router(surroundings.registry, lambda: _reasons(services, surroundings)))
    _handle_errors(application, kinds, surroundings)
    seconds = request_seconds(MetricFactory(surroundings.registry, "http"))
    application.add_middleware(ObserveRequests, ids=surroundings.ids, seconds=seconds)
    return application


def _reasons(services: Sequence[WebService], surroundings: Surroundings) -> list[str]:
    return [reason for service in services for reason in service.unready()] + list(surroundings.unready())


def _handle_errors(
    application: FastAPI, kinds: Mapping[type[Exception], ProblemKind], surroundings: Surroundings
) -> None:
    log = logger("web")

    @application.exception_handler(DomainError)
    def on_domain_error(request: Request, error: DomainError) -> Response:
        return _domain_problem(error, kinds, log).response(request.state.request_id)

    @application.exception_handler(RequestValidationError)
    def on_invalid_request(request: Request, error: RequestValidationError) -> Response:
        return _validation_problem(error).response(request.state.request_id)

    @application.exception_handler(HTTPException)
    def on_http_error(request: Request, error: HTTPException) -> Response:
        return _http_problem(error).response(request.state.request_id)

    for kind in surroundings.unavailable:

        @application.exception_handler(kind)
        def on_unavailable(request: Request, error: Exception) -> Response:
            log.warning("unavailable", error=str(error), request_id=request.state.request_id)
            headers = {"Retry-After": RETRY_AFTER_SECONDS}
            problem = Problem("unavailable", UNAVAILABLE, "nothing is lost; send the same again", headers=headers)
            return problem.response(request.state.request_id)


def _http_problem(error: HTTPException) -> Problem:
    fallback = (f"http-{error.status_code}", "Refused", str(error.detail))
    problem_id, title, detail = _BY_STATUS.get(error.status_code, fallback)
    return Problem(problem_id, ProblemKind(error.status_code, title), detail, headers=error.headers)


def _domain_problem(error: DomainError, kinds: Mapping[type[Exception], ProblemKind], log: Logger) -> Problem:
    kind = next((kinds[parent] for parent in type(error).__mro__ if parent in kinds), None)
    if kind is None:
        log.error("problem_without_status", problem=error.id)
        kind = UNEXPECTED
    headers = {"WWW-Authenticate": "Bearer"} if kind.status == 401 else None
    if kind.status in (429, 503):
        headers = {"Retry-After": str(error.facts.get("retry_after_seconds", RETRY_AFTER_SECONDS))}
    return Problem(error.id, kind, error.detail, error.errors, error.facts, headers)


def _validation_problem(error: RequestValidationError) -> Problem:
    fields = [
        FieldProblem("/" + "/".join(str(part) for part in item["loc"][1:]), _said(item)) for item in error.errors()
    ]
    detail = "; ".join(f"{field.pointer}: {field.detail}" for field in fields[:3])
    return Problem("invalid-request", _INVALID_REQUEST, detail, fields)


def _said(item: Mapping[str, Any]) -> str:
    """What is wrong with one field, with the remedy."""
    return "is missing; send it" if item["type"] == "missing" else str(item["msg"])
