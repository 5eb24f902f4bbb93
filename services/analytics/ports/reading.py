"""What the screens of analytics read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.analytics.domain.anomaly import Anomaly, State
from services.analytics.domain.catalogue import Catalogue, DefinedVersion, Definition, Kind
from services.analytics.domain.history import Readings, Span
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey, Status
from services.analytics.domain.measure_units import KnownUnits
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.value_frame import Panes
from services.analytics.ports.charting import ChartReader
from services.analytics.ports.following import StatisticsReader
from services.analytics.ports.trying import ReplayReader
from shared.calendars.windows import Window


@dataclass(frozen=True, slots=True)
class ValueFilter:
    """Which values of one indicator are asked for.

    Attributes:
        indicator_version: of the computation; see `Definition.computed_as`.
        series: the one series that `subject` means, where it names every dimension; a shorter way to the same.
        since, until: windows that begin at `since` or later and before `until`, UTC.
    """

    indicator: str
    indicator_version: int
    subject: Mapping[str, str] = field(default_factory=dict)
    series: bytes | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class AnomalyFilter:
    """Which anomalies are asked for; without a state all but those that were withdrawn."""

    state: State | None = None
    indicator: str | None = None
    rule: str | None = None
    subject: Mapping[str, str] = field(default_factory=dict)


class AnalyticsReader(Protocol):
    """Reads one consistent state and changes nothing. `limit` rows at most, those that sort after `after`."""

    charts: ChartReader
    replays: ReplayReader
    statistics: StatisticsReader

    def definition(self, kind: Kind, name: str) -> Definition | None: ...

    def indicator(self, name: str, computed_as: int | None = None) -> Indicator | None:
        """As its newest version says, or the newest with this `Definition.computed_as`; None where there is none."""
        ...

    def versions(self, kind: Kind, name: str) -> Sequence[DefinedVersion]:
        """Every version, the oldest first; none for a name never defined."""
        ...

    def definitions(self, kind: Kind, *, after: str | None, limit: int) -> Sequence[Definition]:
        """In order of their names."""
        ...

    def catalogue(self) -> Catalogue: ...

    def values(self, wanted: ValueFilter, *, after: tuple[datetime, bytes] | None, limit: int) -> Sequence[KpiValue]:
        """In order of (window start, series)."""
        ...

    def history(self, reading_type: str, span: Span) -> Iterator[Readings]:
        """At least the readings observed within the span, as they stand now; to be read before the reader is closed."""
        ...

    def anomalies(self, wanted: AnomalyFilter, *, after: str | None, limit: int) -> Sequence[Anomaly]:
        """In order of their ids, which is the order in which they were raised."""
        ...

    def anomaly(self, anomaly_id: str) -> Anomaly | None: ...

    def newest_final(self, indicator: str, indicator_version: int, *, series: int) -> Sequence[KpiValue]:
        """The newest final or restated value of each of the first `series` series."""
        ...

    def count_series(self, indicator: str, indicator_version: int, *, most: int) -> int:
        """How many subjects the indicator has final or restated values of; no further than `most`.

        Counted by the series' own hashes: one more where the four bytes of another indicator's are the same.
        """
        ...

    def open_anomalies(self) -> Mapping[str, int]:
        """Severity → how many are open."""
        ...

    def known_units(self) -> KnownUnits:
        """The units of measures, as ingest has told of them."""
        ...

    def missing_columns(self) -> Mapping[str, Sequence[str]]:
        """Indicator → columns that the newest of its readings lacked; those that can count are left out."""
        ...

    def panes(self, key: SeriesKey, window: Window) -> Panes:
        """The panes of one series that lie in a window, open or not, as they now stand."""
        ...

    def partition_state(self, partition: int) -> PartitionState | None:
        """None for a partition that nobody has read yet."""
        ...

    def partition_states(self) -> Sequence[PartitionState]: ...


class Readers(Protocol):
    """Opens readers."""

    def __call__(self) -> AbstractContextManager[AnalyticsReader]: ...
