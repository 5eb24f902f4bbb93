"""Definitions on SQL: read by both stages, written by the commands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, select

from services.analytics.adapters.chart_store import begun_phases
from services.analytics.adapters.definition_tables import DEFINITION_TABLES, DEFINITIONS, lock_definitions
from services.analytics.domain.calendar_form import stored_calendar
from services.analytics.domain.catalogue import Catalogue, DefinedVersion, Definition, Kind, make_catalogue
from services.analytics.domain.goal_rules import rules_of_goal_set
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.indicator_form import read_indicator
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_form import read_rule
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar
from shared.database.engine import ReadConnection, WriteConnection
from shared.database.versioned_definitions import add_version, all_versions, newest_versions, revision_of


class SqlDefinitions:
    """`services.analytics.ports.defining.DefinitionsReader`, as of the connection's transaction."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def revision(self) -> int:
        return revision_of(self._connection, DEFINITION_TABLES)

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
            revision=self.revision(),
            indicators=self.indicators(),
            calendars=self.calendars(),
            rules=self.rules(),
            begun_phases=begun_phases(self._connection),
        )

    def newest(self, kind: Kind, name: str) -> Definition | None:
        rows = newest_versions(self._connection, DEFINITION_TABLES, kind, name=name)
        return _to_definition(rows[0]) if rows else None

    def indicator_as(self, name: str, computed_as: int) -> Indicator | None:
        """An indicator as it was last defined under one version of its computation."""
        columns = DEFINITIONS.c
        of_version = (columns.kind == "indicator", columns.name == name, columns.computed_as == computed_as)
        newest = select(DEFINITIONS).where(*of_version).order_by(columns.version.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        return None if row is None else read_indicator(row.name, row.computed_as, row.body)

    def versions(self, kind: Kind, name: str) -> list[DefinedVersion]:
        """The oldest first."""
        rows = all_versions(self._connection, DEFINITION_TABLES, kind, name=name)
        return [DefinedVersion(_to_definition(row), row.defined_at, row.defined_by) for row in rows]

    def all_newest(self, kind: Kind, *, after: str | None = None, limit: int | None = None) -> list[Definition]:
        """In order of their names."""
        rows = newest_versions(self._connection, DEFINITION_TABLES, kind, after=after, limit=limit)
        return [_to_definition(row) for row in rows]


class SqlDefinitionStore(SqlDefinitions):
    """`services.analytics.ports.defining.DefinitionStore`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        super().__init__(connection)
        self._writing = connection

    def lock(self) -> None:
        lock_definitions(self._writing)

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
        add_version(self._writing, DEFINITION_TABLES, row)


def _to_definition(row: Row[Any]) -> Definition:
    return Definition(cast("Kind", row.kind), row.name, row.version, row.computed_as, row.body)
