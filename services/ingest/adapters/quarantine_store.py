"""The quarantine on SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, Select, bindparam, func, or_, select, update

from services.ingest.adapters.tables import QUARANTINE
from services.ingest.domain.quarantine import Entry, Reason, Rejected, State, entry_id
from services.ingest.ports import Selection
from shared.database.engine import Database, ReadConnection, WriteConnection
from shared.database.versioning import insert_missing

_SHOWN = (
    *(column for column in QUARANTINE.c if column.name != "original"),
    func.length(QUARANTINE.c.original, type_=Integer).label("size"),
)
_RENEW = (
    update(QUARANTINE)
    .where(
        QUARANTINE.c.id == bindparam("entry"),
        QUARANTINE.c.state == State.OPEN.value,
        QUARANTINE.c.reason != bindparam("newest"),
    )
    .values(reason=bindparam("newest"), detail=bindparam("why"))
)


class SqlQuarantineReader:
    """`services.ingest.ports.QuarantineReader`: every call sees one state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, entry_id: str) -> Entry | None:
        with self._database.reading() as connection:
            return _get(connection, entry_id)

    def find(self, selection: Selection, *, after: tuple[datetime, str] | None, limit: int) -> Sequence[Entry]:
        statement = _selected(selection).order_by(QUARANTINE.c.quarantined_at, QUARANTINE.c.id).limit(limit)
        if after is not None:
            moment, last = after
            same = (QUARANTINE.c.quarantined_at == moment) & (QUARANTINE.c.id > last)
            statement = statement.where(or_(QUARANTINE.c.quarantined_at > moment, same))
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(statement)]

    def originals(self, entry_ids: Sequence[str]) -> Mapping[str, bytes]:
        statement = select(QUARANTINE.c.id, QUARANTINE.c.original).where(QUARANTINE.c.id.in_(entry_ids))
        with self._database.reading() as connection:
            return {row.id: bytes(row.original) for row in connection.execute(statement)}

    def open_by_reason(self) -> Mapping[str, int]:
        """How many entries are open, by reason; for metrics."""
        counted = (
            select(QUARANTINE.c.reason, func.count().label("entries"))
            .where(QUARANTINE.c.state == State.OPEN.value)
            .group_by(QUARANTINE.c.reason)
        )
        with self._database.reading() as connection:
            return {row.reason: row.entries for row in connection.execute(counted)}


class SqlQuarantineStore:
    """`services.ingest.ports.QuarantineStore`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def get(self, entry_id: str) -> Entry | None:
        return _get(self._connection, entry_id)

    def add(self, rejected: Sequence[Rejected], *, now: datetime) -> Sequence[str]:
        rows = {entry_id(refused.original): _row(refused, now) for refused in rejected}
        ordered = [
            rows[name] for name in sorted(rows)
        ]  # two requests with the same bytes must not wait for one another
        insert_missing(self._connection, QUARANTINE, ordered)
        newest = [{"entry": row["id"], "newest": row["reason"], "why": row["detail"]} for row in ordered]
        self._connection.execute_many(_RENEW, newest)
        return [entry_id(refused.original) for refused in rejected]

    def close(self, entry_id: str, state: State, line: Mapping[str, Any]) -> bool:
        entry = _get(self._connection, entry_id)
        if entry is None:
            return False
        statement = (
            update(QUARANTINE)
            .where(QUARANTINE.c.id == entry_id, QUARANTINE.c.state == State.OPEN.value)
            .values(state=state.value, history=[*entry.history, dict(line)])
        )
        return self._connection.change(statement) == 1


def _get(connection: ReadConnection, wanted: str) -> Entry | None:
    row = connection.execute(select(*_SHOWN).where(QUARANTINE.c.id == wanted)).first()
    return None if row is None else _entry(row)


def _selected(selection: Selection) -> Select[Any]:
    columns = QUARANTINE.c
    statement = select(*_SHOWN).where(columns.state == selection.state.value)
    if selection.source is not None:
        statement = statement.where(columns.source == selection.source)
    if selection.reason is not None:
        statement = statement.where(columns.reason == selection.reason.value)
    if selection.since is not None:
        statement = statement.where(columns.quarantined_at >= selection.since)
    if selection.until is not None:
        statement = statement.where(columns.quarantined_at < selection.until)
    return statement


def _row(refused: Rejected, now: datetime) -> dict[str, Any]:
    return {
        "id": entry_id(refused.original),
        "source": _storable(refused.source),
        "event_id": _storable(refused.event_id),
        "reason": refused.reason.value,
        "detail": _storable(refused.detail),
        "original": refused.original,
        "state": State.OPEN.value,
        "quarantined_at": now,
        "history": [],
    }


def _storable(text: str | None) -> str | None:
    """PostgreSQL keeps no NUL in text, and no database a lone surrogate."""
    return None if text is None else text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")[:500]


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        source=row.source,
        event_id=row.event_id,
        reason=Reason(row.reason),
        detail=row.detail,
        size=row.size,
        state=State(row.state),
        quarantined_at=row.quarantined_at,
        history=row.history,
    )
