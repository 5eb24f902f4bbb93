"""Definitions on SQL: read by both stages, written by the commands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row

from services.analytics.adapters.definition_tables import DEFINITIONS, DEFINITIONS_REVISION
from services.analytics.domain.calendar_form import stored_calendar
from services.analytics.domain.catalogue import Catalogue, Definition, Kind, make_catalogue
from services.analytics.domain.goal_rules import rules_of_goal_set
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.indicator_form import read_indicator
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_form import read_rule
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar
from shared.database.engine import ReadConnection, WriteConnection
from shared.database.versioned_definitions import DefinitionTables, add_version, newest_versions, revision_of

_TABLES = DefinitionTables(DEFINITIONS, DEFINITIONS_REVISION)


class SqlDefinitions:
    """`services.analytics.ports.defining.DefinitionsReader`, as of the connection's transaction."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def revision(self) -> int:
        return revision_of(self._connection, _TABLES)

    def indicators(self) -> Sequence[Indicator]:
        return [read_indicator(found.name, found.computed_as, found.body) for found in self.all_newest("indicator")]

    def calendars(self) -> Mapping[str, Calendar]:
        defined = {found.name: stored_calendar(found.name, found.body) for found in self.all_newest("calendar")}
        return {DEFAULT_CALENDAR.name: DEFAULT_CALENDAR, **defined}

    def rules(self) -> Sequence[Rule]:
        own = [read_rule(found.name, found.version, found.body) for found in self.all_newest("rule")]
        goals = [rule for found in self.all_newest("goal-set") for rule in rules_of_goal_set(found)]
        return own + goals

    def catalogue(self) -> Catalogue:
        return make_catalogue(
            revision=self.revision(), indicators=self.indicators(), calendars=self.calendars(), rules=self.rules()
        )

    def newest(self, kind: Kind, name: str) -> Definition | None:
        rows = newest_versions(self._connection, _TABLES, kind, name=name)
        return _to_definition(rows[0]) if rows else None

    def all_newest(self, kind: Kind, *, after: str | None = None, limit: int | None = None) -> list[Definition]:
        """In order of their names."""
        rows = newest_versions(self._connection, _TABLES, kind, after=after, limit=limit)
        return [_to_definition(row) for row in rows]


class SqlDefinitionStore(SqlDefinitions):
    """`services.analytics.ports.defining.DefinitionStore`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        super().__init__(connection)
        self._writing = connection

    def lock(self) -> None:
        self._writing.lock("analytics definitions")

    def add(self, definition: Definition, *, now: datetime, actor: str) -> None:
        row = {
            "kind": definition.kind,
            "name": definition.name,
            "version": definition.version,
            "computed_as": definition.computed_as,
            "body": dict(definition.body),
            "defined_at": now,
            "defined_by": actor,
        }
        add_version(self._writing, _TABLES, row)


def _to_definition(row: Row[Any]) -> Definition:
    return Definition(cast("Kind", row.kind), row.name, row.version, row.computed_as, row.body)
