"""Refreshes the gauge of open quarantine entries now and then."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from services.ingest.metrics import IngestMetrics

_EVERY = timedelta(seconds=5)


class QuarantineTimer:
    """A stepper."""

    name = "ingest.quarantine-gauge"

    def __init__(self, count: Callable[[], Mapping[str, int]], metrics: IngestMetrics) -> None:
        self._count = count
        self._metrics = metrics
        self._due: datetime | None = None

    def step(self, now: datetime) -> bool:
        """Count when it is due; there is never more to do at once."""
        if self._due is None or now >= self._due:
            self._metrics.quarantine(self._count())
            self._due = now + _EVERY
        return False

    def close(self) -> None:
        """Nothing is held."""
