"""Rebases and frozen baselines on SQL."""

from collections.abc import Sequence
from dataclasses import asdict, fields

from sqlalchemy import insert, select

from services.analytics.adapters.chart_tables import CHART_BASELINES, CHART_REBASES
from services.analytics.domain.control_chart.frozen_baseline import FrozenBaseline
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.subject import subject_text
from services.analytics.domain.value_frame import series_of
from services.analytics.ports.charting import ChartedSeries
from shared.database.engine import ReadConnection, WriteConnection

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
        self._writing.change(insert(CHART_REBASES).values(**row))

    def add_baseline(self, series: bytes, baseline: FrozenBaseline) -> None:
        self._writing.change(insert(CHART_BASELINES).values(series=series, **asdict(baseline)))


def _key(series: ChartedSeries) -> bytes:
    return series_of(series.indicator, _ANY_VERSION, subject_text(series.subject))
