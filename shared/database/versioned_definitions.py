"""Definitions of which every version is kept: the newest of each, and one number that every change raises.

The tables stay in their services, whose migrations made them. `versions` has at least the columns `kind`, `name` and `version`,
its key; `revision` has one row, with `id` and `revision`.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, Table, bindparam, func, insert, select

from shared.database.engine import Database, ReadConnection, WriteConnection
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


def current_revision(database: Database, tables: DefinitionTables) -> int:
    """`revision_of` what is committed now, for whoever asks with every batch whether anything has changed."""
    return int(database.look_up(_revision_as_text(tables.revision)) or 0)


@functools.cache
def _revision(table: Table) -> Select[tuple[int]]:
    """Written once: it is asked for with each batch."""
    return select(table.c.revision)


@functools.cache
def _revision_as_text(table: Table) -> str:
    return str(_revision(table))


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
    given = {"wanted_name": name, "after_name": after}
    parameters = {key: value for key, value in given.items() if value is not None}
    statement = _newest_versions(tables, frozenset(parameters))
    if limit is not None:
        statement = statement.limit(limit)
    return connection.execute(statement, {**parameters, "wanted_kind": kind}).all()


@functools.cache
def _newest_versions(tables: DefinitionTables, given: frozenset[str]) -> Select[Any]:
    """Made once for each choice of parameters: every transaction of analytics begins with it."""
    columns, of_kind = tables.versions.c, tables.versions.c.kind == bindparam("wanted_kind")
    last = select(columns.name, func.max(columns.version).label("version")).where(of_kind)
    if "wanted_name" in given:
        last = last.where(columns.name == bindparam("wanted_name"))
    if "after_name" in given:
        last = last.where(columns.name > bindparam("after_name"))
    newest = last.group_by(columns.name).subquery()
    same = (columns.name == newest.c.name) & (columns.version == newest.c.version)
    return select(tables.versions).join(newest, same).where(of_kind).order_by(columns.name)


def all_versions(connection: ReadConnection, tables: DefinitionTables, kind: str, *, name: str) -> Sequence[Row[Any]]:
    """Every version of one definition, the oldest first."""
    columns = tables.versions.c
    of_name = select(tables.versions).where(columns.kind == kind, columns.name == name)
    return connection.execute(of_name.order_by(columns.version)).all()


def add_version(connection: WriteConnection, tables: DefinitionTables, row: Mapping[str, Any]) -> None:
    """Write a version, and count the revision up."""
    connection.change(insert(tables.versions), dict(row))
    raise_revision(connection, tables)


def raise_revision(connection: WriteConnection, tables: DefinitionTables) -> int:
    """Let everybody read the definitions again; for a caller that holds the lock on them. Returns the new revision."""
    revision = revision_of(connection, tables) + 1
    upsert(connection, tables.revision, [{"id": _THE_ROW, "revision": revision}])
    return revision
