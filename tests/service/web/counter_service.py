"""A made-up service with one route for every kind of answer, and a client for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, ConfigDict

from shared.runtime.actor import Actor
from shared.runtime.errors import DomainError, FieldProblem
from shared.runtime.identifiers import CountingIds
from shared.web.actor import Authentication, HeaderAuthentication, current_actor
from shared.web.application import Surroundings, create_application
from shared.web.if_match import if_match
from shared.web.pagination import Page, PageRequest, page_of, page_request
from shared.web.problems import ProblemKind
from shared.web.raw_body import RawBody, raw_body
from shared.web.subject_filter import subject_filter


class CounterStuck(DomainError):
    """The counter does not move."""

    id = "counter-stuck"


class CounterJammed(CounterStuck):
    """The counter does not move, and somebody put a coin into it."""

    id = "counter-jammed"


class DatabaseAway(Exception):
    """Stands for any database or log that is away."""


class Coin(BaseModel):
    """A request with a field."""

    model_config = ConfigDict(extra="forbid")

    value: int


ERRORS: Mapping[str, Exception] = {
    "stuck": CounterStuck(
        "it \ud800 is stuck", errors=[FieldProblem("/value", "push harder")], facts={"allowed": ["kick"], "status": 1}
    ),
    "jammed": CounterJammed("a coin is in it"),
    "away": DatabaseAway("no route to host"),
    "bug": ZeroDivisionError("division by zero"),
}
NUMBERS = list(range(7))


def make_router() -> APIRouter:
    router = APIRouter(prefix="/v1")

    @router.get("/who")
    def who(actor: Annotated[Actor, Depends(current_actor)]) -> dict[str, object]:
        return {"name": actor.name, "roles": sorted(actor.roles)}

    @router.get("/errors/{name}")
    def fail(name: str) -> None:
        raise ERRORS.get(name, CounterStuck("no such error"))

    @router.get("/numbers")
    def numbers(page: Annotated[PageRequest, Depends(page_request)]) -> Page[int]:
        start = NUMBERS.index(page.after[0]) + 1 if page.after else 0
        return page_of(NUMBERS[start : start + page.limit + 1], page, key=lambda number: [number])

    @router.get("/subject")
    def subject(wanted: Annotated[dict[str, str], Depends(subject_filter)]) -> dict[str, str]:
        return wanted

    @router.put("/coins")
    def put_coin(coin: Coin, version: Annotated[int | None, Depends(if_match)]) -> dict[str, int | None]:
        return {"value": coin.value, "version": version}

    @router.post("/bytes")
    def post_bytes(request: Request, body: Annotated[RawBody, Depends(raw_body)]) -> dict[str, list[int]]:
        if "whole" in request.query_params:
            return {"sizes": [len(body.read(1000))]}
        return {"sizes": [len(chunk) for chunk in body.chunks(1000)]}

    return router


@dataclass
class CounterService:
    """Ready unless it is told a reason."""

    name: str = "counter"
    routers: Sequence[APIRouter] = field(default_factory=lambda: [make_router()])
    problems: Mapping[type[Exception], ProblemKind] = field(
        default_factory=lambda: {CounterStuck: ProblemKind(409, "The counter is stuck")}
    )
    reasons: list[str] = field(default_factory=list)

    def unready(self) -> Sequence[str]:
        return self.reasons


def application(service: CounterService | None = None, caller: Authentication | None = None) -> FastAPI:
    """An application with only this service."""
    surroundings = Surroundings(
        ids=CountingIds(),
        registry=CollectorRegistry(),
        authentication=caller or HeaderAuthentication(),
        unavailable=(DatabaseAway,),
    )
    return create_application([service or CounterService()], surroundings)


def client(service: CounterService | None = None, caller: Authentication | None = None) -> TestClient:
    """A client of `application`; what it raises is answered, as in a real server."""
    return TestClient(application(service, caller), raise_server_exceptions=False)
