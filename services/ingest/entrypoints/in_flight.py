"""How much is being taken in at the same time, and the end of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from services.ingest.domain.errors import Overloaded

_RETRY_AFTER_SECONDS = 1


class InFlight:
    """Bytes that have been read and are not yet durable. Safe to use from many threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def taking(self, size: int) -> Iterator[None]:
        """Hold `size` bytes for the length of the block; a single piece is always let in when nothing else is.

        Raises:
            Overloaded: more is held already than may be; the sender must wait and repeat.
        """
        with self._lock:
            if self._bytes and self._bytes + size > self._most_bytes:
                detail = f"{self._bytes} bytes are being taken in; send the same again in {_RETRY_AFTER_SECONDS} s"
                raise Overloaded(detail, facts={"retry_after_seconds": _RETRY_AFTER_SECONDS})
            self._bytes += size
        try:
            yield
        finally:
            with self._lock:
                self._bytes -= size
