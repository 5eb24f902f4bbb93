"""Corrections and retractions: what a source says later about an event that it has sent.

    {"specversion": "1.0", "type": "andon.correction", "source": "mes-7", "id": "c-1", "time": "2026-03-05T09:00:00Z",
     "data": {"id": "e1", "reason": "recounted", "event": {"type": "inspection.completed", "time": "…", "data": {…}}}}

`data.id` names the event, `time` is when the source came to know better: of several revisions of one event the latest holds. A
correction brings the whole event as it should have been; a retraction (`andon.retraction`) has no `data.event`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.ingest.domain.checks import MOST_ID_CHARACTERS
from services.ingest.domain.diagnose import MOST_SHOWN_CHARACTERS, Plan
from services.ingest.domain.quarantine import Reason, Rejected
from services.ingest.domain.times import EARLIEST

CORRECTION = "andon.correction"
RETRACTION = "andon.retraction"
TYPE_PREFIX = "andon."
"""Event types that begin with it are not for the sources' own events."""

_WRITE_TIME = "write when it was known, as in 2026-03-05T09:00:00Z"


class _Kind(msgspec.Struct):
    type: str = ""


_KIND = msgspec.json.Decoder(_Kind)


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision that can be read. `corrected` is the event as it should have been, under its own id; None for a retraction."""

    index: int
    id: str
    source: str
    event_id: str
    revised_at: datetime
    corrected: bytes | None


def is_revision(original: bytes) -> bool:
    """Whether an event that no source's structure fits is a correction or a retraction, and can be read as a whole."""
    try:
        is_of_kind = _KIND.decode(original).type in {CORRECTION, RETRACTION}
        return is_of_kind and isinstance(msgspec.json.decode(original), dict)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def read_revision(index: int, original: bytes, plans: Mapping[str, Plan], *, now: datetime) -> Revision | Rejected:
    """Read one.

    Args:
        now: UTC; what the clock tolerance of the source is counted from.
    """
    document: dict[str, Any] = msgspec.json.decode(original)
    try:
        return _read(index, document, plans, now=now)
    except _Refused as refused:
        sender = (_shown(document.get("id")), _shown(document.get("source")))
        return Rejected(index, *sender, refused.reason, refused.detail, original)


class _Refused(Exception):
    """What is wrong with a revision."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def _read(index: int, document: dict[str, Any], plans: Mapping[str, Plan], *, now: datetime) -> Revision:
    if document.get("specversion") != "1.0":
        raise _Refused(Reason.NOT_A_CLOUDEVENT, 'specversion: must be "1.0"')
    own_id = _id(
        document.get("id"), "id", reason=Reason.ID_MISSING, remedy="a revision is an event with an id of its own"
    )
    source = document.get("source")
    plan = plans.get(source) if isinstance(source, str) else None
    if plan is None:
        sentence = (
            f"source: no source {str(source)[:100]!r} is registered, or it may not send here; PUT /v1/sources/… first"
        )
        raise _Refused(Reason.UNKNOWN_SOURCE, sentence)
    data = document.get("data")
    if not isinstance(data, dict):
        raise _Refused(Reason.MISSING_FIELD, "data: is missing; name the event in data.id")
    event_id = _id(data.get("id"), "data.id", reason=Reason.MISSING_FIELD, remedy="name the event that is meant")
    revised_at = _moment(document.get("time"))
    if revised_at > now + plan.source.clock_tolerance:
        raise _Refused(Reason.OBSERVED_IN_FUTURE, f"time: {document['time']} is ahead of our clock; {_WRITE_TIME}")
    corrected = _corrected(data, plan.source.name, event_id) if document["type"] == CORRECTION else None
    return Revision(index, own_id, plan.source.name, event_id, revised_at, corrected)


def _corrected(data: dict[str, Any], source: str, event_id: str) -> bytes:
    event = data.get("event")
    if not isinstance(event, dict):
        raise _Refused(Reason.MISSING_FIELD, "data.event: is missing; send the event as it should have been")
    if str(event.get("type", "")).startswith(TYPE_PREFIX):
        raise _Refused(Reason.NOT_A_CLOUDEVENT, "data.event.type: send the event itself, not another revision of it")
    if event.get("id", event_id) != event_id or event.get("source", source) != source:
        raise _Refused(Reason.NOT_A_CLOUDEVENT, "data.event: a corrected event keeps its id and its source")
    return msgspec.json.encode({"specversion": "1.0", **event, "id": event_id, "source": source})


def _id(value: Any, where: str, *, reason: Reason, remedy: str) -> str:
    if isinstance(value, str) and 1 <= len(value) <= MOST_ID_CHARACTERS:
        return value
    raise _Refused(reason, f"{where}: must be a text of 1 to {MOST_ID_CHARACTERS} characters; {remedy}")


def _moment(value: Any) -> datetime:
    if value is None:
        raise _Refused(Reason.TIME_MISSING, f"time: is missing; {_WRITE_TIME}")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None and moment > EARLIEST:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass  # said below
    raise _Refused(Reason.TIME_UNREADABLE, f"time: {str(value)[:100]!r} is no time with an offset; {_WRITE_TIME}")


def _shown(value: Any) -> str | None:
    return value[:MOST_SHOWN_CHARACTERS] if isinstance(value, str) else None


def outward(refused: Sequence[Rejected], revisions: Sequence[Revision], originals: Sequence[bytes]) -> list[Rejected]:
    """What is wrong with corrected events, said of the revisions that brought them. `refused` counts within `revisions`."""
    return [
        Rejected(
            revisions[one.index].index,
            revisions[one.index].id[:MOST_SHOWN_CHARACTERS],
            one.source,
            one.reason,
            f"data.event: {one.detail}",
            originals[revisions[one.index].index],
        )
        for one in refused
    ]
