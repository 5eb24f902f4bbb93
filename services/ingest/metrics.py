"""What ingest counts."""

from collections.abc import Mapping
from datetime import timedelta

from services.ingest.domain.quarantine import Reason
from shared.telemetry.metrics import MetricFactory


class IngestMetrics:
    """Metrics of one instance of ingest."""

    def __init__(self, make: MetricFactory) -> None:
        self._readings = make.counter(
            "readings", "Events taken in, by what became of them and why.", ["outcome", "reason"]
        )
        self._batch = make.sizes("batch_events", "Events in one batch that was taken in.")
        self._accept = make.seconds("accept", "Time to take in one batch, until it is durable.", ["outcome"])
        self._map = make.seconds("map", "Time to decode and map one batch, without making it durable.", ["outcome"])
        self._open = make.gauge("quarantine_open", "Open entries of the quarantine, by reason.", ["reason"])
        self._outbox = make.gauge("outbox_oldest_age_seconds", "Age of the oldest change that waits to be published.")
        self._backlog = make.gauge("backlog_seconds", "How long readings have waited on the log for analytics.")
        for reason in Reason:
            self._readings.labels("quarantined", reason.value)
            self._open.labels(reason.value).set(0)
        self._readings.labels("accepted", "none")

    def accepted(self, count: int, reasons: Mapping[str, int]) -> None:
        """Count one batch."""
        self._readings.labels("accepted", "none").inc(count)
        for reason, number in reasons.items():
            self._readings.labels("quarantined", reason).inc(number)
        self._batch.observe(count + sum(reasons.values()))

    def took(self, seconds: float, *, outcome: str) -> None:
        self._accept.labels(outcome).observe(seconds)

    def mapped(self, seconds: float, *, outcome: str) -> None:
        self._map.labels(outcome).observe(seconds)

    def backlog(self, waits: timedelta) -> None:
        self._backlog.set(waits.total_seconds())

    def outbox_age(self, seconds: float) -> None:
        self._outbox.set(seconds)

    def quarantine(self, open_by_reason: Mapping[str, int]) -> None:
        for reason in Reason:
            self._open.labels(reason.value).set(open_by_reason.get(reason.value, 0))
