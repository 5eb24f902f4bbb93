"""Show the calendars and rules that are defined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.analytics.domain.catalogue import Definition, Kind
from services.analytics.domain.errors import UnknownCalendar, UnknownRule
from services.analytics.ports.reading import Readers
from shared.runtime.errors import DomainError

_UNKNOWN: Mapping[Kind, type[DomainError]] = {
    "calendar": UnknownCalendar,
    "rule": UnknownRule,
}


@dataclass(frozen=True, slots=True)
class QueryDefinitions:
    """Definitions of one kind, at their newest versions."""

    readers: Readers

    def one(self, kind: Kind, name: str) -> Definition:
        """Raises UnknownCalendar or UnknownRule."""
        with self.readers() as reader:
            found = reader.definition(kind, name)
        if found is None:
            raise _UNKNOWN[kind](f"there is no {kind} {name!r}")
        return found

    def page(self, kind: Kind, *, after: str | None, limit: int) -> Sequence[Definition]:
        with self.readers() as reader:
            return reader.definitions(kind, after=after, limit=limit)
