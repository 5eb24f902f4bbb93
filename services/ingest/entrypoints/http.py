"""The routes of ingest."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from services.ingest.domain.definition import Definition
from services.ingest.domain.errors import UnknownEntry, UnsupportedMediaType
from services.ingest.domain.quarantine import Entry, State
from services.ingest.entrypoints import bodies
from services.ingest.entrypoints.http_schemas import (
    AcceptedShape,
    DefinitionShape,
    DiscardRequest,
    EntryShape,
    ReleaseRequest,
    ReplayedShape,
    ReplayRequest,
    from_definition,
    from_entry,
    from_taken,
)
from services.ingest.entrypoints.intake import Intake
from services.ingest.ports import QuarantineReader
from services.ingest.use_cases.define import Defined, DefineReadingType, Outcome, RegisterSource
from services.ingest.use_cases.query_definitions import QueryDefinitions
from services.ingest.use_cases.settle_quarantined import DiscardQuarantined, ReleaseQuarantined, ReplayQuarantined
from shared.runtime.actor import Actor
from shared.runtime.clock import Clock
from shared.web.actor import current_actor
from shared.web.pagination import Page, PageRequest, page_of, page_request
from shared.web.raw_body import RawBody

_CHUNK_BYTES = 2 * 1024 * 1024
_CE = "ce-"

CallerOf = Annotated[Actor, Depends(current_actor)]
PageOf = Annotated[PageRequest, Depends(page_request)]
AnyObject = Annotated[dict[str, Any], Body()]


@dataclass(frozen=True, slots=True)
class Routes:
    """What the routes call."""

    intake: Intake
    define_reading_type: DefineReadingType
    register_source: RegisterSource
    query_definitions: QueryDefinitions
    quarantine: QuarantineReader
    release: ReleaseQuarantined
    discard: DiscardQuarantined
    replay: ReplayQuarantined
    clock: Clock
    most_body_bytes: int


@dataclass(frozen=True, slots=True)
class SelectedEntries:
    """`services.ingest.ports.Selection`, from a query."""

    source: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: State = State.OPEN


def make_router(routes: Routes) -> APIRouter:
    """All routes of ingest, below /v1."""
    router = APIRouter(prefix="/v1")
    _add_events(router, routes)
    _add_reading_types(router, routes)
    _add_sources(router, routes)
    _add_quarantine(router, routes)
    _add_settling(router, routes)
    return router


def _add_events(router: APIRouter, routes: Routes) -> None:
    @router.post("/metric-events", status_code=202)
    def post_metric_events(request: Request, body: Annotated[RawBody, Depends()]) -> AcceptedShape:
        """Take in CloudEvents: one, a batch, lines (NDJSON) of any number, or one in binary mode.

        Answers when everything is durable. Sending the same again is always safe.
        """
        return from_taken(routes.intake.take(_batches(request, body, routes.most_body_bytes)))


def _batches(request: Request, body: RawBody, most_bytes: int) -> Iterator[Sequence[bytes]]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    attributes = {name[len(_CE) :]: value for name, value in request.headers.items() if name.startswith(_CE)}
    if content_type == bodies.LINES:
        yield from bodies.line_chunks(body.chunks(_CHUNK_BYTES), most_line_bytes=most_bytes)
    elif attributes:
        yield [bodies.binary_mode(attributes, body.read(most_bytes))]
    else:
        yield _whole(content_type)(body.read(most_bytes))


def _whole(content_type: str) -> Callable[[bytes], list[bytes]]:
    if content_type == bodies.BATCH:
        return bodies.array
    if content_type == bodies.SINGLE:
        return bodies.single
    if content_type == bodies.JSON:
        return lambda body: bodies.array(body) if body.lstrip()[:1] == b"[" else bodies.single(body)
    known = ", ".join((bodies.SINGLE, bodies.BATCH, bodies.LINES, bodies.JSON))
    raise UnsupportedMediaType(f"content type {content_type[:100]!r} is not taken; use one of {known}")


def _add_reading_types(router: APIRouter, routes: Routes) -> None:
    @router.put("/reading-types/{name}", responses={201: {"model": DefinitionShape}})
    def put_reading_type(name: str, definition: AnyObject, actor: CallerOf, response: Response) -> DefinitionShape:
        """Define a reading type; the same body again makes no new version."""
        done = routes.define_reading_type(name, definition, actor=actor.name, now=routes.clock.now())
        return _defined(done, response)

    @router.get("/reading-types/{name}")
    def get_reading_type(name: str) -> DefinitionShape:
        return from_definition(routes.query_definitions.one("reading-type", name))

    @router.get("/reading-types")
    def list_reading_types(page: PageOf) -> Page[DefinitionShape]:
        return _definitions(routes.query_definitions.page("reading-type", after=page.after, limit=page.limit + 1), page)


def _add_sources(router: APIRouter, routes: Routes) -> None:
    @router.put("/sources/{name}", responses={201: {"model": DefinitionShape}})
    def put_source(name: str, definition: AnyObject, actor: CallerOf, response: Response) -> DefinitionShape:
        """Register a source with its mapping; the same body again makes no new version."""
        done = routes.register_source(name, definition, actor=actor.name, now=routes.clock.now())
        return _defined(done, response)

    @router.get("/sources/{name}")
    def get_source(name: str) -> DefinitionShape:
        return from_definition(routes.query_definitions.one("source", name))

    @router.get("/sources")
    def list_sources(page: PageOf) -> Page[DefinitionShape]:
        return _definitions(routes.query_definitions.page("source", after=page.after, limit=page.limit + 1), page)


def _add_quarantine(router: APIRouter, routes: Routes) -> None:
    @router.get("/quarantine")
    def list_quarantine(
        page: PageOf,
        source: Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$")] = None,
        reason: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$")] = None,
        since: Annotated[datetime | None, Query(alias="from", description="quarantined at or after")] = None,
        until: Annotated[datetime | None, Query(alias="to", description="quarantined before")] = None,
        state: State = State.OPEN,
    ) -> Page[EntryShape]:
        """Entries in the order in which they came; open ones unless a state is named."""
        selection = SelectedEntries(source, reason, _utc(since), _utc(until), state)
        found = routes.quarantine.find(selection, after=page.after, limit=page.limit + 1)
        return page_of([from_entry(entry) for entry in found], page, key=_sort_key)

    @router.get("/quarantine/{entry_id}")
    def get_entry(entry_id: str) -> EntryShape:
        """One entry with its original and its history."""
        return from_entry(_entry(routes, entry_id))


def _add_settling(router: APIRouter, routes: Routes) -> None:
    @router.post("/quarantine/replay")
    def replay(request: ReplayRequest, actor: CallerOf) -> ReplayedShape:
        """Map open entries again, after their source's mapping was repaired."""
        selection = SelectedEntries(request.source, request.reason, _utc(request.since), _utc(request.until))
        done = routes.replay(selection, actor=actor.name, now=routes.clock.now())
        return ReplayedShape(replayed=done.replayed, still_quarantined=done.still_quarantined)

    @router.post("/quarantine/{entry_id}/release")
    def release(entry_id: str, request: ReleaseRequest, actor: CallerOf) -> EntryShape:
        """Take in a corrected event under the id of the original; it counts once."""
        _check_id(entry_id)
        return from_entry(routes.release(entry_id, request.event, actor=actor.name, now=routes.clock.now()))

    @router.post("/quarantine/{entry_id}/discard")
    def discard(entry_id: str, request: DiscardRequest, actor: CallerOf) -> EntryShape:
        """Let an entry go; it stays on record."""
        _check_id(entry_id)
        return from_entry(routes.discard(entry_id, request.reason, actor=actor.name, now=routes.clock.now()))


def _defined(done: Defined, response: Response) -> DefinitionShape:
    response.status_code = 201 if done.outcome is Outcome.CREATED else 200
    return from_definition(done.definition)


def _definitions(found: Sequence[Definition], page: PageRequest) -> Page[DefinitionShape]:
    return page_of([from_definition(definition) for definition in found], page, key=lambda shape: [shape.name])


def _sort_key(shape: EntryShape) -> list[str]:
    return [shape.quarantined_at.isoformat(), shape.id]


def _entry(routes: Routes, entry_id: str) -> Entry:
    _check_id(entry_id)
    entry = routes.quarantine.get(entry_id)
    if entry is None:
        raise UnknownEntry(f"the quarantine has no entry {entry_id[:100]!r}")
    return entry


def _check_id(entry_id: str) -> None:
    if "\x00" in entry_id:
        raise UnknownEntry("no entry has such an id")


def _utc(moment: datetime | None) -> datetime | None:
    """A time without an offset is taken as UTC."""
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)
