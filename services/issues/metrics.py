"""What issues counts."""

from collections.abc import Mapping

from shared.telemetry.metrics import MetricFactory


class IssuesMetrics:
    """Metrics of one instance of issues."""

    def __init__(self, make: MetricFactory) -> None:
        self._open = make.gauge("open", "Open issues, by severity and state.", ["severity", "state"])
        self._commands = make.counter("commands", "Commands of people, by what became of them.", ["outcome"])
        self._outbox = make.gauge("outbox_oldest_age_seconds", "Age of the oldest change that waits to be published.")

    def opened(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Set the gauge of open issues; a pair that is gone is forgotten."""
        self._open.clear()
        for (severity, state), count in counts.items():
            self._open.labels(severity, state).set(count)

    def tried(self, *, outcome: str) -> None:
        self._commands.labels(outcome).inc()

    def outbox_age(self, seconds: float) -> None:
        self._outbox.set(seconds)
