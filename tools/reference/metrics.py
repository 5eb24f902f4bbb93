"""The metrics of every service, recorded as they are made."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.telemetry.metrics import MetricFactory
from tools.reference.document import Document, markdown, table
from tools.reference.services import classes_of, parts

_INTRODUCTION = (
    "Each process shows its metrics at `/metrics`, in the form that Prometheus reads. Names are public: they are not changed "
    "without a `[CHANGE]` line in the changelog. A histogram `x_seconds` has the series `x_seconds_bucket`, `x_seconds_sum` and "
    "`x_seconds_count`. Dashboards and alerting rules are in `deploy/grafana` and `deploy/prometheus`."
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as it was asked for."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


class RecordingFactory(MetricFactory):
    """Makes metrics as its parent does, and remembers what it was asked for."""

    def __init__(self, service: str) -> None:
        super().__init__(CollectorRegistry(), service)
        self.made: list[Metric] = []
        self._prefix = f"andon_{service}_"

    def counter(self, noun: str, help_text: str, labels: Sequence[str] = ()) -> Counter:
        self.made.append(Metric(f"{self._prefix}{noun}_total", "counter", tuple(labels), help_text))
        return super().counter(noun, help_text, labels)

    def gauge(self, noun: str, help_text: str, labels: Sequence[str] = ()) -> Gauge:
        self.made.append(Metric(f"{self._prefix}{noun}", "gauge", tuple(labels), help_text))
        return super().gauge(noun, help_text, labels)

    def seconds(self, noun: str, help_text: str, labels: Sequence[str] = ()) -> Histogram:
        self.made.append(Metric(f"{self._prefix}{noun}_seconds", "histogram", tuple(labels), help_text))
        return super().seconds(noun, help_text, labels)


def metrics() -> dict[str, list[Metric]]:
    """Service → its metrics, in the order in which they are made."""
    found: dict[str, list[Metric]] = {}
    for service, module in parts("metrics.py"):
        factory = RecordingFactory(service)
        for item in classes_of(module):
            if _takes_a_factory(item):
                item(factory)
        found[service] = factory.made
    return found


def documents() -> Iterator[Document]:
    blocks = [_INTRODUCTION]
    for owner, made in metrics().items():
        blocks.append(f"## {owner.capitalize()}")
        rows = [(f"`{item.name}`", item.kind, ", ".join(item.labels) or "none", item.meaning) for item in made]
        blocks.append(table(("metric", "kind", "labels", "meaning"), rows))
    yield markdown("docs/reference/metrics.md", "Metrics", *blocks)


def _takes_a_factory(item: type) -> bool:
    parameters = list(inspect.signature(item).parameters.values())
    return len(parameters) == 1 and parameters[0].annotation is MetricFactory
