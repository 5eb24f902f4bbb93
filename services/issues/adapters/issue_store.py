"""Issues on SQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, insert, or_, select

from services.issues.adapters.tables import CALENDARS, HISTORY, INDICATORS, ISSUES, ROUTING, SEQUENCES
from services.issues.domain.issue import ENDED, HistoryLine, Issue, State
from services.issues.domain.routing import Route, Routing
from services.issues.ports import IssueFilter, IssueReader
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar, InvalidCalendar, calendar_from_definition
from shared.database.engine import Database, ReadConnection, WriteConnection
from shared.database.versioning import compare_and_set, upsert

_NUMBERS = "issue-numbers"
_ENDED = [state.value for state in ENDED]


class SqlIssueReader:
    """`services.issues.ports.IssueReader`, as of the connection's transaction."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def get(self, issue_id: str) -> Issue | None:
        body = self._connection.execute(select(ISSUES.c.body).where(ISSUES.c.id == issue_id)).scalar_one_or_none()
        return None if body is None else _issue(body)

    def find(self, wanted: IssueFilter, *, after: str | None, limit: int) -> Sequence[Issue]:
        conditions = list(_conditions(wanted))
        if after is not None:
            conditions.append(ISSUES.c.number > after)
        statement = select(ISSUES.c.body).where(*conditions).order_by(ISSUES.c.number).limit(limit)
        return [_issue(body) for body in self._connection.execute(statement).scalars()]

    def history(self, issue_id: str) -> Sequence[HistoryLine]:
        statement = select(HISTORY.c.body).where(HISTORY.c.issue_id == issue_id).order_by(HISTORY.c.version)
        return [msgspec.json.decode(body, type=HistoryLine) for body in self._connection.execute(statement).scalars()]

    def open_counts(self) -> Mapping[tuple[str, str], int]:
        counted = (
            select(ISSUES.c.severity, ISSUES.c.state, func.count().label("issues"))
            .where(ISSUES.c.state.not_in(_ENDED))
            .group_by(ISSUES.c.severity, ISSUES.c.state)
        )
        return {(row.severity, row.state): row.issues for row in self._connection.execute(counted)}

    def calendar_of(self, indicator: str | None) -> Calendar:
        named = select(CALENDARS.c.name, CALENDARS.c.definition).join(
            INDICATORS, INDICATORS.c.calendar == CALENDARS.c.name
        )
        row = self._connection.execute(named.where(INDICATORS.c.name == indicator)).first()
        if row is None:
            return DEFAULT_CALENDAR
        try:
            return calendar_from_definition(row.name, row.definition)
        except InvalidCalendar:
            return DEFAULT_CALENDAR  # analytics knows more of calendars than we do yet

    def routing(self) -> Routing:
        newest = select(ROUTING).order_by(ROUTING.c.version.desc()).limit(1)
        row = self._connection.execute(newest).first()
        return Routing() if row is None else Routing(row.version, [Route(**route) for route in row.routes])


class SqlIssueStore(SqlIssueReader):
    """`services.issues.ports.IssueStore`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        super().__init__(connection)
        self._writing = connection

    def newest_of(self, fingerprint: str) -> Issue | None:
        self._writing.lock(f"fingerprint {fingerprint}")
        statement = (
            select(ISSUES.c.body).where(ISSUES.c.fingerprint == fingerprint).order_by(ISSUES.c.number.desc()).limit(1)
        )
        body = self._connection.execute(statement).scalar_one_or_none()
        return None if body is None else _issue(body)

    def next_number(self) -> str:
        self._writing.lock(_NUMBERS)
        last = self._writing.execute(select(SEQUENCES.c.last).where(SEQUENCES.c.name == _NUMBERS)).scalar_one_or_none()
        number = int(last or 0) + 1
        upsert(self._writing, SEQUENCES, [{"name": _NUMBERS, "last": number}])
        return f"I-{number:06d}"

    def add(self, issue: Issue) -> None:
        key = {"id": issue.id, "number": issue.number, "fingerprint": issue.fingerprint, "version": issue.version}
        self._writing.execute(insert(ISSUES).values(**key, **_columns(issue)))

    def save(self, issue: Issue) -> None:
        compare_and_set(self._writing, ISSUES, key={"id": issue.id}, version=issue.version - 1, values=_columns(issue))

    def add_history(self, line: HistoryLine) -> None:
        self._writing.execute(
            insert(HISTORY).values(issue_id=line.issue_id, version=line.version, at=line.at, body=_text(line))
        )

    def save_calendar(self, name: str, definition: Mapping[str, Any]) -> None:
        upsert(self._writing, CALENDARS, [{"name": name, "definition": dict(definition)}])

    def save_indicator(self, name: str, calendar: str) -> None:
        upsert(self._writing, INDICATORS, [{"name": name, "calendar": calendar}])

    def save_routing(self, routing: Routing) -> None:
        routes = [
            {"owner": route.owner, "indicator": route.indicator, "subject": dict(route.subject)}
            for route in routing.routes
        ]
        self._writing.execute(insert(ROUTING).values(version=routing.version, routes=routes))

    def overdue_untold(self, now: datetime, limit: int) -> Sequence[Issue]:
        columns = ISSUES.c
        running = columns.state.not_in([*_ENDED, State.ON_HOLD.value])
        passed = [
            and_(due < now, or_(columns.overdue_told_at.is_(None), columns.overdue_told_at < due))
            for due in (columns.due_at, columns.milestone_due_at)
        ]
        statement = select(columns.body).where(running, or_(*passed)).order_by(columns.number).limit(limit)
        return [_issue(body) for body in self._connection.execute(statement).scalars()]


class SqlReaders:
    """`services.issues.ports.Readers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self) -> Iterator[IssueReader]:
        with self._database.reading() as connection:
            yield SqlIssueReader(connection)


def _conditions(wanted: IssueFilter) -> Iterator[ColumnElement[bool]]:
    columns = ISSUES.c
    for name in ("state", "severity", "indicator", "owner"):
        value = getattr(wanted, name)
        if value is not None:
            yield columns[name] == value
    for dimension, value in wanted.subject.items():
        yield columns.subject[dimension].as_string() == value
    if wanted.overdue_at is not None:
        yield columns.state.not_in([*_ENDED, State.ON_HOLD.value])
        yield or_(columns.due_at < wanted.overdue_at, columns.milestone_due_at < wanted.overdue_at)


def _columns(issue: Issue) -> dict[str, Any]:
    return {
        "state": issue.state.value,
        "severity": issue.severity,
        "indicator": issue.indicator,
        "subject": dict(issue.subject),
        "owner": issue.owner,
        "open_fingerprint": issue.fingerprint if issue.is_open else None,
        "due_at": issue.due_at,
        "milestone_due_at": issue.milestone_due_at,
        "overdue_told_at": issue.overdue_told_at,
        "body": _text(issue),
    }


def _text(value: Issue | HistoryLine) -> str:
    return msgspec.json.encode(value).decode()


def _issue(body: str) -> Issue:
    return msgspec.json.decode(body, type=Issue)
