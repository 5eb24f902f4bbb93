"""From the forms in which CloudEvents travel to one JSON text per event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from services.ingest.domain.errors import UnreadableBody

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
JSON = "application/json"

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANYTHING = msgspec.json.Decoder(msgspec.Raw)


def lines(body: bytes) -> list[bytes]:
    """The lines of NDJSON that are not blank."""
    return [line for line in body.split(b"\n") if line and not line.isspace()]


def line_chunks(chunks: Iterable[bytes], *, most_line_bytes: int) -> Iterator[list[bytes]]:
    """Lines of a body that arrives in pieces, as many as each piece completes.

    Raises:
        UnreadableBody: a line is so long that it cannot be kept.
    """
    rest = b""
    for chunk in chunks:
        complete, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            rest += tail
        else:
            yield lines(rest + complete)
            rest = tail
        if len(rest) > most_line_bytes:
            raise UnreadableBody(f"a line has more than {most_line_bytes} bytes; put each event on a line of its own")
    if rest:
        yield lines(rest)


def array(body: bytes) -> list[bytes]:
    """The events of a batch. Raises UnreadableBody."""
    try:
        return [bytes(event) for event in _ARRAY.decode(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableBody(f"a batch is a JSON array of CloudEvents: {error}") from error


def single(body: bytes) -> list[bytes]:
    """One event. Raises UnreadableBody when it is not JSON at all."""
    if not is_json(body):
        raise UnreadableBody("the body is not JSON; send one CloudEvent as a JSON object")
    return [body]


def is_json(text: bytes) -> bool:
    """Whether the bytes are one JSON text."""
    try:
        _ANYTHING.decode(text)
        text.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def binary_mode(attributes: Mapping[str, str], data: bytes) -> bytes:
    """A binary-mode event in structured form. Data that is not JSON makes a text that is not JSON either: it is quarantined."""
    envelope = msgspec.json.encode({name: value for name, value in attributes.items() if name not in ("data", "")})
    if not data:
        return envelope
    joined = envelope[:-1] + (b"," if attributes else b"") + b'"data":' + data
    return joined + b"}" if is_json(data) else joined


def record_events(content_type: str | None, attributes: Mapping[str, str], value: bytes) -> Sequence[bytes]:
    """The events of one Kafka record: binary mode where it has `ce_` headers, a batch, lines, or one event.

    A record without content type that is not JSON as a whole, but has several lines, is taken as lines.
    """
    if attributes:
        return [binary_mode(attributes, value)]
    if content_type == BATCH:
        try:
            return array(value)
        except UnreadableBody:
            return [value]
    if content_type == LINES or (not is_json(value) and value.strip().count(b"\n") > 0):
        return lines(value) or [value]
    return [value]
