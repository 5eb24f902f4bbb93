"""The request's body as bytes, for routes that decode it themselves. Read from a plain `def` endpoint, in its own thread."""

from collections import deque
from collections.abc import Iterator

import anyio.from_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from shared.web.errors import BodyTooLarge, InvalidQuery

_BEGINNING_BYTES = 64 * 1024


async def raw_body(request: Request) -> "RawBody":
    """Dependency: the body, of which only the beginning has been read. Raises InvalidQuery if the sender goes away.

    A small body is then complete, and the endpoint's thread need not ask the server's for it, which costs more than reading it.
    """
    body = RawBody(request)
    await body.begin()
    return body


class RawBody:
    """A body on its way. Read it once, either way."""

    def __init__(self, request: Request) -> None:
        self._stream = request.stream()
        self._beginning: deque[bytes] = deque()
        self._has_ended = False

    async def begin(self) -> None:
        """Read the beginning, or all of a small body."""
        size = 0
        while size < _BEGINNING_BYTES and not self._has_ended:
            part = await self._next_part()
            self._beginning.append(part)
            size += len(part)

    def read(self, most_bytes: int) -> bytes:
        """The whole body. Blocks until the sender has sent it. Raises BodyTooLarge, InvalidQuery if the sender goes away."""
        parts: list[bytes] = []
        size = 0
        for part in self._parts():
            size += len(part)
            if size > most_bytes:
                raise BodyTooLarge(f"send at most {most_bytes} bytes at once, or lines as application/x-ndjson")
            parts.append(part)
        return b"".join(parts)

    def chunks(self, least_bytes: int) -> Iterator[bytes]:
        """The body in pieces of about this size, as it arrives; a piece may end anywhere."""
        waiting: list[bytes] = []
        size = 0
        for part in self._parts():
            waiting.append(part)
            size += len(part)
            if size >= least_bytes:
                yield b"".join(waiting)
                waiting, size = [], 0
        if waiting:
            yield b"".join(waiting)

    def _parts(self) -> Iterator[bytes]:
        while self._beginning:
            yield self._beginning.popleft()
        while not self._has_ended:
            yield anyio.from_thread.run(self._next_part)

    async def _next_part(self) -> bytes:
        """Empty at the end, and perhaps before it."""
        try:
            part = await anext(self._stream, None)
        except ClientDisconnect as error:
            raise InvalidQuery("the body ended before it was complete; send it again") from error
        self._has_ended = part is None
        return part or b""
