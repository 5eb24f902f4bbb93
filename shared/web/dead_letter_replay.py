"""Dead letters, once more: `POST /v1/dead-letters/{offset}/replay` appends the record to the topic that it came from.

Policy: value, key and headers as they were, on the partition it came from, behind what is there now; so its order is lost. It bears
no number any more, and is applied as it comes. Only where a topic has one reader: others have applied the record already.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel

from shared.eventlog.dead_letters import DeadLetter, dead_letter_of
from shared.eventlog.delivery import PRODUCER_HEADER, SEQUENCE_HEADER
from shared.eventlog.port import EventLog, NewRecord, Partition
from shared.eventlog.reading import read_records
from shared.events.topics import DEAD_LETTERS, RAW_PREFIX, TOPICS
from shared.runtime.actor import Actor
from shared.runtime.errors import DomainError
from shared.runtime.identifiers import IdSource
from shared.web.actor import current_actor
from shared.web.problems import ProblemKind
from shared.web.topic_records import check_admin

_PLACE = Partition(DEAD_LETTERS, 0)
_ONE_READER = {topic.name for topic in TOPICS if len(topic.read_by) == 1}


class UnknownDeadLetter(DomainError):
    """There is no dead letter at this offset."""

    id = "unknown-dead-letter"


class NotReplayable(DomainError):
    """This dead letter may not be appended again."""

    id = "dead-letter-not-replayable"


REPLAY_PROBLEMS: Mapping[type[Exception], ProblemKind] = {
    UnknownDeadLetter: ProblemKind(404, "There is no such dead letter"),
    NotReplayable: ProblemKind(409, "The dead letter cannot be replayed"),
}


class ReplayedLetter(BaseModel):
    """Where the record has been appended again."""

    topic: str
    partition: int
    offset: int


def make_replay_router(log: EventLog, ids: IdSource) -> APIRouter:
    """The route over one event log; for admins."""
    router = APIRouter(prefix="/v1/dead-letters", tags=["operation"])

    @router.post("/{offset}/replay")
    def replay(
        offset: Annotated[int, Path(ge=0, le=2**62)], actor: Annotated[Actor, Depends(current_actor)]
    ) -> ReplayedLetter:
        """Append a dead letter to the topic it came from. Each call appends it once more; events count once all the same."""
        check_admin(actor)
        letter = _letter(log, ids, offset)
        _check(letter)
        ((place, at),) = log.append([_record(letter)])
        return ReplayedLetter(topic=place.topic, partition=place.number, offset=at)

    return router


def _letter(log: EventLog, ids: IdSource, offset: int) -> DeadLetter:
    first, end = log.offsets(_PLACE)
    found = read_records(log, _PLACE, start=offset, most=1, ids=ids) if first <= offset < end else ()
    try:
        (record,) = found
        return dead_letter_of(record)
    except ValueError as error:
        raise UnknownDeadLetter(f"{DEAD_LETTERS} holds no dead letter at offset {offset}") from error


def _check(letter: DeadLetter) -> None:
    topic = letter.partition.topic
    if not topic.startswith(RAW_PREFIX) and topic not in _ONE_READER:
        raise NotReplayable(f"{topic} has several readers, and the others have applied the record already")
    if letter.is_cut:
        raise NotReplayable("the record was too large to be kept whole; let its sender send it again")


def _record(letter: DeadLetter) -> NewRecord:
    headers = tuple((name, value) for name, value in letter.headers if name not in (PRODUCER_HEADER, SEQUENCE_HEADER))
    place = letter.partition
    return NewRecord(place.topic, letter.value, key=letter.key, partition=place.number, headers=headers)
