"""What goals counts."""

from collections.abc import Mapping

from services.goals.domain.attainment import Health
from shared.telemetry.metrics import MetricFactory


class GoalsMetrics:
    """Metrics of one instance of goals."""

    def __init__(self, make: MetricFactory) -> None:
        self._health = make.gauge("active", "Goals of active goal sets, by health.", ["health"])
        self._outbox = make.gauge("outbox_oldest_age_seconds", "Age of the oldest change that waits to be published.")

    def healths(self, counts: Mapping[str, int]) -> None:
        """Set the gauge of goals by health."""
        for health in Health:
            self._health.labels(health.value).set(counts.get(health.value, 0))

    def outbox_age(self, seconds: float) -> None:
        self._outbox.set(seconds)
