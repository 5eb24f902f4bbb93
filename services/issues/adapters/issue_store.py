"""Issues on SQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, bindparam, delete, false, func, insert, not_, or_, select

from services.issues.adapters.tables import CALENDARS, GOALS, HISTORY, INDICATORS, ISSUES, ROUTING, SEQUENCES
from services.issues.domain.goal import Goal
from services.issues.domain.issue import ENDED, HistoryLine, Issue
from services.issues.domain.routing import Route, Routing
from services.issues.ports import IssueFilter, IssueReader
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar, InvalidCalendar, calendar_from_definition
from shared.database.engine import Database, ReadConnection, WriteConnection
from shared.database.versioning import compare_and_set, upsert

_NUMBERS, _PREFIX, _OPENINGS = "issue-numbers", "I-", "issue-openings"
_ENDED = [state.value for state in ENDED]


# Written once: to write one takes longer than to run it, and every step of the timer or every anomaly asks.
_OPEN_COUNTS = (
    select(ISSUES.c.severity, ISSUES.c.state, func.count().label("issues"))
    .where(ISSUES.c.state.not_in(_ENDED))
    .group_by(ISSUES.c.severity, ISSUES.c.state)
)
_TO_LOOK_AT = (
    select(ISSUES.c.body)
    .where(ISSUES.c.look_at < bindparam("before"))
    .order_by(ISSUES.c.look_at, ISSUES.c.sequence)
    .limit(bindparam("most"))
)
_NEWEST = (
    select(ISSUES.c.body)
    .where(ISSUES.c.fingerprint == bindparam("of_fingerprint"))
    .order_by(ISSUES.c.sequence.desc())
    .limit(1)
)


class SqlIssueReader:
    """`services.issues.ports.IssueReader`, as of the connection's transaction."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def get(self, name: str) -> Issue | None:
        named = or_(ISSUES.c.id == name, ISSUES.c.number == name)
        body = self._connection.execute(select(ISSUES.c.body).where(named)).scalar_one_or_none()
        return None if body is None else _issue(body)

    def find(self, wanted: IssueFilter, *, after: int, limit: int) -> Sequence[Issue]:
        conditions = [ISSUES.c.sequence > after, *_conditions(wanted)]
        statement = select(ISSUES.c.body).where(*conditions).order_by(ISSUES.c.sequence).limit(limit)
        return [_issue(body) for body in self._connection.execute(statement).scalars()]

    def history(self, issue_id: str) -> Sequence[HistoryLine]:
        statement = select(HISTORY.c.body).where(HISTORY.c.issue_id == issue_id).order_by(HISTORY.c.version)
        return [msgspec.json.decode(body, type=HistoryLine) for body in self._connection.execute(statement).scalars()]

    def open_counts(self) -> Mapping[tuple[str, str], int]:
        return {(row.severity, row.state): row.issues for row in self._connection.execute(_OPEN_COUNTS)}

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

    def goals(self, goal_ids: Sequence[str]) -> Sequence[Goal]:
        return [_goal(row) for row in self._connection.execute(select(GOALS).where(GOALS.c.id.in_(goal_ids)))]


class SqlIssueStore(SqlIssueReader):
    """`services.issues.ports.IssueStore`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        super().__init__(connection)
        self._writing = connection

    def newest_of(self, fingerprint: str) -> Issue | None:
        self.reserve_openings()
        body = self._connection.execute(_NEWEST, {"of_fingerprint": fingerprint}).scalar_one_or_none()
        return None if body is None else _issue(body)

    def reserve_openings(self) -> None:
        # One lock for all fingerprints: with one each, two transactions that open several could wait for one another.
        self._writing.lock(_OPENINGS)

    def next_number(self) -> str:
        self.reserve_openings()
        last = self._writing.execute(select(SEQUENCES.c.last).where(SEQUENCES.c.name == _NUMBERS)).scalar_one_or_none()
        number = int(last or 0) + 1
        upsert(self._writing, SEQUENCES, [{"name": _NUMBERS, "last": number}])
        return f"{_PREFIX}{number:06d}"

    def add(self, issue: Issue) -> None:
        key = {"id": issue.id, "number": issue.number, "sequence": int(issue.number.removeprefix(_PREFIX))}
        fixed = {"fingerprint": issue.fingerprint, "version": issue.version}
        self._writing.execute(insert(ISSUES), {**key, **fixed, **_columns(issue)})

    def save(self, issue: Issue) -> None:
        compare_and_set(self._writing, ISSUES, key={"id": issue.id}, version=issue.version - 1, values=_columns(issue))

    def add_history(self, line: HistoryLine) -> None:
        row = {"issue_id": line.issue_id, "version": line.version, "at": line.at, "body": _text(line)}
        self._writing.execute(insert(HISTORY), row)

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

    def to_look_at(self, now: datetime, limit: int) -> Sequence[Issue]:
        found = self._connection.execute(_TO_LOOK_AT, {"before": now, "most": limit})
        return [_issue(body) for body in found.scalars()]

    def replace_goals(self, goal_set: str, goals: Sequence[Goal]) -> None:
        self._writing.execute(delete(GOALS).where(GOALS.c.goal_set == goal_set))
        upsert(self._writing, GOALS, [msgspec.to_builtins(goal) for goal in goals])

    def active_goals_of(self, indicator: str, subject: Mapping[str, str]) -> Sequence[Goal]:
        active = select(GOALS).where(GOALS.c.indicator == indicator, GOALS.c.active).order_by(GOALS.c.id)
        return [_goal(row) for row in self._connection.execute(active) if row.subject == dict(subject)]

    def open_of(self, indicator: str, subject: Mapping[str, str]) -> Sequence[Issue]:
        running = select(ISSUES.c.body).where(ISSUES.c.indicator == indicator, ISSUES.c.state.not_in(_ENDED))
        bodies = self._connection.execute(running.order_by(ISSUES.c.sequence)).scalars()
        return [issue for body in bodies if (issue := _issue(body)).subject == dict(subject)]


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
    if wanted.states is not None:
        yield columns.state.in_(wanted.states)
    for name in ("severity", "indicator", "owner"):
        value = getattr(wanted, name)
        if value is not None:
            yield columns[name] == value
    for dimension, value in wanted.subject.items():
        yield columns.subject[dimension].as_string() == value
    if wanted.overdue is not None:
        overdue = func.coalesce(columns.overdue_from < wanted.overdue_at, false())
        yield overdue if wanted.overdue else not_(overdue)


def _columns(issue: Issue) -> dict[str, Any]:
    return {
        "state": issue.state.value,
        "severity": issue.severity,
        "indicator": issue.indicator,
        "subject": dict(issue.subject),
        "owner": issue.owner,
        "open_fingerprint": issue.fingerprint if issue.is_open else None,
        "overdue_from": issue.overdue_from,
        "look_at": issue.look_at,
        "body": _text(issue),
    }


def _text(value: Issue | HistoryLine) -> str:
    return msgspec.json.encode(value).decode()


def _issue(body: str) -> Issue:
    return msgspec.json.decode(body, type=Issue)


def _goal(row: Row[Any]) -> Goal:
    return Goal(row.id, row.goal_set, row.name, row.indicator, row.subject, row.active)
