"""From the forms in which CloudEvents travel to one JSON text per event."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

import msgspec

from services.ingest.domain.errors import UnreadableBody
from shared.runtime.joined_texts import lines_of
from shared.web.errors import BodyTooLarge

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
JSON = "application/json"

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANYTHING = msgspec.json.Decoder(msgspec.Raw)
_LENIENT = json.JSONDecoder()
_BLANK = " \t\r\n"
_FIRST_BYTE = itemgetter(0)
_BRACE = frozenset(b"{")
_WORTH_COLUMNS = 16 * 1024
"""Bytes of a body; the lines of a shorter one are found sooner one by one."""


def lines(body: bytes) -> Sequence[bytes]:
    """The lines of NDJSON that are not blank."""
    if len(body) >= _WORTH_COLUMNS:
        found = lines_of(body)
        if found.all_begin_with(b"{"):
            return found
    return [line for line in body.split(b"\n") if line and not line.isspace()]


def line_chunks(
    chunks: Iterable[bytes], *, most_line_bytes: int, unfinished: Callable[[int], None]
) -> Iterator[Sequence[bytes]]:
    """Lines of a body that arrives in pieces, as many as each piece completes.

    Args:
        unfinished: told how many bytes of a line wait for its end, before the next piece is read.

    Raises:
        BodyTooLarge: a line is so long that it cannot be kept; the lines before it have been handed on.
    """
    rest: list[bytes] = []
    size = 0
    for chunk in chunks:
        complete, newline, tail = chunk.rpartition(b"\n")
        if newline:
            yield lines(b"".join((*rest, complete)))
            rest, size = [], 0
        rest.append(tail)
        size += len(tail)
        if size > most_line_bytes:
            raise BodyTooLarge(f"a line has more than {most_line_bytes} bytes; put each event on a line of its own")
        unfinished(size)
    yield lines(b"".join(rest))


def array(body: bytes) -> list[bytes]:
    """The events of a batch, each as it was written. Raises UnreadableBody."""
    try:
        return [bytes(event) for event in _ARRAY.decode(body)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _lenient_array(body)


def _lenient_array(body: bytes) -> list[bytes]:
    """One NaN among a thousand events is the fault of one event, although JSON knows none."""
    try:
        text = body.decode()
        events = list(_elements(text, _past(text, 0, "[")))
    except (ValueError, IndexError, RecursionError) as error:
        detail = (
            f"nothing was taken in: a batch is a JSON array of CloudEvents, and this is none ({error}); send it again"
        )
        raise UnreadableBody(detail) from error
    return [event.encode() for event in events]


def _elements(text: str, position: int) -> Iterator[str]:
    """The elements of an array that begins at a position. Raises ValueError or IndexError where it is broken."""
    more = text[position] != "]"
    while more:
        _, end = _LENIENT.raw_decode(text, position)
        yield text[position:end]
        position = _skip_blank(text, end)
        more = text[position] != "]"
        if more:
            position = _past(text, position, ",")
    if text[position + 1 :].strip(_BLANK):
        raise ValueError("something follows its end")


def _past(text: str, position: int, mark: str) -> int:
    position = _skip_blank(text, position)
    if text[position] != mark:
        raise ValueError(f"{mark} is missing at character {position}")
    return _skip_blank(text, position + 1)


def _skip_blank(text: str, position: int) -> int:
    while text[position] in _BLANK:
        position += 1
    return position


def single(body: bytes) -> list[bytes]:
    """One event. Raises UnreadableBody when it is not JSON at all."""
    if not is_json(body):
        try:
            _LENIENT.decode(body.decode())
        except (ValueError, RecursionError) as error:
            detail = "nothing was taken in: the body is not JSON; send one CloudEvent as a JSON object"
            raise UnreadableBody(detail) from error
    return [body]


def is_json(text: bytes) -> bool:
    """Whether the bytes are one JSON text."""
    try:
        _ANYTHING.decode(text)
        text.decode()
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True


def binary_mode(attributes: Mapping[str, str], data: bytes) -> bytes:
    """A binary-mode event in structured form.

    Data that is not JSON stands whole on a line below the envelope: together they are no JSON, so the event is quarantined, and
    whoever looks at it finds both.
    """
    envelope = msgspec.json.encode({name: value for name, value in attributes.items() if name not in ("data", "")})
    if not data:
        return envelope
    if not is_json(data):
        return envelope + b"\n" + data
    return envelope[:-1] + (b"," if len(envelope) > len(b"{}") else b"") + b'"data":' + data + b"}"


def events_apart(values: Sequence[bytes]) -> Sequence[bytes]:
    """The events of records that have no headers; the very argument where each is one event (`domain.decode.Unfold`)."""
    if look_like_one_event_each(values):
        return values
    events = [event for value in values for event in record_events("", {}, value)]
    return values if events == list(values) else events


def look_like_one_event_each(values: Sequence[bytes]) -> bool:
    """Whether records without a content type are each an object on one line; it may yet be no JSON."""
    return all(values) and set(map(_FIRST_BYTE, values)) <= _BRACE and b"\n" not in b"".join(values)


def record_events(content_type: str, attributes: Mapping[str, str], value: bytes) -> Sequence[bytes]:
    """The events of one Kafka record: by its content type, binary mode where it has `ce_` headers, else by its look.

    Without a content type of CloudEvents, an array is a batch, and what is not JSON as a whole but has several lines is lines.
    """
    if content_type == SINGLE:
        return [value]
    if content_type == LINES:
        return lines(value) or [value]
    if content_type != BATCH:
        if attributes:
            return [binary_mode(attributes, value)]
        if look_like_one_event_each([value]):
            return [value]
    if value.lstrip()[:1] == b"[":
        try:
            return array(value) or [value]
        except UnreadableBody:
            return [value]
    if b"\n" in value.strip() and not is_json(value):
        return lines(value)
    return [value]
