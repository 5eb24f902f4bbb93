"""The body of a request to batches of events: by content type, within the bounds of memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from fastapi import Request

from services.ingest.domain.errors import UnsupportedMediaType
from services.ingest.entrypoints import bodies
from services.ingest.entrypoints.backlog import Backlog
from services.ingest.entrypoints.in_flight import Admission, InFlight
from services.ingest.entrypoints.intake import Intake, Taken
from shared.web.errors import BodyTooLarge
from shared.web.raw_body import RawBody

_CHUNK_BYTES = 2 * 1024 * 1024
_PIECE_BYTES = 256 * 1024
_CE = "ce-"
_KNOWN = ", ".join((bodies.SINGLE, bodies.BATCH, bodies.LINES, bodies.JSON))


@dataclass(frozen=True, slots=True)
class Receive:
    """Takes in what a request carries; a whole body is held in memory, lines are in portions of a few megabytes."""

    intake: Intake
    in_flight: InFlight
    most_body_bytes: int
    backlog: Backlog

    def __call__(self, request: Request, body: RawBody) -> Taken:
        """Everything is durable when it returns.

        Raises:
            UnsupportedMediaType, UnreadableBody, BodyTooLarge, Overloaded.
        """
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        attributes = _attributes(request) if not content_type.startswith("application/cloudevents") else {}
        if not attributes:
            _check_content_type(content_type)
        _check_encoding(request)
        self.backlog.check()
        if content_type == bodies.LINES:
            # Admitted once, for the whole of it: a sender is not refused in the middle of a long stream.
            with self.in_flight.admitted(2 * _CHUNK_BYTES) as admission:
                return self.intake.take(self._lines(_pieces(body), admission))
        with self.in_flight.admitted(0) as admission:
            whole = self._read(body, admission)
            events = [bodies.binary_mode(attributes, whole)] if attributes else _events(content_type, whole)
            return self.intake.take([events])

    def _lines(self, chunks: Iterable[bytes], admission: Admission) -> Iterator[Sequence[bytes]]:
        def unfinished(size: int) -> None:
            admission.hold(max(size + _CHUNK_BYTES, 2 * _CHUNK_BYTES))

        return bodies.line_chunks(chunks, most_line_bytes=self.most_body_bytes, unfinished=unfinished)

    def _read(self, body: RawBody, admission: Admission) -> bytes:
        pieces: list[bytes] = []
        for piece in body.chunks(_PIECE_BYTES):
            admission.hold(admission.held + len(piece))
            pieces.append(piece)
            if admission.held > self.most_body_bytes:
                raise BodyTooLarge(f"send at most {self.most_body_bytes} bytes at once, or lines as {bodies.LINES}")
        return b"".join(pieces)


def _pieces(body: RawBody) -> Iterator[bytes]:
    """A last line without its end is given one: by itself it would be a batch of its own, and cost as much as all others."""
    for piece in body.chunks(_CHUNK_BYTES):
        yield piece + b"\n" if body.has_ended else piece


def _attributes(request: Request) -> dict[str, str]:
    """The attributes of binary mode. In headers, CloudEvents writes everything but printable ASCII as %XX."""
    return {
        name[len(_CE) :]: unquote(value, errors="replace")
        for name, value in request.headers.items()
        if name.startswith(_CE)
    }


def _check_content_type(content_type: str) -> None:
    if content_type not in (bodies.SINGLE, bodies.BATCH, bodies.LINES, bodies.JSON):
        raise UnsupportedMediaType(f"content type {content_type[:100]!r} is not taken; use one of {_KNOWN}")


def _check_encoding(request: Request) -> None:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("compressed bodies are not taken; send it without Content-Encoding")


def _events(content_type: str, body: bytes) -> list[bytes]:
    if content_type == bodies.BATCH or (content_type == bodies.JSON and body.lstrip()[:1] == b"["):
        return bodies.array(body)
    return bodies.single(body)
