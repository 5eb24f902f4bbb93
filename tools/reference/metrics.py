"""The metrics of every service, recorded as they are registered."""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from shared.eventlog.pump_metrics import PumpMetrics
from shared.runtime.identifiers import CountingIds
from shared.telemetry.metrics import MetricFactory
from shared.telemetry.operational_errors import ActivityObserver
from shared.web.application import Surroundings, create_application
from tools.reference.document import Document, markdown, table
from tools.reference.services import classes_of, parts

_INTRODUCTION = (
    "Each process shows its metrics at `/metrics`, in the form that Prometheus reads. Names are public: they are not changed "
    "without a `[CHANGE]` line in the changelog. A histogram `x_seconds` has the series `x_seconds_bucket`, `x_seconds_sum` and "
    "`x_seconds_count`. Dashboards and alerting rules are in `deploy/grafana` and `deploy/prometheus`."
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as it is shown."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


class RecordingRegistry(CollectorRegistry):
    """Remembers what is registered, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[Metric] = []

    def register(self, collector: Collector) -> None:
        super().register(collector)
        labels = tuple(getattr(collector, "_labelnames", ()))  # the client has no public way to ask
        families: Iterable[Family] = getattr(collector, "describe", collector.collect)()
        for family in families:
            name = f"{family.name}_total" if family.type == "counter" else family.name
            self.recorded.append(Metric(name, family.type, labels, family.documentation))


def metrics() -> dict[str, list[Metric]]:
    """Owner → its metrics, in the order in which they are registered."""
    found = {"every process": _process_metrics()}
    for service, module in parts("metrics.py"):
        registry = RecordingRegistry()
        make = MetricFactory(registry, service)
        for item in [*filter(_takes_a_factory, classes_of(module)), PumpMetrics]:
            item(make)
        found[service] = registry.recorded
    return found


def documents() -> Iterator[Document]:
    blocks = [_INTRODUCTION]
    for owner, made in metrics().items():
        blocks.append(f"## {owner.capitalize()}")
        rows = [(f"`{item.name}`", item.kind, ", ".join(item.labels) or "none", item.meaning) for item in made]
        blocks.append(table(("metric", "kind", "labels", "meaning"), rows))
    yield markdown("docs/reference/metrics.md", "Metrics", *blocks)


def _process_metrics() -> list[Metric]:
    registry = RecordingRegistry()
    ActivityObserver(registry)
    create_application([], Surroundings(ids=CountingIds(), registry=registry))
    return registry.recorded


def _takes_a_factory(item: type) -> bool:
    parameters = list(inspect.signature(item).parameters.values())
    return len(parameters) == 1 and parameters[0].annotation is MetricFactory
