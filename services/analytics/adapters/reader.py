"""What the screens read, on SQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Subquery, func, literal, select, tuple_

from services.analytics.adapters.anomaly_store import to_anomaly
from services.analytics.adapters.bulk import read_frame
from services.analytics.adapters.chart_store import SqlChartReader
from services.analytics.adapters.counting_problems import missing_columns
from services.analytics.adapters.definitions import SqlDefinitions
from services.analytics.adapters.derived_values import DerivedValues
from services.analytics.adapters.evaluate_tables import ANOMALIES, KPI_VALUES
from services.analytics.adapters.open_values import panes_within, with_open_values
from services.analytics.adapters.partition_store import state_of, states
from services.analytics.adapters.reading_history import SqlHistoryReader
from services.analytics.adapters.reading_type_store import known_units
from services.analytics.adapters.replay_reader import SqlReplayReader
from services.analytics.adapters.statistics_store import SqlStatisticsReader
from services.analytics.adapters.subject_condition import has_values
from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.catalogue import Catalogue, DefinedVersion, Definition, Kind
from services.analytics.domain.history import Readings, Span
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.measure_units import KnownUnits
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.value_frame import VALUES, Panes, series_prefix, to_kpi_values
from services.analytics.ports.charting import ChartReader
from services.analytics.ports.following import StatisticsReader
from services.analytics.ports.reading import AnomalyFilter, ValueFilter
from services.analytics.ports.trying import ReplayReader
from shared.calendars.windows import Window
from shared.database.engine import Database, ReadConnection
from shared.database.types import UtcDateTime

_COLUMNS = [KPI_VALUES.c[name] for name in VALUES.names()]


class SqlReaders:
    """`services.analytics.ports.reading.Readers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self) -> Iterator["SqlReader"]:
        with self._database.reading() as connection:
            yield SqlReader(connection)


class SqlReader:
    """`services.analytics.ports.reading.AnalyticsReader`."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection
        self._definitions = SqlDefinitions(connection)
        self.charts: ChartReader = SqlChartReader(connection)
        self.replays: ReplayReader = SqlReplayReader(connection)
        self.statistics: StatisticsReader = SqlStatisticsReader(connection)

    def definition(self, kind: Kind, name: str) -> Definition | None:
        return self._definitions.newest(kind, name)

    def indicator(self, name: str, computed_as: int | None = None) -> Indicator | None:
        return self._definitions.indicator(name, computed_as)

    def versions(self, kind: Kind, name: str) -> Sequence[DefinedVersion]:
        return self._definitions.versions(kind, name)

    def definitions(self, kind: Kind, *, after: str | None, limit: int) -> Sequence[Definition]:
        return self._definitions.all_newest(kind, after=after, limit=limit)

    def catalogue(self) -> Catalogue:
        return self._definitions.catalogue()

    def values(self, wanted: ValueFilter, *, after: tuple[datetime, bytes] | None, limit: int) -> Sequence[KpiValue]:
        columns = KPI_VALUES.c
        statement = (
            select(*_COLUMNS)
            .where(
                columns.indicator == wanted.indicator,
                columns.indicator_version == wanted.indicator_version,
                *has_values(self._connection, columns.subject, wanted.subject),
            )
            .order_by(columns.window_start, columns.series)
            .limit(limit)
        )
        if wanted.series is not None:
            statement = statement.where(columns.series == wanted.series)
        if wanted.since is not None:
            statement = statement.where(columns.window_start >= wanted.since)
        if wanted.until is not None:
            statement = statement.where(columns.window_start < wanted.until)
        if wanted.status is not None:
            statement = statement.where(columns.status == wanted.status)
        if after is not None:
            moment, series = after
            key = tuple_(literal(moment, UtcDateTime), literal(series))
            statement = statement.where(tuple_(columns.window_start, columns.series) > key)
        stored = read_frame(self._connection, statement, VALUES)
        if wanted.status in ("final", "restated"):
            return to_kpi_values(stored)
        indicator = self._definitions.indicator(wanted.indicator, wanted.indicator_version)
        if indicator is None:
            return to_kpi_values(stored)
        if indicator.formula.parts:
            derived = DerivedValues(self._connection, self.catalogue())
            is_in_force = derived.catalogue.indicators[indicator.name].version == indicator.version
            if not is_in_force:
                return to_kpi_values(stored)
            return to_kpi_values(derived.added_to(stored, indicator, wanted=wanted, after=after, limit=limit))
        return to_kpi_values(
            with_open_values(self._connection, stored, indicator, wanted=wanted, after=after, limit=limit)
        )

    def history(self, reading_type: str, span: Span) -> Iterator[Readings]:
        return SqlHistoryReader(self._connection).readings(reading_type, span, None)

    def anomalies(self, wanted: AnomalyFilter, *, after: str | None, limit: int) -> Sequence[Anomaly]:
        columns = ANOMALIES.c
        is_shown = columns.state == wanted.state if wanted.state else columns.state != "withdrawn"
        statement = (
            select(columns.snapshot)
            .where(is_shown, *has_values(self._connection, columns.subject, wanted.subject))
            .order_by(columns.id)
            .limit(limit)
        )
        if wanted.indicator is not None:
            statement = statement.where(columns.indicator == wanted.indicator)
        if wanted.rule is not None:
            statement = statement.where(columns.rule == wanted.rule)
        if after is not None:
            statement = statement.where(columns.id > after)
        return [to_anomaly(snapshot) for snapshot in self._connection.execute(statement).scalars()]

    def anomaly(self, anomaly_id: str) -> Anomaly | None:
        statement = select(ANOMALIES.c.snapshot).where(ANOMALIES.c.id == anomaly_id)
        found = self._connection.execute(statement).scalar_one_or_none()
        return None if found is None else to_anomaly(found)

    def newest_final(self, indicator: str, indicator_version: int, *, series: int) -> Sequence[KpiValue]:
        columns = KPI_VALUES.c
        first = _closed_series(indicator, indicator_version, series)
        closed = select(columns.window_start).where(columns.series == first.c.series, columns.status != "provisional")
        newest = closed.order_by(columns.window_start.desc()).limit(1).correlate(first).scalar_subquery()
        on = (columns.series == first.c.series) & (columns.window_start == newest)
        statement = (
            select(*_COLUMNS)
            .join_from(first, KPI_VALUES, on)
            .where(columns.indicator == indicator, columns.indicator_version == indicator_version)
        )
        return to_kpi_values(read_frame(self._connection, statement, VALUES))

    def count_series(self, indicator: str, indicator_version: int, *, most: int) -> int:
        statement = select(func.count()).select_from(_closed_series(indicator, indicator_version, most))
        return int(self._connection.execute(statement).scalar_one())

    def open_anomalies(self) -> Mapping[str, int]:
        columns = ANOMALIES.c
        severity = columns.snapshot["severity"].as_string().label("severity")
        statement = select(severity, func.count().label("open")).where(columns.state == "open").group_by(severity)
        return {str(row.severity): int(row.open) for row in self._connection.execute(statement)}

    def known_units(self) -> KnownUnits:
        return known_units(self._connection)

    def missing_columns(self) -> Mapping[str, Sequence[str]]:
        return missing_columns(self._connection)

    def panes(self, key: SeriesKey, window: Window) -> Panes:
        return panes_within(self._connection, key, window)

    def partition_state(self, partition: int) -> PartitionState | None:
        return state_of(self._connection, partition)

    def partition_states(self) -> Sequence[PartitionState]:
        return states(self._connection)


def _closed_series(indicator: str, indicator_version: int, most: int) -> Subquery:
    """The first series that have a closed value, by their hashes: a few look-ups each, however many values it has."""
    columns = KPI_VALUES.c
    prefix = series_prefix(indicator, indicator_version)
    closed = select(columns.series).where(columns.series <= prefix + b"\xff" * 12, columns.status != "provisional")
    first = closed.order_by(columns.series).limit(1)
    found = select(first.where(columns.series >= prefix).scalar_subquery().label("series")).cte(recursive=True)
    following = first.where(columns.series > found.c.series).correlate(found).scalar_subquery()
    every = found.union_all(select(following).where(found.c.series.is_not(None)))
    return select(every.c.series).where(every.c.series.is_not(None)).limit(most).subquery()
