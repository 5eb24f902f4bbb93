"""What a pump tells about its work: for metrics, which each service names itself."""

from enum import StrEnum
from typing import Protocol

from shared.eventlog.port import Partition


class Outcome(StrEnum):
    """How one call of a handler ended; a metric label."""

    HANDLED = "handled"
    SKIPPED = "skipped"
    BUSY = "busy"
    UNPROCESSABLE = "unprocessable"
    LOST = "lost"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


class PumpObserver(Protocol):
    """Called on the pump's thread; must not raise, nor block."""

    def handled(self, outcome: Outcome, records: int, seconds: float) -> None:
        """The handler was given `records` records, and took `seconds`."""
        ...

    def retried(self, error: Exception) -> None:
        """Expected trouble, such as a broker that is away; the next step tries again."""
        ...

    def dead_letter(self, topic: str, reason: str) -> None:
        """A record of `topic` was put with the dead letters."""
        ...

    def lag(self, partition: Partition, records: int | None, seconds: float | None) -> None:
        """After each step: how many records of `partition` are not handled, and at most how long ago the oldest of them
        was appended. None while unknown.
        """
        ...

    def lost(self, partition: Partition) -> None:
        """The partition belongs to somebody else now; its figures are not this pump's any more."""
        ...


class NullObserver:
    """Hears nothing."""

    def handled(self, outcome: Outcome, records: int, seconds: float) -> None: ...

    def retried(self, error: Exception) -> None: ...

    def dead_letter(self, topic: str, reason: str) -> None: ...

    def lag(self, partition: Partition, records: int | None, seconds: float | None) -> None: ...

    def lost(self, partition: Partition) -> None: ...
