"""Definitions on SQL: read by both stages, written by the commands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, func, insert, select

from services.analytics.adapters.definition_tables import DEFINITIONS, DEFINITIONS_REVISION
from services.analytics.domain.catalogue import Catalogue, Definition, Kind, make_catalogue
from services.analytics.domain.goal_rules import rules_of_goal_set
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.indicator_form import read_indicator
from services.analytics.domain.rule import TargetRule
from services.analytics.domain.rule_form import read_rule
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar, calendar_from_definition
from shared.database.engine import ReadConnection, WriteConnection
from shared.database.versioning import upsert

_THE_ROW = 1


class SqlDefinitions:
    """`services.analytics.ports.defining.DefinitionsReader`, as of the connection's transaction."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def revision(self) -> int:
        found = self._connection.execute(select(DEFINITIONS_REVISION.c.revision)).scalar_one_or_none()
        return int(found or 0)

    def indicators(self) -> Sequence[Indicator]:
        return [read_indicator(found.name, found.computed_as, found.body) for found in self.all_newest("indicator")]

    def calendars(self) -> Mapping[str, Calendar]:
        defined = {
            found.name: calendar_from_definition(found.name, found.body) for found in self.all_newest("calendar")
        }
        return {DEFAULT_CALENDAR.name: DEFAULT_CALENDAR, **defined}

    def rules(self) -> Sequence[TargetRule]:
        own = [read_rule(found.name, found.version, found.body) for found in self.all_newest("rule")]
        goals = [rule for found in self.all_newest("goal-set") for rule in rules_of_goal_set(found)]
        return own + goals

    def catalogue(self) -> Catalogue:
        return make_catalogue(
            revision=self.revision(), indicators=self.indicators(), calendars=self.calendars(), rules=self.rules()
        )

    def newest(self, kind: Kind, name: str) -> Definition | None:
        rows = self._newest_rows(kind, name=name)
        return _to_definition(rows[0]) if rows else None

    def all_newest(self, kind: Kind, *, after: str | None = None, limit: int | None = None) -> list[Definition]:
        """In order of their names."""
        return [_to_definition(row) for row in self._newest_rows(kind, after=after, limit=limit)]

    def _newest_rows(
        self, kind: Kind, *, name: str | None = None, after: str | None = None, limit: int | None = None
    ) -> Sequence[Row[Any]]:
        columns = DEFINITIONS.c
        newest = select(columns.name, func.max(columns.version).label("version")).where(columns.kind == kind)
        if name is not None:
            newest = newest.where(columns.name == name)
        if after is not None:
            newest = newest.where(columns.name > after)
        last = newest.group_by(columns.name).subquery()
        statement = (
            select(DEFINITIONS)
            .join(last, (columns.name == last.c.name) & (columns.version == last.c.version))
            .where(columns.kind == kind)
            .order_by(columns.name)
            .limit(limit)
        )
        return self._connection.execute(statement).all()


class SqlDefinitionStore(SqlDefinitions):
    """`services.analytics.ports.defining.DefinitionStore`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        super().__init__(connection)
        self._writing = connection

    def lock(self) -> None:
        self._writing.lock("analytics definitions")

    def add(self, definition: Definition, *, now: datetime, actor: str) -> None:
        self._writing.change(
            insert(DEFINITIONS).values(
                kind=definition.kind,
                name=definition.name,
                version=definition.version,
                computed_as=definition.computed_as,
                body=dict(definition.body),
                defined_at=now,
                defined_by=actor,
            )
        )
        upsert(self._writing, DEFINITIONS_REVISION, [{"id": _THE_ROW, "revision": self.revision() + 1}])


def _to_definition(row: Row[Any]) -> Definition:
    return Definition(cast("Kind", row.kind), row.name, row.version, row.computed_as, row.body)
