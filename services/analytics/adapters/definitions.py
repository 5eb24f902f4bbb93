"""Definitions on SQL: read by both stages, written by the commands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row

from services.analytics.adapters.chart_store import begun_phases
from services.analytics.adapters.definition_tables import DEFINITION_TABLES, lock_definitions
from services.analytics.domain.calendar_form import stored_calendar
from services.analytics.domain.catalogue import Catalogue, DefinedVersion, Definition, Kind, make_catalogue
from services.analytics.domain.dated_versions import indicator_of
from services.analytics.domain.goal_rules import rules_of_goal_set
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.indicator_form import EFFECTIVE_FROM
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
        return [self._indicator_of(found) for found in self.all_newest("indicator")]

    def indicator(self, name: str, computed_as: int | None = None) -> Indicator | None:
        """As its newest version says, or the newest with this `Definition.computed_as`; None where there is none."""
        newest = self.newest("indicator", name)
        if newest is None or computed_as in (None, newest.computed_as):
            return None if newest is None else self._indicator_of(newest)
        defined = [one.definition for one in self.versions("indicator", name)]
        while defined and defined[-1].computed_as != computed_as:
            defined.pop()
        return indicator_of(defined) if defined else None

    def _indicator_of(self, newest: Definition) -> Indicator:
        has_date = EFFECTIVE_FROM in newest.body
        return indicator_of(
            [one.definition for one in self.versions("indicator", newest.name)] if has_date else [newest]
        )

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
