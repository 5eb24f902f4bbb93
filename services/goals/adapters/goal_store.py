"""Goals on SQL."""

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, func, insert, select

from services.goals.adapters.tables import CALENDARS, GOAL_SETS, HEALTH, INDICATORS, KPI_VALUES, LINKS
from services.goals.domain.attainment import Health, WindowValue
from services.goals.domain.goal import GoalSet, State
from services.goals.domain.indicator import Indicator
from services.goals.ports import GoalReader, LinkedIssue, SubjectValue
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar, calendar_from_definition
from shared.database.engine import Database, ReadConnection, WriteConnection
from shared.database.versioning import compare_and_set, upsert

_GET = select(GOAL_SETS.c.body).where(GOAL_SETS.c.period == bindparam("of_period"))


@functools.cache
def _find(given: frozenset[str]) -> Select[tuple[str]]:
    """Written once for each choice of parameters: every batch of KPI values asks for the active sets."""
    statement = select(GOAL_SETS.c.body).order_by(GOAL_SETS.c.period).limit(bindparam("most"))
    if "after_period" in given:
        statement = statement.where(GOAL_SETS.c.period > bindparam("after_period"))
    if "of_state" in given:
        statement = statement.where(GOAL_SETS.c.state == bindparam("of_state"))
    return statement


class SqlGoalReader:
    """`services.goals.ports.GoalReader`, as of the connection's transaction."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def get(self, period: str) -> GoalSet | None:
        body = self._connection.execute(_GET, {"of_period": period}).scalar_one_or_none()
        return None if body is None else msgspec.json.decode(body, type=GoalSet)

    def find(self, *, after: str | None, limit: int, state: State | None = None) -> Sequence[GoalSet]:
        given = {"after_period": after, "of_state": None if state is None else state.value}
        parameters = {name: value for name, value in given.items() if value is not None}
        found = self._connection.execute(_find(frozenset(parameters)), {**parameters, "most": limit})
        return [msgspec.json.decode(body, type=GoalSet) for body in found.scalars()]

    def values(self, indicator: str, subject: Mapping[str, str]) -> Sequence[WindowValue]:
        columns = KPI_VALUES.c
        # Those of an earlier definition of the indicator were computed otherwise, over other windows perhaps.
        newest = select(func.max(columns.indicator_version)).where(columns.indicator == indicator).scalar_subquery()
        statement = select(KPI_VALUES).where(
            columns.indicator == indicator,
            columns.subject == _subject_key(subject),
            columns.indicator_version == newest,
        )
        return [
            WindowValue(
                start=row.window_start,
                end=row.window_end,
                formula=row.formula,
                value=row.value,
                numerator=row.numerator,
                denominator=row.denominator,
                sample_size=row.sample_size,
                status=row.status,
                judgement=row.judgement,
                revision=row.revision,
            )
            for row in self._connection.execute(statement.order_by(columns.window_start))
        ]

    def links(self, goal_ids: Sequence[str]) -> Sequence[LinkedIssue]:
        statement = select(LINKS).where(LINKS.c.goal_id.in_(list(goal_ids))).order_by(LINKS.c.number)
        return [
            LinkedIssue(row.goal_id, row.issue_id, row.number, row.state) for row in self._connection.execute(statement)
        ]

    def health(self, goal_id: str) -> Health | None:
        statement = select(HEALTH.c.health).where(HEALTH.c.goal_id == goal_id)
        found = self._connection.execute(statement).scalar_one_or_none()
        return None if found is None else Health(found)

    def indicators(self) -> Mapping[str, Indicator]:
        rows = self._connection.execute(select(INDICATORS)).all()
        return {row.name: msgspec.convert(row.body, Indicator) for row in rows}

    def calendar(self, name: str) -> Calendar | None:
        if name == DEFAULT_CALENDAR.name:
            return DEFAULT_CALENDAR
        statement = select(CALENDARS.c.definition).where(CALENDARS.c.name == name)
        found = self._connection.execute(statement).scalar_one_or_none()
        return None if found is None else calendar_from_definition(name, found)


class SqlGoalStore(SqlGoalReader):
    """`services.goals.ports.GoalStore`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        super().__init__(connection)
        self._writing = connection

    def add(self, goal_set: GoalSet) -> None:
        self._writing.lock(f"goal set {goal_set.period}")
        key = {"period": goal_set.period, "version": goal_set.version}
        self._writing.execute(insert(GOAL_SETS).values(**key, state=goal_set.state.value, body=_text(goal_set)))

    def save(self, goal_set: GoalSet) -> None:
        compare_and_set(
            self._writing,
            GOAL_SETS,
            key={"period": goal_set.period},
            version=goal_set.version - 1,
            values={"state": goal_set.state.value, "body": _text(goal_set)},
        )

    def save_values(self, values: Sequence[SubjectValue]) -> None:
        """A subject's values come in the order of their revisions, so the last of a batch, and the last batch, are newest."""
        rows = [_value_row(one) for one in values]
        newest = {(row["indicator"], row["subject"], row["window_start"]): row for row in rows}
        upsert(self._writing, KPI_VALUES, list(newest.values()))

    def save_link(self, link: LinkedIssue) -> None:
        row = {"goal_id": link.goal_id, "issue_id": link.issue_id, "number": link.number, "state": link.state}
        upsert(self._writing, LINKS, [row])

    def save_health(self, goal_id: str, health: Health) -> None:
        upsert(self._writing, HEALTH, [{"goal_id": goal_id, "health": health.value}])

    def save_indicator(self, indicator: Indicator) -> None:
        upsert(self._writing, INDICATORS, [{"name": indicator.name, "body": msgspec.to_builtins(indicator)}])

    def save_calendar(self, name: str, definition: Mapping[str, Any]) -> None:
        upsert(self._writing, CALENDARS, [{"name": name, "definition": dict(definition)}])


class SqlReaders:
    """`services.goals.ports.Readers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self) -> Iterator[GoalReader]:
        with self._database.reading() as connection:
            yield SqlGoalReader(connection)


def _text(goal_set: GoalSet) -> str:
    return msgspec.json.encode(goal_set).decode()


def _subject_key(subject: Mapping[str, str]) -> str:
    text = json.dumps(dict(subject), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _value_row(one: SubjectValue) -> dict[str, Any]:
    value = one.value
    return {
        "indicator": one.indicator,
        "subject": _subject_key(one.subject),
        "window_start": value.start,
        "window_end": value.end,
        "indicator_version": one.indicator_version,
        "formula": value.formula,
        "value": value.value,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "sample_size": value.sample_size,
        "status": value.status,
        "judgement": value.judgement,
        "revision": value.revision,
    }
