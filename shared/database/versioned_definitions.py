"""Definitions of which every version is kept: the newest of each, and one number that every change raises.

The tables stay in their services, whose migrations made them. `versions` has at least the columns `kind`, `name` and `version`,
its key; `revision` has one row, with `id` and `revision`.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, Table, func, insert, select

from shared.database.engine import ReadConnection, WriteConnection
from shared.database.versioning import upsert

_THE_ROW = 1


@dataclass(frozen=True, slots=True)
class DefinitionTables:
    """Where a service keeps its definitions."""

    versions: Table
    revision: Table


def revision_of(connection: ReadConnection, tables: DefinitionTables) -> int:
    """Counted up by every change of any definition; 0 before the first."""
    found = connection.execute(_revision(tables.revision)).scalar_one_or_none()
    return int(found or 0)


@functools.cache
def _revision(table: Table) -> Select[tuple[int]]:
    """Written once: it is asked for with each batch."""
    return select(table.c.revision)


def newest_versions(
    connection: ReadConnection,
    tables: DefinitionTables,
    kind: str,
    *,
    name: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    """The newest version of each definition of a kind, in order of their names.

    Args:
        name: of the one that is wanted; None for all of them.
        after: only those whose names come after it.
    """
    columns = tables.versions.c
    last = select(columns.name, func.max(columns.version).label("version")).where(columns.kind == kind)
    if name is not None:
        last = last.where(columns.name == name)
    if after is not None:
        last = last.where(columns.name > after)
    newest = last.group_by(columns.name).subquery()
    same = (columns.name == newest.c.name) & (columns.version == newest.c.version)
    statement = select(tables.versions).join(newest, same).where(columns.kind == kind)
    return connection.execute(statement.order_by(columns.name).limit(limit)).all()


def all_versions(connection: ReadConnection, tables: DefinitionTables, kind: str, *, name: str) -> Sequence[Row[Any]]:
    """Every version of one definition, the oldest first."""
    columns = tables.versions.c
    of_name = select(tables.versions).where(columns.kind == kind, columns.name == name)
    return connection.execute(of_name.order_by(columns.version)).all()


def add_version(connection: WriteConnection, tables: DefinitionTables, row: Mapping[str, Any]) -> None:
    """Write a version, and count the revision up."""
    connection.change(insert(tables.versions).values(**row))
    raise_revision(connection, tables)


def raise_revision(connection: WriteConnection, tables: DefinitionTables) -> None:
    """Let everybody read the definitions again; for a caller that holds the lock on them."""
    upsert(connection, tables.revision, [{"id": _THE_ROW, "revision": revision_of(connection, tables) + 1}])
