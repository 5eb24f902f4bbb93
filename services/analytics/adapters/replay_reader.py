"""Final and restated values of whole series, for trying rules, on SQL."""

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import ColumnElement, func, select

from services.analytics.adapters.bulk import read_frame
from services.analytics.adapters.evaluate_tables import KPI_VALUES
from services.analytics.adapters.subject_condition import has_values
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.value_frame import VALUES, series_prefix, to_kpi_values
from services.analytics.ports.trying import ReplayBounds, Replayed, ReplayPart
from shared.calendars.windows import Window
from shared.database.engine import ReadConnection

_COLUMNS = [KPI_VALUES.c[name] for name in VALUES.names()]


class SqlReplayReader:
    """`services.analytics.ports.trying.ReplayReader`."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def span(self, indicator: str, indicator_version: int) -> Window | None:
        columns = KPI_VALUES.c
        final = select(columns.window_start, columns.window_end).where(
            columns.indicator == indicator,
            columns.indicator_version == indicator_version,
            columns.status != "provisional",
        )
        first = self._connection.execute(final.order_by(columns.window_start).limit(1)).first()
        last = self._connection.execute(final.order_by(columns.window_start.desc()).limit(1)).first()
        return None if first is None or last is None else Window(first.window_start, last.window_end)

    def part(self, wanted: Replayed, *, after: bytes | None, bounds: ReplayBounds) -> ReplayPart:
        series, more = self._series(wanted, after, bounds)
        if not series:
            return ReplayPart([], None)
        columns = KPI_VALUES.c
        statement = (
            select(*_COLUMNS)
            .where(columns.series.between(series[0], series[-1]), *self._of(wanted))
            .order_by(columns.series, columns.window_start)
        )
        values = to_kpi_values(read_frame(self._connection, statement, VALUES))
        grouped = [list(found) for _, found in groupby(values, key=_series_of)]
        return ReplayPart(grouped, series[-1] if more else None)

    def _series(self, wanted: Replayed, after: bytes | None, bounds: ReplayBounds) -> tuple[Sequence[bytes], bool]:
        """The next series within bounds, and whether others come after them."""
        columns = KPI_VALUES.c
        prefix = series_prefix(wanted.indicator, wanted.indicator_version)
        statement = (
            select(columns.series, func.count().label("held"))
            .where(
                columns.series > max(after or b"", prefix), columns.series <= prefix + b"\xff" * 12, *self._of(wanted)
            )
            .group_by(columns.series)
            .order_by(columns.series)
            .limit(bounds.series + 1)
        )
        found: list[bytes] = []
        held = 0
        for row in self._connection.execute(statement).all():
            if found and (held + row.held > bounds.values or len(found) == bounds.series):
                return found, True
            found.append(bytes(row.series))
            held += row.held
        return found, False

    def _of(self, wanted: Replayed) -> list[ColumnElement[bool]]:
        columns = KPI_VALUES.c
        return [
            columns.indicator == wanted.indicator,
            columns.indicator_version == wanted.indicator_version,
            columns.status != "provisional",
            *has_values(self._connection, columns.subject, wanted.subject),
        ]


def _series_of(value: KpiValue) -> bytes:
    return value.key.series
