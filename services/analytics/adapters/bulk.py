"""Each database's bulk path: frames in and out of tables, and joins with thousands of keys."""

from collections.abc import Sequence
from datetime import datetime
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
    conflict = _on_conflict(table, frame, unchanging)
    if connection.dialect == "sqlite":
        columns = [_plain(frame[name]) for name in frame.columns]
        statement = f"{_insert(connection, table, frame)} VALUES ({', '.join('?' * len(columns))})"
        connection.raw.exec_driver_sql(f"{statement} {conflict}", list(zip(*columns, strict=True)))
        return
    types = [f"%s::{table.c[name].type.compile(connection.raw.dialect)}[]" for name in frame.columns]
    statement = f"{_insert(connection, table, frame)} SELECT * FROM unnest({', '.join(types)})"
    values = tuple(frame[name].to_list() for name in frame.columns)
    connection.raw.exec_driver_sql(f"{statement} {conflict}", values)


def _insert(connection: WriteConnection, table: Table, frame: pl.DataFrame) -> str:
    quote = connection.raw.dialect.identifier_preparer.quote
    return f"INSERT INTO {quote(table.name)} ({', '.join(quote(name) for name in frame.columns)})"


def _on_conflict(table: Table, frame: pl.DataFrame, unchanging: Sequence[str]) -> str:
    keys = [column.name for column in table.primary_key]
    changed = [f'"{name}" = excluded."{name}"' for name in frame.columns if name not in (*keys, *unchanging)]
    return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(changed)}"


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
