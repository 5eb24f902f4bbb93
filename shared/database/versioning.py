"""Writes that say what they expect: compare-and-set on a version column, and insert-or-update by key."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Insert, Table, Update, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.database.engine import WriteConnection


class ConcurrentChange(Exception):
    """Somebody else changed the row since it was read; read it again and decide anew."""


def compare_and_set(
    connection: WriteConnection, table: Table, *, key: Mapping[str, Any], version: int, values: Mapping[str, Any]
) -> None:
    """Update the row under `key` where it still has `version`; the row then has `version + 1`.

    Raises:
        ConcurrentChange: it has another version, or is gone.
    """
    expected = {f"of_{name}": wanted for name, wanted in key.items()} | {"from_version": version}
    changed = {f"to_{name}": value for name, value in values.items()} | {"to_version": version + 1}
    if connection.change(_compare_and_set(table, tuple(key), tuple(values)), {**expected, **changed}) != 1:
        raise ConcurrentChange(f"{table.name} {dict(key)} no longer has version {version}")


@functools.cache
def _compare_and_set(table: Table, key: tuple[str, ...], names: tuple[str, ...]) -> Update:
    """Made once, as the next: making it takes longer than running it on a row."""
    conditions = [table.c[name] == bindparam(f"of_{name}") for name in key]
    changed: dict[str, BindParameter[Any]] = {name: bindparam(f"to_{name}") for name in (*names, "version")}
    return update(table).where(*conditions, table.c.version == bindparam("from_version")).values(changed)


def insert_missing(connection: WriteConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose primary key exists are left as they are."""
    connection.execute_many(_upsert(connection.dialect, table, ()), [dict(row) for row in rows])


def upsert(connection: WriteConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or overwrite those whose primary key exists. All rows name the same columns."""
    if not rows:
        return
    changed = tuple(name for name in rows[0] if name not in table.primary_key.columns)
    connection.execute_many(_upsert(connection.dialect, table, changed), [dict(row) for row in rows])


@functools.cache
def _upsert(dialect: str, table: Table, changed: tuple[str, ...]) -> Insert:
    keys = [column.name for column in table.primary_key]
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    if not changed:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in changed}
    )
