"""Prometheus metrics whose names are checked when they are made: `andon_<service>_<noun>_<unit>[_total]`."""

import re
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_NAME = re.compile(r"^andon(_[a-z0-9]+){2,}$")
_UNBOUNDED = {"id", "event_id", "issue_id", "request_id", "path", "url"}

SIZE_BUCKETS = (1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0)
SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class MetricFactory:
    """Makes metrics on one registry; two services, or two instances, may share it under different prefixes."""

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        self.registry = registry
        self._service = service

    def counter(self, noun: str, help_text: str, labels: Sequence[str] = ()) -> Counter:
        """`andon_<service>_<noun>_total`."""
        return Counter(self._name(noun, labels), help_text, labels, registry=self.registry)

    def gauge(self, noun: str, help_text: str, labels: Sequence[str] = ()) -> Gauge:
        """`andon_<service>_<noun>`."""
        return Gauge(self._name(noun, labels), help_text, labels, registry=self.registry)

    def seconds(self, noun: str, help_text: str, labels: Sequence[str] = ()) -> Histogram:
        """`andon_<service>_<noun>_seconds`, a histogram from a millisecond to ten seconds."""
        return Histogram(
            self._name(f"{noun}_seconds", labels), help_text, labels, registry=self.registry, buckets=SECONDS_BUCKETS
        )

    def sizes(self, noun: str, help_text: str, labels: Sequence[str] = ()) -> Histogram:
        """`andon_<service>_<noun>`, a histogram of numbers of things, from one to a hundred thousand."""
        return Histogram(self._name(noun, labels), help_text, labels, registry=self.registry, buckets=SIZE_BUCKETS)

    def _name(self, noun: str, labels: Sequence[str]) -> str:
        name = f"andon_{self._service}_{noun}"
        if not _NAME.fullmatch(name):
            raise ValueError(f"metric name {name!r} is not of the form andon_<service>_<noun>_<unit>")
        if _UNBOUNDED & set(labels):
            raise ValueError(f"metric {name} has a label without bounds: {sorted(_UNBOUNDED & set(labels))}")
        return name
