"""Definitions on SQL, and the decoder made of them, kept until they change."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Row

from services.ingest.adapters.tables import DEFINITIONS, DEFINITIONS_REVISION
from services.ingest.domain.decode import EventDecoder, no_scan, plan_source
from services.ingest.domain.definition import Definition
from services.ingest.domain.errors import InvalidDefinition
from services.ingest.domain.event_columns import SourcePlan
from services.ingest.domain.plain_events import Scan
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.reading_type_form import read_reading_type
from services.ingest.domain.source_form import read_stored_source
from services.ingest.ports import Kind
from shared.database.engine import Database, ReadConnection, WriteConnection
from shared.database.versioned_definitions import (
    DefinitionTables,
    add_version,
    current_revision,
    newest_versions,
    revision_of,
)

_TABLES = DefinitionTables(DEFINITIONS, DEFINITIONS_REVISION)


class SqlDefinitionReader:
    """Reads definitions as of the connection's transaction."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def revision(self) -> int:
        """A number that every change of a definition raises."""
        return revision_of(self._connection, _TABLES)

    def newest(self, kind: Kind, name: str) -> Definition | None:
        found = newest_versions(self._connection, _TABLES, kind, name=name)
        return _definition(kind, found[0]) if found else None

    def all_newest(self, kind: Kind, *, after: str | None = None, limit: int | None = None) -> Sequence[Definition]:
        found = newest_versions(self._connection, _TABLES, kind, after=after, limit=limit)
        return [_definition(kind, row) for row in found]


class SqlDefinitionStore(SqlDefinitionReader):
    """`services.ingest.ports.DefinitionStore`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        super().__init__(connection)
        self._writing = connection

    def lock(self) -> None:
        self._writing.lock("ingest definitions")

    def add(self, definition: Definition, *, now: datetime, actor: str) -> None:
        row = {
            "kind": definition.kind,
            "name": definition.name,
            "version": definition.version,
            "body": dict(definition.body),
            "defined_at": now,
            "defined_by": actor,
        }
        add_version(self._writing, _TABLES, row)


class ReadOnlyDefinitions:
    """Opens a reader for one question of a screen, as a `DefinitionStore` that is never written to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self) -> Iterator[SqlDefinitionReader]:
        with self._database.reading() as connection:
            yield SqlDefinitionReader(connection)


class CachedCatalogue:
    """`services.ingest.ports.SourceCatalogue`: one cheap query a call, and new decoders only after a change.

    Args:
        scan: the decoders' own; see `EventDecoder`.
    """

    def __init__(self, database: Database, *, most_event_bytes: int, scan: Callable[[], Scan | None] = no_scan) -> None:
        self._database = database
        self._decoder = partial(EventDecoder, most_bytes=most_event_bytes, scan=scan)
        self._lock = threading.Lock()
        self._revision = -1
        self._all = self._decoder([])
        self._alone: dict[str, EventDecoder] = {}

    def decoder(self, only: str | None = None) -> EventDecoder:
        revision = current_revision(self._database, _TABLES)
        with self._lock:
            if revision != self._revision:
                with self._database.reading() as connection:
                    self._load(SqlDefinitionReader(connection))
            return self._all if only is None else self._only(only)

    def _load(self, definitions: SqlDefinitionReader) -> None:
        """Read all of one moment, which may be later than the one at which something was seen to have changed."""
        types = {
            found.name: read_reading_type(found.name, found.version, found.body)
            for found in definitions.all_newest("reading-type")
        }
        plans = [plan for found in definitions.all_newest("source") if (plan := _plan(found, types)) is not None]
        self._all = self._decoder(plans)
        self._alone = {}
        self._revision = definitions.revision()

    def _only(self, name: str) -> EventDecoder:
        if name not in self._alone:
            self._alone[name] = self._decoder(self._all.plans.values(), only=name)
        return self._alone[name]


def _plan(definition: Definition, types: dict[str, ReadingType]) -> SourcePlan | None:
    try:
        source = read_stored_source(definition.name, definition.version, definition.body)
        return plan_source(source, types[source.reading_type])
    except (InvalidDefinition, KeyError, ValueError):
        return None  # stored by a release that allowed what this one does not: as unknown, until it is put again


def _definition(kind: Kind, row: Row[Any]) -> Definition:
    return Definition(kind, row.name, row.version, row.body)
