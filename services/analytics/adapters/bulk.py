"""Each database's bulk path: frames in and out of tables, and joins with thousands of keys."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple, cast

import polars as pl
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    CursorResult,
    DateTime,
    Executable,
    FromClause,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    func,
)

from services.analytics.domain.empty_frame import empty_frame
from shared.database.engine import ReadConnection, WriteConnection

_MOMENT = pl.Datetime("us", "UTC")
_MOST_PARAMETERS = 999
"""Of a statement of SQLite; newer ones than 3.31 take more. Some hundred rows with one statement cost less than half of what they cost one by one."""

_KEYS_HERE = Table(
    "wanted_keys",
    MetaData(),
    Column("series", LargeBinary(16), nullable=False),
    Column("moment", BigInteger, nullable=True),
    Column("until", BigInteger, nullable=True),
    prefixes=["TEMPORARY"],
)
_KEYS_SENT = (
    func.unnest(
        bindparam("wanted_series", type_=ARRAY(LargeBinary)),
        bindparam("wanted_moments", type_=ARRAY(DateTime(timezone=True))),
        bindparam("wanted_ends", type_=ARRAY(DateTime(timezone=True))),
    )
    .table_valued(
        Column("series", LargeBinary),
        Column("moment", DateTime(timezone=True)),
        Column("until", DateTime(timezone=True)),
        name="wanted_keys",
    )
    .render_derived()
)


class Wanted(NamedTuple):
    """Keys to join with: `series`, and `moment` and `until` in the database's own form of a moment.

    Attributes:
        clause: always the same one on the same kind of database, so that a statement with it can be kept.
    """

    clause: FromClause
    parameters: dict[str, Any]

    @property
    def series(self) -> Any:
        return self.clause.c.series

    @property
    def moment(self) -> Any:
        return self.clause.c.moment

    @property
    def until(self) -> Any:
        return self.clause.c.until


def wanted(connection: WriteConnection, keys: pl.DataFrame) -> Wanted:
    """Bring keys to the database: a temporary table on SQLite, arrays on PostgreSQL. Valid until the next call.

    Args:
        keys: columns `series` (binary), `moment` (datetime, may be null), and if wanted `until` (likewise).
    """
    if connection.dialect == "sqlite":
        _fill_temporary(connection, keys)
        return Wanted(_KEYS_HERE, {})
    names = {"wanted_series": "series", "wanted_moments": "moment"}
    parameters = {parameter: keys[name].to_list() for parameter, name in names.items()}
    ends = keys["until"].to_list() if "until" in keys.columns else [None] * keys.height
    return Wanted(_KEYS_SENT, {**parameters, "wanted_ends": ends})


def wanted_frame(series: Sequence[bytes], moments: Sequence[datetime | None]) -> pl.DataFrame:
    """Keys for `wanted`."""
    return pl.DataFrame({"series": series, "moment": moments}, schema={"series": pl.Binary, "moment": _MOMENT})


def read_frame(
    connection: ReadConnection, statement: Executable, schema: pl.Schema, *, parameters: dict[str, Any] | None = None
) -> pl.DataFrame:
    """The rows of a query whose columns are those of the schema, in its order.

    The driver's own rows, column by column: SQLAlchemy's conversion of each value would take twice as long as the query.
    """
    cursor = cast("CursorResult[Any]", connection.execute(statement, parameters)).cursor
    rows = cursor.fetchall()
    cursor.close()
    if not rows:
        return empty_frame(schema)  # most looks find nothing
    columns = zip(*rows, strict=True)
    return pl.DataFrame(
        [_column(name, values, dtype) for (name, dtype), values in zip(schema.items(), columns, strict=True)]
    )


def _column(name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Series:
    """A column of what a driver gave: SQLite keeps moments in microseconds and booleans as 0 and 1."""
    if isinstance(dtype, pl.Datetime | pl.Boolean) and isinstance(values[0], int):
        return pl.Series(name, values, dtype=pl.Int64).cast(dtype)
    return pl.Series(name, values, dtype=dtype)


def upsert_frame(
    connection: WriteConnection, table: Table, frame: pl.DataFrame, *, unchanging: Sequence[str] = ()
) -> None:
    """Insert the rows of a frame, or overwrite those whose primary key exists; its columns are named as the table's.

    Args:
        unchanging: columns that are the same for ever once a row is there; their indexes need not be written again.
    """
    if frame.is_empty():
        return
    begin, end = _insert(connection, table, frame), _on_conflict(table, frame, unchanging)
    if connection.dialect == "sqlite":
        shared = [name for name in frame.columns if not table.c[name].primary_key and _is_same(frame[name])]
        at_once = (_MOST_PARAMETERS - len(shared)) // (frame.width - len(shared))
        whole = frame.height - frame.height % at_once
        for rows in (_rows(frame.head(whole), shared, at_once), _rows(frame.slice(whole), [], 1)):
            if rows.parameters:
                connection.raw.exec_driver_sql(f"{begin} {rows.clause} {end}", rows.parameters)
        return
    types = [f"%s::{table.c[name].type.compile(connection.raw.dialect)}[]" for name in frame.columns]
    statement = f"{begin} SELECT * FROM unnest({', '.join(types)}) {end}"
    connection.raw.exec_driver_sql(statement, tuple(frame[name].to_list() for name in frame.columns))


def _insert(connection: WriteConnection, table: Table, frame: pl.DataFrame) -> str:
    quote = connection.raw.dialect.identifier_preparer.quote
    return f"INSERT INTO {quote(table.name)} ({', '.join(quote(name) for name in frame.columns)})"


def _on_conflict(table: Table, frame: pl.DataFrame, unchanging: Sequence[str]) -> str:
    keys = [column.name for column in table.primary_key]
    changed = [f'"{name}" = excluded."{name}"' for name in frame.columns if name not in (*keys, *unchanging)]
    return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(changed)}"


class _Rows(NamedTuple):
    """Rows of a frame for a statement of SQLite: its clause `VALUES`, and its parameters each time that it runs."""

    clause: str
    parameters: list[tuple[Any, ...]]


def _rows(frame: pl.DataFrame, shared: Sequence[str], at_once: int) -> _Rows:
    """So many rows each time. What is the same in all rows, as most of a batch's columns are, is a parameter that they share."""
    own = [name for name in frame.columns if name not in shared]
    values: list[Any] = [None] * (frame.height * len(own))
    for place, name in enumerate(own):
        values[place :: len(own)] = _plain(frame[name])
    of_all = [value for name in shared for value in _plain(frame[name].head(1))]
    width = at_once * len(own)
    return _Rows(
        _values_clause(tuple(name in shared for name in frame.columns), at_once),
        [(*of_all, *values[begin : begin + width]) for begin in range(0, len(values), width)],
    )


def _is_same(column: pl.Series) -> bool:
    return column.eq_missing(column.head(1)).all()


@lru_cache
def _values_clause(is_shared: tuple[bool, ...], rows: int) -> str:
    """Shared parameters have the first numbers, in the order of the columns; the others follow row by row."""
    shared, own = count(1), count(sum(is_shared) + 1)
    of_all = [f"?{next(shared)}" if it_is else None for it_is in is_shared]
    written = (", ".join(number or f"?{next(own)}" for number in of_all) for _ in range(rows))
    return f"VALUES {', '.join(f'({row})' for row in written)}"


def _plain(column: pl.Series) -> list[Any]:
    """As SQLite keeps it: moments in microseconds."""
    return (column.cast(pl.Int64) if column.dtype == _MOMENT else column).to_list()


def _fill_temporary(connection: WriteConnection, keys: pl.DataFrame) -> None:
    """By the driver's own calls: three small statements that nothing has to be known of."""
    driver = connection.raw.connection.cursor()
    driver.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS wanted_keys (series BLOB NOT NULL, moment INTEGER, until INTEGER)"
    )
    driver.execute("DELETE FROM wanted_keys")
    ends = _plain(keys["until"]) if "until" in keys.columns else [None] * keys.height
    rows = list(zip(keys["series"].to_list(), _plain(keys["moment"]), ends, strict=True))
    driver.executemany("INSERT INTO wanted_keys VALUES (?, ?, ?)", rows)
    driver.close()
