"""How much is being taken in over HTTP at the same time, and the end of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.ingest.domain.errors import Overloaded

_RETRY_AFTER_SECONDS = 1


class InFlight:
    """Bytes that have been read and are not yet durable. Safe to use from many threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def admitted(self, size: int) -> Iterator["Admission"]:
        """Hold `size` bytes, or what the admission is told to hold, for the length of the block.

        Raises:
            Overloaded: more is held already than may be; the sender must wait and repeat.
        """
        admission = Admission(self)
        try:
            admission.hold(size)
            yield admission
        finally:
            admission.hold(0)

    def change(self, held: int, wanted: int) -> None:
        """One admission wants another size. The one that holds all there is is let grow: it could not wait for anybody."""
        with self._lock:
            others = self._bytes - held
            if wanted > held and others and others + wanted > self._most_bytes:
                detail = f"{self._bytes} bytes are being taken in; send the same again in {_RETRY_AFTER_SECONDS} s"
                raise Overloaded(detail, facts={"retry_after_seconds": _RETRY_AFTER_SECONDS})
            self._bytes = others + wanted


@dataclass
class Admission:
    """What one request holds."""

    in_flight: InFlight
    held: int = 0

    def hold(self, size: int) -> None:
        """Hold this much from now on. Raises Overloaded."""
        self.in_flight.change(self.held, size)
        self.held = size
