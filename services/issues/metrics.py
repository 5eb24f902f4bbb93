"""What issues counts."""

from collections.abc import Mapping

from shared.telemetry.metrics import MetricFactory


class IssuesMetrics:
    """Metrics of one instance of issues."""

    def __init__(self, make: MetricFactory) -> None:
        self._open = make.gauge("open", "Open issues, by severity and state.", ["severity", "state"])
        self._shown: set[tuple[str, str]] = set()
        self._opened = make.counter("opened", "Issues opened, by source.", ["source"])
        self._changes = make.counter("changes", "Changes of issues, by what has happened.", ["change"])
        self._commands = make.counter("commands", "Commands of people, by what became of them.", ["outcome"])
        self._outbox = make.gauge("outbox_oldest_age_seconds", "Age of the oldest change that waits to be published.")

    def opened(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Set the gauge of open issues; a pair that is gone is forgotten."""
        for severity, state in self._shown - set(counts):
            self._open.remove(severity, state)
        for (severity, state), count in counts.items():
            self._open.labels(severity, state).set(count)
        self._shown = set(counts)

    def changed(self, change: str, *, source: str) -> None:
        """One change of an issue has become durable."""
        self._changes.labels(change).inc()
        if change == "issue.detected":
            self._opened.labels(source).inc()

    def tried(self, *, outcome: str) -> None:
        """A command was `ok`, `failed`, or refused by the error of this id."""
        self._commands.labels(outcome).inc()

    def outbox_age(self, seconds: float) -> None:
        self._outbox.set(seconds)
