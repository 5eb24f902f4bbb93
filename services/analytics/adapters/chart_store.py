"""Rebases and frozen baselines on SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import RowMapping, insert, select

from services.analytics.adapters.chart_tables import CHART_BASELINES, CHART_REBASES
from services.analytics.adapters.definition_tables import DEFINITION_TABLES, lock_definitions
from services.analytics.domain.begun_phase import BegunPhase
from services.analytics.domain.catalogue import BegunPhases
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
        return [_to_rebase(row) for row in self._connection.execute(statement).mappings()]

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
        excluded = [moment.isoformat() for moment in rebase.excluded]
        row = {"series": _key(series), "indicator": series.indicator, "subject": subject, **asdict(rebase)}
        row["excluded"] = excluded or None
        lock_definitions(self._writing)
        revision = raise_revision(self._writing, DEFINITION_TABLES)  # rules judge by it
        self._writing.change(insert(CHART_REBASES).values(**row, revision=revision))

    def add_baseline(self, series: bytes, baseline: FrozenBaseline) -> None:
        self._writing.change(insert(CHART_BASELINES).values(series=series, **asdict(baseline)))


def begun_phases(connection: ReadConnection) -> Mapping[tuple[str, str], BegunPhases]:
    """Indicator and subject (canonical JSON) → the phases that people have begun, all of them taken back included."""
    columns = CHART_REBASES.c
    names = ("indicator", "subject", "starts_at", "withdrawn", "revision", "baseline_windows", "excluded")
    newest: dict[tuple[str, str], dict[datetime, BegunPhase | None]] = {}
    revisions: dict[tuple[str, str], int] = {}
    for row in connection.execute(select(*(columns[name] for name in names)).order_by(columns.version)):
        key = (row.indicator, row.subject)
        phase = BegunPhase(row.starts_at, row.baseline_windows, _moments(row.excluded))
        newest.setdefault(key, {})[row.starts_at] = None if row.withdrawn else phase
        revisions[key] = max(row.revision, revisions.get(key, 0))
    return {
        key: BegunPhases(tuple(phase for _, phase in sorted(known.items()) if phase is not None), revisions[key])
        for key, known in newest.items()
    }


def _to_rebase(row: RowMapping) -> Rebase:
    return Rebase(**{**row, "excluded": _moments(row["excluded"])})


def _moments(kept: Sequence[str] | None) -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(moment) for moment in kept or ())


def _key(series: ChartedSeries) -> bytes:
    return series_of(series.indicator, _ANY_VERSION, subject_text(series.subject))
