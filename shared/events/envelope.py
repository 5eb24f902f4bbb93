"""CloudEvents 1.0 in JSON: one event per record, a versioned snapshot in `data`.

`(source, id)` names an event for ever. `time` is when it occurred, `recordedtime` when it was written down.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its offset; one without is refused."""

CONTENT_TYPE = "application/cloudevents+json"

Data = TypeVar("Data", bound=msgspec.Struct)


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """The data of one published event type. Fields may be added with a default; removal takes two releases."""


class Envelope(msgspec.Struct, Generic[Data], frozen=True, kw_only=True):
    """One published event. `type` ends in its version: `andon.issue.detected.v1`."""

    id: str
    source: str
    type: str
    subject: str
    time: Moment
    recordedtime: Moment
    data: Data
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    traceparent: str | msgspec.UnsetType = msgspec.UNSET


class _Stamped(msgspec.Struct, frozen=True):
    """What is read first, to find the type of the rest."""

    type: str


class UnreadableEvent(Exception):
    """The record is not a CloudEvent of a known type; the message says what is wrong and where."""


def encode(event: Envelope[Any]) -> bytes:
    """CloudEvents JSON, one line."""
    return msgspec.json.encode(event)


def type_of(value: bytes) -> str:
    """The event type of a record. Raises UnreadableEvent."""
    return _decode(value, _Stamped).type


def decode(value: bytes, data: type[Data]) -> Envelope[Data]:
    """Read a record whose data is known to be `data`. Unknown fields are passed over. Raises UnreadableEvent."""
    return _decode(value, Envelope[data])  # type: ignore[valid-type]


Shape = TypeVar("Shape")


def _decode(value: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(value, type=shape)
    except msgspec.MsgspecError as error:
        raise UnreadableEvent(str(error)) from error
