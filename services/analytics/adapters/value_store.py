"""Panes and KPI values on SQL, in bulk."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import polars as pl
from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    UnaryExpression,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    true,
)

from services.analytics.adapters.bulk import Wanted, read_frame, upsert_frame, wanted, wanted_frame
from services.analytics.adapters.evaluate_tables import KPI_VALUES
from services.analytics.adapters.evaluate_tables import PANES as PANES_TABLE
from services.analytics.adapters.sketch_codec import decode_sketches, encode_sketches
from services.analytics.domain.empty_frame import empty_frame
from services.analytics.domain.expected_windows import HELD, Held
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.open_panes import Open
from services.analytics.domain.rolling import SPANS, Spans, Windows, begun_until
from services.analytics.domain.value_frame import (
    PANES,
    VALUES,
    Computed,
    Panes,
    Touched,
    Values,
    series_prefix,
    to_kpi_values,
)
from services.analytics.ports.evaluating import Scope
from shared.calendars.windows import Window
from shared.database.engine import WriteConnection

_MOST_SERIES = 500
_SCOPES_AT_ONCE = 50
_UNCHANGING = ("window_end", "partition", "indicator", "indicator_version", "subject")
STORED_PANES = pl.Schema({**PANES, "sketch": pl.Binary()})
"""As their rows come from the database; `decode_sketches` makes them PANES."""
_STORED_SPANS = pl.Schema(
    {
        **{name: SPANS[name] for name in ("series", "data_from", "newest")},
        "window_end": SPANS["begun"],
        "status": pl.String(),
    }
)
_COLUMNS = [KPI_VALUES.c[name] for name in VALUES.names()]
_UNPUBLISHED = text("kpi_values.unpublished")
"""As the index says it: SQLAlchemy would write `= 1` on SQLite, which then reads the whole table."""


def _open() -> Select[Any]:
    columns = KPI_VALUES.c
    return select(*_COLUMNS).where(
        columns.partition == bindparam("of_partition"),
        columns.indicator == bindparam("of_indicator"),
        columns.indicator_version == bindparam("of_version"),
        columns.status == "provisional",
    )


# Written once: with each transaction they are asked for every indicator, and to write one takes longer than to run it.
_DUE = (
    _open()
    .where(KPI_VALUES.c.window_end <= bindparam("ends_by"))
    .order_by(KPI_VALUES.c.window_end)
    .limit(bindparam("most"))
)
_IS_UNPUBLISHED = (KPI_VALUES.c.partition == bindparam("of_partition"), _UNPUBLISHED)
_TO_PUBLISH = select(*_COLUMNS).where(*_IS_UNPUBLISHED).limit(bindparam("most"))
_HAS_UNPUBLISHED = select(exists().where(*_IS_UNPUBLISHED))


@lru_cache
def _earliest_open_ends(scopes: int) -> Select[Any]:
    """One column for each of so many scopes, each by one look at the index; to ask for them one by one takes longer."""
    columns = KPI_VALUES.c
    ends = [
        select(func.min(columns.window_end))
        .where(
            columns.partition == bindparam(f"of_partition_{place}"),
            columns.indicator == bindparam(f"of_indicator_{place}"),
            columns.indicator_version == bindparam(f"of_version_{place}"),
            columns.status == "provisional",
        )
        .scalar_subquery()
        .label(f"end_{place}")
        for place in range(scopes)
    ]
    return select(*ends)


@cache
def _history(keys: FromClause, *, with_open: bool) -> Select[Any]:
    columns = KPI_VALUES.c
    of_these = and_(
        columns.series == keys.c.series,
        or_(keys.c.moment.is_(None), columns.window_start >= keys.c.moment),
        true() if with_open else columns.status != "provisional",
    )
    statement = select(*_COLUMNS).join_from(keys, KPI_VALUES, of_these)
    return statement.order_by(columns.series, columns.window_start)


@cache
def _series_held(keys: FromClause | None, *, of_partition: bool) -> Select[Any]:
    """Series of one version of an indicator, and how many values each has; of these keys, if there are any."""
    columns = KPI_VALUES.c
    statement = select(columns.series, func.count().label("held")).where(
        columns.series > bindparam("after_series"),
        columns.series <= bindparam("last_series"),
        columns.indicator == bindparam("of_indicator"),
        columns.indicator_version == bindparam("of_version"),
    )
    if of_partition:
        statement = statement.where(columns.partition == bindparam("of_partition"))
    if keys is not None:
        statement = statement.join_from(keys, KPI_VALUES, columns.series == keys.c.series)
    return statement.group_by(columns.series).order_by(columns.series).limit(_MOST_SERIES)


class SqlValueStore:
    """`services.analytics.ports.evaluating.ValueStore`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def stored_panes(self, panes: Touched | Open) -> Panes:
        if panes.is_empty():
            return empty_frame(PANES)
        keys = wanted(self._connection, panes.select("series", pl.col("pane_start").alias("moment")))
        columns = PANES_TABLE.c
        statement = select(*(columns[name] for name in PANES.names())).join_from(
            keys.clause, PANES_TABLE, (columns.series == keys.series) & (columns.pane_start == keys.moment)
        )
        return _panes(read_frame(self._connection, statement, STORED_PANES, parameters=keys.parameters))

    def panes_between(self, wanted_spans: Windows) -> Panes:
        if wanted_spans.is_empty():
            return empty_frame(PANES)
        names = {"moment": pl.col("window_start").min(), "until": pl.col("window_end").max()}
        keys = wanted(self._connection, wanted_spans.group_by("series").agg(**names))
        columns = PANES_TABLE.c
        statement = select(*(columns[name] for name in PANES.names())).join_from(
            keys.clause,
            PANES_TABLE,
            and_(
                columns.series == keys.series,
                columns.pane_start >= keys.moment,
                columns.pane_start < keys.until,
                columns["count"] > 0,
            ),
        )
        return _panes(read_frame(self._connection, statement, STORED_PANES, parameters=keys.parameters))

    def spans(self, series: Sequence[bytes]) -> Spans:
        if not series:
            return empty_frame(SPANS)
        keys = wanted(self._connection, wanted_frame(series, [None] * len(series)))
        facts = [
            _end_of_data(keys, PANES_TABLE.c.pane_start.asc()),
            _end_of_data(keys, PANES_TABLE.c.pane_start.desc()),
            _of_newest_window(keys, KPI_VALUES.c.window_end),
            _of_newest_window(keys, KPI_VALUES.c.status),
        ]
        statement = select(keys.series, *facts).select_from(keys.clause)
        found = read_frame(self._connection, statement, _STORED_SPANS, parameters=keys.parameters)
        return (
            found.filter(pl.col("newest").is_not_null())
            .with_columns(begun_until("window_end", "status").alias("begun"))
            .select(SPANS.names())
        )

    def save_panes(self, panes: Touched) -> None:
        if panes.is_empty():
            return
        upsert_frame(
            self._connection,
            PANES_TABLE,
            panes.select(PANES.names()).with_columns(encode_sketches(panes["sketch"])).sort("series", "pane_start"),
            unchanging=("pane_end",),
        )

    def stored_values(self, computed: Computed) -> Values:
        if computed.is_empty():
            return empty_frame(VALUES)
        keys = wanted(self._connection, computed.select("series", pl.col("window_start").alias("moment")))
        columns = KPI_VALUES.c
        statement = select(*_COLUMNS).join_from(
            keys.clause, KPI_VALUES, (columns.series == keys.series) & (columns.window_start == keys.moment)
        )
        return read_frame(self._connection, statement, VALUES, parameters=keys.parameters)

    def save_values(self, values: Values) -> None:
        if values.is_empty():
            return
        ordered = values.select(VALUES.names()).sort("series", "window_start")
        upsert_frame(self._connection, KPI_VALUES, ordered, unchanging=_UNCHANGING)

    def due(self, scope: Scope, ends_by: datetime, limit: int) -> Values:
        parameters = {**_parameters(scope), "ends_by": ends_by, "most": limit}
        return read_frame(self._connection, _DUE, VALUES, parameters=parameters)

    def earliest_open_ends(self, scopes: Sequence[Scope]) -> Sequence[datetime | None]:
        found: list[datetime | None] = []
        for begin in range(0, len(scopes), _SCOPES_AT_ONCE):
            part = scopes[begin : begin + _SCOPES_AT_ONCE]
            parameters = {
                f"{name}_{place}": value
                for place, scope in enumerate(part)
                for name, value in _parameters(scope).items()
            }
            found.extend(self._connection.execute(_earliest_open_ends(len(part)), parameters).one())
        return found

    def unpublished(self, partition: int, limit: int) -> Values:
        return read_frame(self._connection, _TO_PUBLISH, VALUES, parameters={"of_partition": partition, "most": limit})

    def has_unpublished(self, partition: int) -> bool:
        return bool(self._connection.execute(_HAS_UNPUBLISHED, {"of_partition": partition}).scalar_one())

    def history(
        self, wanted_from: Mapping[bytes, datetime | None], *, with_open: bool = False
    ) -> Mapping[bytes, Sequence[KpiValue]]:
        if not wanted_from:
            return {}
        keys = wanted(self._connection, wanted_frame(list(wanted_from), list(wanted_from.values())))
        statement = _history(keys.clause, with_open=with_open)
        found: dict[bytes, list[KpiValue]] = {}
        for value in to_kpi_values(read_frame(self._connection, statement, VALUES, parameters=keys.parameters)):
            found.setdefault(value.key.series, []).append(value)
        return found

    def held(self, scope: Scope, span: Window) -> Held:
        columns = KPI_VALUES.c
        statement = select(*(columns[name] for name in HELD.names())).where(
            *_of(scope), columns.window_start >= span.start, columns.window_start < span.end
        )
        return read_frame(self._connection, statement, HELD)

    def earliest_start(self, scope: Scope) -> datetime | None:
        columns = KPI_VALUES.c
        statement = select(columns.window_start).where(*_of(scope)).order_by(columns.window_start).limit(1)
        found: datetime | None = self._connection.execute(statement).scalar_one_or_none()
        return found

    def series_after(
        self, scope: Scope, after: bytes, most_values: int, *, among: Sequence[bytes] | None = None
    ) -> Sequence[bytes]:
        of_partition = {"of_partition": scope.partition}
        return self._series(scope.indicator, of_partition, after=after, most_values=most_values, among=among)

    def series_anywhere(self, indicator: Indicator, after: bytes, most_values: int) -> Sequence[bytes]:
        return self._series(indicator, {}, after=after, most_values=most_values)

    def _series(
        self,
        indicator: Indicator,
        of_partition: Mapping[str, int],
        *,
        after: bytes,
        most_values: int,
        among: Sequence[bytes] | None = None,
    ) -> Sequence[bytes]:
        prefix = series_prefix(indicator.name, indicator.version)
        parameters: dict[str, Any] = {
            "of_indicator": indicator.name,
            "of_version": indicator.version,
            "after_series": max(after, prefix),
            "last_series": prefix + b"\xff" * 12,
            **of_partition,
        }
        clause = None
        if among is not None:
            keys = wanted(self._connection, wanted_frame(among, [None] * len(among)))
            clause = keys.clause
            parameters |= keys.parameters
        statement = _series_held(clause, of_partition=bool(of_partition))
        found: list[bytes] = []
        held = 0
        for row in self._connection.execute(statement, parameters):
            if found and held + row.held > most_values:
                break
            found.append(bytes(row.series))
            held += row.held
        return found

    def of_series(self, series: Sequence[bytes]) -> Values:
        keys = wanted(self._connection, wanted_frame(series, [None] * len(series)))
        statement = select(*_COLUMNS).join_from(keys.clause, KPI_VALUES, KPI_VALUES.c.series == keys.series)
        return read_frame(self._connection, statement, VALUES, parameters=keys.parameters)


def _panes(stored: pl.DataFrame) -> Panes:
    return stored.with_columns(decode_sketches(stored["sketch"])) if stored.height else empty_frame(PANES)


def _end_of_data(keys: Wanted, order: UnaryExpression[Any]) -> ScalarSelect[Any]:
    """The first pane with readings of each series, in that order; found by the primary key."""
    columns = PANES_TABLE.c
    of_series = select(columns.pane_start).where(columns.series == keys.series, columns["count"] > 0)
    return of_series.order_by(order).limit(1).correlate(keys.clause).scalar_subquery()


def _of_newest_window(keys: Wanted, fact: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Of the newest window that each series has a value of; found by the primary key."""
    columns = KPI_VALUES.c
    newest = select(fact).where(columns.series == keys.series).order_by(columns.window_start.desc()).limit(1)
    return newest.correlate(keys.clause).scalar_subquery()


def _of(scope: Scope) -> list[ColumnElement[bool]]:
    columns = KPI_VALUES.c
    return [
        columns.partition == scope.partition,
        columns.indicator == scope.indicator.name,
        columns.indicator_version == scope.indicator.version,
    ]


def _parameters(scope: Scope) -> dict[str, Any]:
    """Of the statements about open windows."""
    return {
        "of_partition": scope.partition,
        "of_indicator": scope.indicator.name,
        "of_version": scope.indicator.version,
    }
