"""The values of open windows as they now stand, for whoever asks: computed from what the owners of their partitions hold."""

from collections.abc import Iterator
from datetime import datetime

import polars as pl
from sqlalchemy import Table, select

from services.analytics.adapters.bulk import read_frame
from services.analytics.adapters.evaluate_tables import KPI_VALUES
from services.analytics.adapters.evaluate_tables import PANES as PANES_TABLE
from services.analytics.adapters.open_pane_store import read_open_panes
from services.analytics.adapters.sketch_codec import decode_sketches
from services.analytics.adapters.value_store import STORED_PANES
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import SeriesKey
from services.analytics.domain.open_panes import Open, OpenPanes, completed, merged_parts
from services.analytics.domain.subject import subject_pairs
from services.analytics.domain.value_frame import PANES, VALUES, Panes, Touched, Values, open_values, together
from services.analytics.ports.reading import ValueFilter
from shared.calendars.windows import Window
from shared.database.engine import ReadConnection

_SERIES_AT_ONCE = 500
_ORDER = ["pane_start", "place"]
_WINDOW = ["window_start", "series"]


def with_open_values(
    connection: ReadConnection,
    page: Values,
    indicator: Indicator,
    *,
    wanted: ValueFilter,
    after: tuple[datetime, bytes] | None,
    limit: int,
) -> Values:
    """A page of values that have rows, with those of open windows in their places."""
    panes = _open_panes(connection, indicator, _conditions(wanted, after), limit=limit)
    if panes.is_empty():
        return page
    stored = _rows(connection, KPI_VALUES, panes, schema=VALUES, moment="window_start")
    values = open_values(panes, stored, indicator)
    return pl.concat([page.join(values, on=_WINDOW, how="anti"), values]).sort(_WINDOW).head(limit)


def panes_within(connection: ReadConnection, key: SeriesKey, window: Window) -> Panes:
    """The panes of one series that lie in a window: those that are held open, and rows."""
    columns = PANES_TABLE.c
    is_inside = (columns.series == key.series, columns.pane_start >= window.start, columns.pane_start < window.end)
    stored = read_frame(
        connection, select(*(columns[name] for name in STORED_PANES.names())).where(*is_inside), STORED_PANES
    )
    stored = stored.with_columns(decode_sketches(stored["sketch"]))
    name, version, partition = key.indicator, key.indicator_version, key.partition
    held = read_open_panes(connection, name, version, partition=partition).get(partition, OpenPanes())
    wanted = pl.col("pane_start").is_between(window.start, window.end, closed="left") & (pl.col("series") == key.series)
    own = merged_parts([part.panes.filter(wanted) for part in held.parts])
    now_open = completed(own, stored, partition=partition, indicator=name, version=version).select(PANES.names())
    return pl.concat([stored.join(now_open, on=["series", "pane_start"], how="anti"), now_open])


def stored_values(connection: ReadConnection, places: pl.DataFrame) -> Values:
    """The rows of values.

    Args:
        places: columns `series` and `pane_start`.
    """
    return _rows(connection, KPI_VALUES, places, schema=VALUES, moment="window_start")


def current_values(connection: ReadConnection, indicator: Indicator, places: pl.DataFrame) -> Values:
    """The values of an indicator of readings in some windows as they now stand: those that have rows, and those of open windows.

    Args:
        places: columns `series` and `pane_start`.
    """
    stored = stored_values(connection, places)
    panes = [together([])]
    for partition, held in read_open_panes(connection, indicator.name, indicator.version).items():
        own = merged_parts([part.panes.join(places, on=["series", "pane_start"], how="semi") for part in held.parts])
        panes.append(_completed(connection, own, indicator, partition=partition))
    values = open_values(pl.concat(panes), stored, indicator)
    return pl.concat([stored.join(values, on=_WINDOW, how="anti"), values])


def _open_panes(connection: ReadConnection, indicator: Indicator, conditions: pl.Expr, *, limit: int) -> Touched:
    """The first of them, merged with their rows."""
    found = [together([])]
    for partition, held in read_open_panes(connection, indicator.name, indicator.version).items():
        heads = [part.panes.filter(conditions).bottom_k(limit, by=_ORDER) for part in held.parts]
        first = merged_parts(heads).sort(_ORDER).head(limit)
        found.append(_completed(connection, first, indicator, partition=partition))
    return pl.concat(found).sort("pane_start", "series").head(limit)


def _completed(connection: ReadConnection, panes: Open, indicator: Indicator, *, partition: int) -> Touched:
    """Open panes with what their rows hold."""
    stored = _rows(connection, PANES_TABLE, panes, schema=STORED_PANES, moment="pane_start")
    stored = stored.with_columns(decode_sketches(stored["sketch"]))
    return completed(panes, stored, partition=partition, indicator=indicator.name, version=indicator.version)


def _conditions(wanted: ValueFilter, after: tuple[datetime, bytes] | None) -> pl.Expr:
    conditions = [pl.lit(value=True)]
    conditions += [pl.col("subject").str.contains(pair, literal=True) for pair in subject_pairs(wanted.subject)]
    if wanted.series is not None:
        conditions.append(pl.col("series") == wanted.series)
    if wanted.since is not None:
        conditions.append(pl.col("pane_start") >= wanted.since)
    if wanted.until is not None:
        conditions.append(pl.col("pane_start") < wanted.until)
    if after is not None:
        moment, series = after
        same = (pl.col("pane_start") == moment) & (pl.col("series") > series)
        conditions.append((pl.col("pane_start") > moment) | same)
    return pl.all_horizontal(conditions)


def _rows(
    connection: ReadConnection, table: Table, panes: pl.DataFrame, *, schema: pl.Schema, moment: str
) -> pl.DataFrame:
    """The rows of some panes, or of their values."""
    columns = table.c
    span = columns[moment].between(panes["pane_start"].min(), panes["pane_start"].max())
    statement = select(*(columns[name] for name in schema.names())).where(span)
    found = [read_frame(connection, statement.where(columns.series.in_(series)), schema) for series in _portions(panes)]
    rows = pl.concat([pl.DataFrame(schema=schema), *found])
    return rows.join(panes, left_on=["series", moment], right_on=["series", "pane_start"], how="semi")


def _portions(panes: pl.DataFrame) -> Iterator[list[bytes]]:
    series = panes["series"].unique().to_list()
    for start in range(0, len(series), _SERIES_AT_ONCE):
        yield series[start : start + _SERIES_AT_ONCE]
