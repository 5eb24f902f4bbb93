"""What goals counts."""

from collections.abc import Mapping

from shared.telemetry.metrics import MetricFactory


class GoalsMetrics:
    """Metrics of one instance of goals."""

    def __init__(self, make: MetricFactory) -> None:
        self._health = make.gauge("active", "Goals of active goal sets, by health.", ["health"])
        self._outbox = make.gauge("outbox_oldest_age_seconds", "Age of the oldest change that waits to be published.")

    def healths(self, counts: Mapping[str, int]) -> None:
        """Set the gauge of goals by health."""
        self._health.clear()
        for health, count in counts.items():
            self._health.labels(health).set(count)

    def outbox_age(self, seconds: float) -> None:
        self._outbox.set(seconds)
