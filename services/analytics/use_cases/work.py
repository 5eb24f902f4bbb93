"""What stage two counts of its work. Part of both its commands."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.analytics.domain.anomaly import Change
from services.analytics.domain.value_frame import Values, final_values, statuses


@dataclass(slots=True)
class Work:
    """What a transaction has done, for the metrics."""

    superseded: int = 0
    values: dict[str, int] = field(default_factory=dict)
    anomalies: dict[str, int] = field(default_factory=dict)

    def count_provisional(self, count: int) -> None:
        """When they change, published or not."""
        self.values["provisional"] = self.values.get("provisional", 0) + count

    def count_final(self, values: Values) -> None:
        for status, count in statuses(final_values(values)).items():
            self.values[status] = self.values.get(status, 0) + count

    def count_anomalies(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.anomalies[change.kind.value] = self.anomalies.get(change.kind.value, 0) + 1
