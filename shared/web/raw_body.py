"""The request's body as bytes, for routes that decode it themselves. Read from a plain `def` endpoint, in its own thread."""

from collections.abc import Iterator

import anyio.from_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from shared.web.errors import BodyTooLarge, InvalidQuery


class RawBody:
    """Dependency: the body, not yet read. Read it once, either way."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._stream = request.stream()

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
        while True:
            try:
                part = anyio.from_thread.run(self._next_part)
            except ClientDisconnect as error:
                raise InvalidQuery("the body ended before it was complete; send it again") from error
            if part is None:
                return
            if part:
                yield part

    async def _next_part(self) -> bytes | None:
        return await anext(self._stream, None)
