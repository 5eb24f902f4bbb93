"""Refreshes now and then the gauges of what waits: open quarantine entries, and what is to be published."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from services.ingest.metrics import IngestMetrics

_EVERY = timedelta(seconds=5)


class QuarantineTimer:
    """A stepper."""

    name = "ingest.quarantine-gauge"

    def __init__(
        self,
        count: Callable[[], Mapping[str, int]],
        oldest_unpublished: Callable[[], datetime | None],
        metrics: IngestMetrics,
    ) -> None:
        self._count = count
        self._oldest_unpublished = oldest_unpublished
        self._metrics = metrics
        self._due: datetime | None = None

    def step(self, now: datetime) -> bool:
        """Count when it is due; there is never more to do at once."""
        if self._due is None or now >= self._due:
            self._metrics.quarantine(self._count())
            oldest = self._oldest_unpublished()
            self._metrics.outbox_age(0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
            self._due = now + _EVERY
        return False

    def close(self) -> None:
        """Nothing is held."""
