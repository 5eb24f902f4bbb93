"""Any topic as text, for people: `GET /v1/topics/{topic}/records`. Arrow blocks are shown as rows."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from shared.eventlog.port import EventLog, Partition, Record, UnknownTopic
from shared.eventlog.reading import read_records
from shared.events.blocks import UnreadableBlock, decode_block, rows_of
from shared.events.topics import PANE_DELTAS, READINGS
from shared.runtime.actor import Actor
from shared.runtime.errors import DomainError
from shared.runtime.identifiers import IdSource
from shared.web.actor import current_actor
from shared.web.problems import ProblemKind

ARROW_TOPICS = (READINGS, PANE_DELTAS)
MOST_RECORDS = 500


class TopicNotFound(DomainError):
    """There is no topic, or no partition, of this name."""

    id = "unknown-topic"


class NotForThisActor(DomainError):
    """The actor's roles do not allow this."""

    id = "forbidden"


TOPIC_PROBLEMS: Mapping[type[Exception], ProblemKind] = {
    TopicNotFound: ProblemKind(404, "There is no such topic"),
    NotForThisActor: ProblemKind(403, "The actor may not do this"),
}


class ShownRecord(BaseModel):
    """One record. `value` is JSON, a list of rows, or base64 under `base64` when it is neither."""

    partition: int
    offset: int
    appended_at: datetime
    key: str | None
    headers: dict[str, str]
    value: Any


class ShownPartition(BaseModel):
    """The part of one partition that was asked for, and where it goes on."""

    partition: int
    first_offset: int
    next_offset: int
    end_offset: int
    items: list[ShownRecord]


class Partitions(BaseModel):
    """How many partitions a topic has."""

    topic: str
    partitions: int


def make_topic_router(log: EventLog, ids: IdSource) -> APIRouter:
    """Routes over one event log; for admins."""
    router = APIRouter(prefix="/v1/topics", tags=["operation"])

    @router.get("/{topic}")
    def show_topic(topic: str, actor: Annotated[Actor, Depends(current_actor)]) -> Partitions:
        check_admin(actor)
        return Partitions(topic=topic, partitions=_partition_count(log, topic))

    @router.get("/{topic}/records")
    def show_records(
        topic: str,
        actor: Annotated[Actor, Depends(current_actor)],
        partition: Annotated[int, Query(ge=0, le=100_000)] = 0,
        from_offset: Annotated[int, Query(alias="from", ge=0, le=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_RECORDS)] = 100,
    ) -> ShownPartition:
        """Records of one partition from an offset on; an offset already deleted starts at the first one held."""
        check_admin(actor)
        if partition >= _partition_count(log, topic):
            raise TopicNotFound(f"topic {topic} has no partition {partition}")
        place = Partition(topic, partition)
        first, end = log.offsets(place)
        start = min(max(from_offset, first), end)
        records = read_records(log, place, start=start, most=limit, ids=ids)
        reached = records[-1].offset + 1 if records else start
        items = [_shown(record) for record in records]
        return ShownPartition(partition=partition, first_offset=first, next_offset=reached, end_offset=end, items=items)

    return router


def check_admin(actor: Actor) -> None:
    """Raises NotForThisActor."""
    if not actor.has("admin"):
        raise NotForThisActor("topics are shown to admins", facts={"needed": ["admin"]})


def _partition_count(log: EventLog, topic: str) -> int:
    if topic not in log.topics():
        raise TopicNotFound(f"there is no topic {topic[:200]!r}")
    try:
        return log.partition_count(topic)
    except UnknownTopic as error:
        raise TopicNotFound(str(error)) from error


def _shown(record: Record) -> ShownRecord:
    return ShownRecord(
        partition=record.partition.number,
        offset=record.offset,
        appended_at=record.appended_at,
        key=None if record.key is None else record.key.decode(errors="replace"),
        headers={name: value.decode(errors="replace") for name, value in record.headers},
        value=_rows(record.value) if record.partition.topic in ARROW_TOPICS else _document(record.value),
    )


def _rows(value: bytes) -> Any:
    try:
        return rows_of(decode_block(value))
    except UnreadableBlock:
        return {"base64": base64.b64encode(value).decode()}


def _document(value: bytes) -> Any:
    try:
        document = json.loads(value)
        json.dumps(
            document, allow_nan=False, ensure_ascii=False
        ).encode()  # half a surrogate pair cannot be shown either
    except (ValueError, RecursionError):
        return {"base64": base64.b64encode(value).decode()}
    return document
