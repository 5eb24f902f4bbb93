"""Rebases and frozen baselines on SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import and_, func, insert, select

from services.analytics.adapters.chart_tables import CHART_BASELINES, CHART_REBASES
from services.analytics.adapters.definition_tables import DEFINITION_TABLES, lock_definitions
from services.analytics.domain.control_chart.frozen_baseline import FrozenBaseline
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.subject import subject_text
from services.analytics.domain.value_frame import series_of
from services.analytics.ports.charting import ChartedSeries
from shared.database.engine import ReadConnection, WriteConnection
from shared.database.versioned_definitions import raise_revision

_ANY_VERSION = 0


class SqlChartReader:
    """`services.analytics.ports.charting.ChartReader`."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def rebases(self, series: ChartedSeries) -> Sequence[Rebase]:
        columns = CHART_REBASES.c
        statement = (
            select(*(columns[field.name] for field in fields(Rebase)))
            .where(columns.series == _key(series))
            .order_by(columns.starts_at, columns.version)
        )
        return [Rebase(**row) for row in self._connection.execute(statement).mappings()]

    def baselines(self, series: bytes) -> Sequence[FrozenBaseline]:
        columns = CHART_BASELINES.c
        statement = (
            select(*(columns[field.name] for field in fields(FrozenBaseline)))
            .where(columns.series == series)
            .order_by(columns.phase, columns.version)
        )
        return [FrozenBaseline(**row) for row in self._connection.execute(statement).mappings()]


class SqlChartStore(SqlChartReader):
    """`services.analytics.ports.charting.ChartStore`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        super().__init__(connection)
        self._writing = connection

    def lock(self) -> None:
        self._writing.lock("analytics charts")

    def add_rebase(self, series: ChartedSeries, rebase: Rebase) -> None:
        subject = subject_text(series.subject)
        row = {"series": _key(series), "indicator": series.indicator, "subject": subject, **asdict(rebase)}
        lock_definitions(self._writing)
        self._writing.change(insert(CHART_REBASES).values(**row))
        raise_revision(self._writing, DEFINITION_TABLES)  # rules judge by it

    def add_baseline(self, series: bytes, baseline: FrozenBaseline) -> None:
        self._writing.change(insert(CHART_BASELINES).values(series=series, **asdict(baseline)))


def phase_starts(connection: ReadConnection) -> Mapping[tuple[str, str], tuple[datetime, ...]]:
    """Indicator and subject (canonical JSON) → where its phases begin that people have begun, ascending."""
    columns = CHART_REBASES.c
    newest = (
        select(columns.series, columns.starts_at, func.max(columns.version).label("version"))
        .group_by(columns.series, columns.starts_at)
        .subquery()
    )
    same = and_(*(columns[column.name] == column for column in newest.c))
    statement = (
        select(columns.indicator, columns.subject, columns.starts_at)
        .join_from(CHART_REBASES, newest, same)
        .where(columns.withdrawn.is_(False))
        .order_by(columns.starts_at)
    )
    found: dict[tuple[str, str], tuple[datetime, ...]] = {}
    for row in connection.execute(statement):
        key = (row.indicator, row.subject)
        found[key] = (*found.get(key, ()), row.starts_at)
    return found


def _key(series: ChartedSeries) -> bytes:
    return series_of(series.indicator, _ANY_VERSION, subject_text(series.subject))
