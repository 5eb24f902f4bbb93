"""Show anomalies."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.errors import UnknownAnomaly
from services.analytics.ports.reading import AnomalyFilter, Readers


@dataclass(frozen=True, slots=True)
class QueryAnomalies:
    """Anomalies in the order in which they were raised."""

    readers: Readers

    def page(self, wanted: AnomalyFilter, *, after: str | None, limit: int) -> Sequence[Anomaly]:
        with self.readers() as reader:
            return reader.anomalies(wanted, after=after, limit=limit)

    def one(self, anomaly_id: str) -> Anomaly:
        """Raises UnknownAnomaly."""
        with self.readers() as reader:
            found = reader.anomaly(anomaly_id)
        if found is None:
            raise UnknownAnomaly(f"there is no anomaly {anomaly_id!r}")
        return found
