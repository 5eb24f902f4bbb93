"""Reads how things stand from the database now and then, and shows it as gauges."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.analytics.metrics import AnalyticsMetrics
from services.analytics.use_cases.query_standing import QueryStanding

OldestUnpublished = Callable[[], datetime | None]


class GaugeTimer:
    """A stepper. What it shows is read afresh each time, so a restart changes nothing."""

    name = "analytics.gauges"

    def __init__(
        self,
        *,
        query: QueryStanding,
        oldest_unpublished: OldestUnpublished,
        metrics: AnalyticsMetrics,
        every: timedelta,
    ) -> None:
        self._query = query
        self._oldest_unpublished = oldest_unpublished
        self._metrics = metrics
        self._every = every
        self._next: datetime | None = None

    def step(self, now: datetime) -> bool:
        """Blocks for the queries, at most once per `every`."""
        if self._next is None or now >= self._next:
            self._next = now + self._every
            self._metrics.stands(self._query(now))
            oldest = self._oldest_unpublished()
            self._metrics.outbox(0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
        return False

    def close(self) -> None:
        """Holds nothing."""
