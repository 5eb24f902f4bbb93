"""Open panes on SQL, a blob for each part, and in memory between the transactions of the process that owns their partition.

Memory is valid at one revision of the partition: that which the transaction has set whose outcome it is. Another process's transaction
sets another one, and a transaction whose outcome is unknown leaves memory at the one before; either way it is read again.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import polars as pl
from sqlalchemy import ColumnElement, Row, Select, Table, bindparam, delete, insert, select

from services.analytics.adapters.evaluate_tables import OPEN_PANE_MARKS, OPEN_PANES
from services.analytics.domain.open_panes import OPEN_PANES as COLUMNS
from services.analytics.domain.open_panes import OpenPanes, Part, Shore
from services.analytics.domain.pane import with_sketches, without_empty_sketches
from services.analytics.ports.evaluating import Scope
from shared.database.engine import ReadConnection, WriteConnection
from shared.database.versioning import upsert
from shared.events.blocks import decode_block, encode_block

_Name: TypeAlias = tuple[str, int]
"""An indicator and its version."""
_Held: TypeAlias = Mapping[_Name, OpenPanes]


class OpenPaneMemory:
    """What this process holds between transactions. Used by one thread."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[int, _Held]] = {}

    def at(self, partition: int, revision: int) -> _Held:
        """What is held of a partition; nothing, if it stands at another revision."""
        held_at, held = self._held.get(partition, (None, {}))
        return held if held_at == revision else {}

    def keep(self, partition: int, revision: int, held: _Held) -> None:
        self._held[partition] = (revision, held)

    def forget(self, partitions: Sequence[int]) -> None:
        """To be read again from the database."""
        for partition in partitions:
            self._held.pop(partition, None)


class SqlOpenPaneStore:
    """`services.analytics.ports.evaluating.OpenPaneStore`.

    Args:
        claimed: partition → its revision before this transaction.
    """

    def __init__(self, connection: WriteConnection, memory: OpenPaneMemory, claimed: Mapping[int, int]) -> None:
        self._connection = connection
        self._memory = memory
        self._claimed = claimed
        self._stored: dict[int, dict[_Name, OpenPanes]] = {}
        self._changed: dict[tuple[int, _Name], OpenPanes] = {}

    def of(self, scope: Scope) -> OpenPanes:
        name = (scope.indicator.name, scope.indicator.version)
        changed = self._changed.get((scope.partition, name))
        return self._as_stored(scope.partition, name) if changed is None else changed

    def keep(self, scope: Scope, panes: OpenPanes) -> None:
        self._changed[scope.partition, (scope.indicator.name, scope.indicator.version)] = panes

    @property
    def has_changed(self) -> bool:
        return bool(self._changed)

    def write(self) -> None:
        """Bring to the database what has changed; right before the commit, so that what came and went is never written."""
        gone: list[dict[str, Any]] = []
        new: list[dict[str, Any]] = []
        marks: list[dict[str, Any]] = []
        for (partition, name), panes in self._changed.items():
            key = {"partition": partition, "indicator": name[0], "indicator_version": name[1]}
            before = {part.number for part in self._as_stored(partition, name).parts}
            now = {part.number for part in panes.parts}
            gone.extend({**_named(key), "gone": number} for number in sorted(before - now))
            new.extend({**key, **_stored(part)} for part in panes.parts if part.number not in before)
            marks.append({**key, **_marks(panes)})
        self._connection.execute_many(_DELETE_PART, gone)
        self._connection.execute_many(_INSERT_PART, new)
        upsert(self._connection, OPEN_PANE_MARKS, marks)

    def committed(self) -> None:
        """Remember it all for the next transaction. Crash before: memory is read again."""
        for (partition, name), panes in self._changed.items():
            self._stored[partition][name] = panes
        for partition, revision in self._claimed.items():
            held = self._stored.get(partition) or self._memory.at(partition, revision)
            self._memory.keep(partition, revision + 1, held)

    def _as_stored(self, partition: int, name: _Name) -> OpenPanes:
        if partition not in self._stored:
            revision = self._claimed[partition]
            self._stored[partition] = dict(self._memory.at(partition, revision))
            self._memory.keep(partition, revision, self._stored[partition])
        stored = self._stored[partition]
        if name not in stored:
            for other in [other for other in stored if other[0] == name[0]]:
                del stored[other]  # of another version: what it holds stays in the database, to be looked at
            stored[name] = read_open_panes(self._connection, *name, partition=partition).get(partition, OpenPanes())
        return stored[name]


def read_open_panes(
    connection: ReadConnection, indicator: str, version: int, *, partition: int | None = None
) -> dict[int, OpenPanes]:
    """Partition → the open panes of a version of an indicator; of one partition or all of them."""
    key: dict[str, Any] = {"indicator": indicator, "indicator_version": version}
    if partition is not None:
        key["partition"] = partition
    statements = _selects(tuple(key))
    marks = connection.execute(statements.marks, _named(key)).all()
    parts: dict[int, list[Part]] = {}
    if marks:  # parts are never there without them
        for row in connection.execute(statements.parts, _named(key)):
            parts.setdefault(row.partition, []).append(Part(row.number, _decoded(row.panes)))
    return {row.partition: _open_panes(row, parts.get(row.partition, ())) for row in marks}


def _decoded(blob: bytes) -> pl.DataFrame:
    return with_sketches(decode_block(blob)).select(COLUMNS.names())


def _open_panes(row: Row[Any], parts: Sequence[Part]) -> OpenPanes:
    whole = OpenPanes(newest=row.newest, told_to=row.told_to, parts=tuple(parts), rows_end=row.rows_end)
    return whole if row.shore_end is None else whole.beyond(Shore(row.shore_end, row.shore_place))


def _marks(panes: OpenPanes) -> dict[str, Any]:
    shore = panes.shore
    return {
        "shore_end": None if shore is None else shore.pane_end,
        "shore_place": None if shore is None else shore.place,
        "newest": panes.newest,
        "told_to": panes.told_to,
        "rows_end": panes.rows_end,
    }


def _stored(part: Part) -> dict[str, Any]:
    return {"number": part.number, "panes": encode_block(without_empty_sketches(part.panes))}


class _Selects(NamedTuple):
    marks: Select[Any]
    parts: Select[Any]


@functools.cache
def _selects(names: tuple[str, ...]) -> _Selects:
    """Of the rows under a key of these columns. Written once: to write a statement takes longer than to run it."""
    columns = OPEN_PANES.c
    parts = select(columns.partition, columns.number, columns.panes).where(*_is(OPEN_PANES, names))
    return _Selects(select(OPEN_PANE_MARKS).where(*_is(OPEN_PANE_MARKS, names)), parts.order_by(columns.number))


def _is(table: Table, names: Sequence[str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(f"of_{name}") for name in names]


def _named(key: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `_is`."""
    return {f"of_{name}": value for name, value in key.items()}


_KEY = ("partition", "indicator", "indicator_version")
_DELETE_PART = delete(OPEN_PANES).where(*_is(OPEN_PANES, _KEY), OPEN_PANES.c.number == bindparam("gone"))
_INSERT_PART = insert(OPEN_PANES)
