"""Deleting what has outlived its topic's retention, on a log that has no broker to do it."""

from datetime import datetime
from typing import Protocol, runtime_checkable

from shared.eventlog.port import LogUnavailable
from shared.telemetry.logging import Logger


@runtime_checkable
class Expiring(Protocol):
    """A log that deletes when it is told to."""

    def expire(self, now: datetime) -> bool:
        """Delete some of what is too old at `now`, and give back some disk space; says whether more of it waits."""
        ...


class LogRetention:
    """Deletes old records bit by bit; a `Stepper`. A crash leaves the rest for the next time."""

    name = "eventlog.retention"

    def __init__(self, log: Expiring, logger: Logger) -> None:
        self._log = log
        self._logger = logger

    def step(self, now: datetime) -> bool:
        try:
            return self._log.expire(now)
        except LogUnavailable as error:
            self._logger.warning("retention_postponed", error=str(error))
            return False

    def close(self) -> None:
        """Holds nothing."""
