"""The routes of ingest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from services.ingest.domain.definition import Definition
from services.ingest.domain.errors import UnknownEntry
from services.ingest.domain.quarantine import Reason, State
from services.ingest.entrypoints.http_schemas import (
    AcceptedShape,
    DefinitionShape,
    DiscardRequest,
    EntryShape,
    OriginalShape,
    ReleaseRequest,
    ReplayedShape,
    ReplayRequest,
    from_definition,
    from_entry,
    from_replayed,
    from_taken,
    with_original,
)
from services.ingest.entrypoints.receive import Receive
from services.ingest.ports import QuarantineReader
from services.ingest.use_cases.define import DefineReadingType, RegisterSource
from services.ingest.use_cases.query_definitions import QueryDefinitions
from services.ingest.use_cases.settle_quarantined import DiscardQuarantined, ReleaseQuarantined, ReplayQuarantined
from shared.runtime.actor import Actor
from shared.runtime.clock import Clock
from shared.runtime.defined import Defined, Outcome
from shared.runtime.failpoints import fail_point
from shared.web.actor import current_actor
from shared.web.errors import InvalidCursor, InvalidQuery
from shared.web.pagination import Page, PageRequest, page_of, page_request
from shared.web.raw_body import RawBody, raw_body

CallerOf = Annotated[Actor, Depends(current_actor)]
PageOf = Annotated[PageRequest, Depends(page_request)]
AnyObject = Annotated[dict[str, Any], Body()]


@dataclass(frozen=True, slots=True)
class Routes:
    """What the routes call."""

    receive: Receive
    define_reading_type: DefineReadingType
    register_source: RegisterSource
    query_definitions: QueryDefinitions
    quarantine: QuarantineReader
    release: ReleaseQuarantined
    discard: DiscardQuarantined
    replay: ReplayQuarantined
    clock: Clock


@dataclass(frozen=True, slots=True)
class SelectedEntries:
    """`services.ingest.ports.Selection`, from a query."""

    source: str | None = None
    reason: Reason | None = None
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
    @router.post("/metric-events", status_code=202, response_model=AcceptedShape)
    def post_metric_events(request: Request, body: Annotated[RawBody, Depends(raw_body)]) -> Response:
        """Take in CloudEvents: one, a batch, lines (NDJSON) of any number, or one in binary mode.

        Answers when everything is durable. Sending the same again is always safe.
        """
        shape = from_taken(routes.receive(request, body))
        # Written here: FastAPI would have another thread look at the shape again.
        answer = Response(shape.model_dump_json(exclude_unset=True), 202, media_type="application/json")
        fail_point("body-answer-ready")
        return answer


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
        reason: Reason | None = None,
        since: Annotated[datetime | None, Query(alias="from", description="quarantined at or after")] = None,
        until: Annotated[datetime | None, Query(alias="to", description="quarantined before")] = None,
        state: State = State.OPEN,
    ) -> Page[EntryShape]:
        """Entries in the order in which they came; open ones unless a state is named."""
        selection = SelectedEntries(source, reason, _utc(since), _utc(until), state)
        found = routes.quarantine.find(selection, after=_after(page), limit=page.limit + 1)
        return page_of([from_entry(entry) for entry in found], page, key=_sort_key)

    @router.get("/quarantine/{entry_id}")
    def get_entry(entry_id: str) -> OriginalShape:
        """One entry with its original and its history."""
        return _entry(routes, entry_id)


def _add_settling(router: APIRouter, routes: Routes) -> None:
    @router.post("/quarantine/replay")
    def replay(request: ReplayRequest, actor: CallerOf) -> ReplayedShape:
        """Map open entries again, after their source's mapping was repaired."""
        selection = SelectedEntries(request.source, request.reason, _utc(request.since), _utc(request.until))
        done = routes.replay(selection, actor=actor.name, now=routes.clock.now())
        return from_replayed(done)

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


def _defined(done: Defined[Definition], response: Response) -> DefinitionShape:
    response.status_code = 201 if done.outcome is Outcome.CREATED else 200
    return from_definition(done.definition)


def _definitions(found: Sequence[Definition], page: PageRequest) -> Page[DefinitionShape]:
    return page_of([from_definition(definition) for definition in found], page, key=lambda shape: [shape.name])


def _sort_key(shape: EntryShape) -> list[str]:
    return [shape.quarantined_at.isoformat(), shape.id]


def _entry(routes: Routes, entry_id: str) -> OriginalShape:
    _check_id(entry_id)
    entry = routes.quarantine.get(entry_id)
    if entry is None:
        raise UnknownEntry(f"the quarantine has no entry {entry_id[:100]!r}")
    return with_original(entry, routes.quarantine.originals([entry_id])[entry_id])


def _check_id(entry_id: str) -> None:
    if "\x00" in entry_id:
        raise UnknownEntry("no entry has such an id")


def _after(page: PageRequest) -> tuple[datetime, str] | None:
    """The place in the list that a cursor means. Raises InvalidCursor."""
    if page.after is None:
        return None
    try:
        moment, entry_id = page.after
        return datetime.fromisoformat(moment).astimezone(UTC), str(entry_id)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidCursor("use the `next` of the page before, as it was given") from error


def _utc(moment: datetime | None) -> datetime | None:
    """A time without an offset is taken as UTC. Raises InvalidQuery for one that has no place in the calendar there."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidQuery(f"{moment.isoformat()} lies outside the years 1 to 9999 in UTC") from error
