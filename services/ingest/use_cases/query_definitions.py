"""Look up reading types and sources."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from services.ingest.domain.definition import Definition
from services.ingest.domain.errors import UnknownReadingType, UnknownSource
from services.ingest.ports import DefinitionReader, Kind


@dataclass(frozen=True, slots=True)
class QueryDefinitions:
    """Reads the newest versions."""

    reader: Callable[[], AbstractContextManager[DefinitionReader]]

    def one(self, kind: Kind, name: str) -> Definition:
        """Raises UnknownReadingType, UnknownSource."""
        with self.reader() as definitions:
            found = definitions.newest(kind, name)
        if found is None:
            error = UnknownSource if kind == "source" else UnknownReadingType
            raise error(f"there is no {kind.replace('-', ' ')} {name[:100]!r}")
        return found

    def page(self, kind: Kind, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[Definition]:
        """In order of their names."""
        with self.reader() as definitions:
            return definitions.all_newest(kind, after=None if after is None else str(after[0]), limit=limit)
