"""The request's body as bytes, for routes that decode it themselves. Read from a plain `def` endpoint, in its own thread."""

from collections.abc import AsyncIterator, Iterator

import anyio.from_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from shared.web.errors import BodyTooLarge, InvalidQuery
from shared.web.read_ahead import LEAST_BYTES, ReadAhead


async def raw_body(request: Request) -> AsyncIterator["RawBody"]:
    """Dependency: the body, of which the beginning has been read, or all where `ReadAhead` lets it.

    Raises:
        InvalidQuery: the sender goes away.
    """
    ahead: ReadAhead = request.app.state.read_ahead
    with ahead.granted(request.headers.get("content-length")) as granted_bytes:
        body = RawBody(request)
        await body.gather(granted_bytes + 1)  # one more than there are: the end is read too
        yield body


class RawBody:
    """A body on its way. Read it once, either way; what has been read and not yet handed over is held here.

    Attributes:
        has_ended: all of it has been read; whoever is handed a piece knows by it whether another one may follow.
    """

    def __init__(self, request: Request) -> None:
        self._stream = request.stream()
        self._held: list[bytes] = []
        self._held_bytes = 0
        self.has_ended = False

    def read(self, most_bytes: int) -> bytes:
        """The whole body. Blocks until the sender has sent it. Raises BodyTooLarge, InvalidQuery if the sender goes away."""
        pieces: list[bytes] = []
        size = 0
        for piece in self.chunks(LEAST_BYTES):
            size += len(piece)
            if size > most_bytes:
                raise BodyTooLarge(f"send at most {most_bytes} bytes at once, or lines as application/x-ndjson")
            pieces.append(piece)
        return b"".join(pieces)

    def chunks(self, least_bytes: int) -> Iterator[bytes]:
        """The body in pieces of about this size, as it arrives; a piece may end anywhere. Blocks until a piece is complete."""
        while self._held or not self.has_ended:
            if self._held_bytes < least_bytes and not self.has_ended:
                anyio.from_thread.run(self.gather, least_bytes)
            if self._held:
                piece, self._held, self._held_bytes = b"".join(self._held), [], 0
                yield piece

    async def gather(self, least_bytes: int) -> None:
        """Read on until so much is held, or the body has ended."""
        while self._held_bytes < least_bytes and not self.has_ended:
            try:
                part = await anext(self._stream, None)
            except ClientDisconnect as error:
                raise InvalidQuery("the body ended before it was complete; send it again") from error
            if part is None:
                self.has_ended = True
            elif part:
                self._held.append(part)
                self._held_bytes += len(part)
