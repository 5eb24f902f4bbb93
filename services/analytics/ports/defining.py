"""Definitions as the use cases of analytics read and write them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.analytics.domain.catalogue import Catalogue, Definition, Kind
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.measure_units import KnownUnits, MeasureUnits
from services.analytics.domain.rule import Rule
from shared.calendars.calendar import Calendar
from shared.runtime.transaction import ConsumingTransaction


class DefinitionsReader(Protocol):
    """The newest version of every definition, as of the transaction it reads in.

    Both stages read it inside their transactions, so a definition governs every reading that is sent after its PUT has
    returned. What was read may be kept for as long as `revision` stays the same.
    """

    def revision(self) -> int:
        """Counted up by every change of any definition; 0 before the first."""
        ...

    def indicators(self) -> Sequence[Indicator]:
        """`version` is the version of the computation: a changed title, direction, sample or lateness keeps it."""
        ...

    def calendars(self) -> Mapping[str, Calendar]:
        """By name; `default` is always there."""
        ...

    def rules(self) -> Sequence[Rule]:
        """The rules of people and those that follow from active goals."""
        ...

    def catalogue(self) -> Catalogue:
        """All of the above at one revision."""
        ...


class DefinitionStore(DefinitionsReader, Protocol):
    """Reads and writes definitions inside one transaction."""

    def lock(self) -> None:
        """Let no other transaction change definitions until this one ends; blocks until it may go on."""
        ...

    def newest(self, kind: Kind, name: str) -> Definition | None:
        """The newest version; None for a name never defined."""
        ...

    def add(self, definition: Definition, *, now: datetime, actor: str) -> None:
        """Write a new version, and count the revision up."""
        ...


class KeptReadings(Protocol):
    """How far back the readings go that are kept."""

    def complete_after(self, reading_type: str) -> datetime | None:
        """Readings observed then or earlier may have been dropped; None when none was."""
        ...


class ReadingTypes(Protocol):
    """What ingest has told of reading types."""

    def known_units(self) -> KnownUnits:
        """Of all that it has told of."""
        ...

    def keep(self, name: str, version: int, units: MeasureUnits) -> None:
        """Unless a newer version is kept already."""
        ...


class DefinitionEvents(Protocol):
    """Tells the other services, with the transaction that is under way."""

    def calendar_defined(self, definition: Definition, calendar: Calendar, now: datetime) -> None: ...

    def indicator_defined(self, definition: Definition, indicator: Indicator, now: datetime) -> None: ...


class DefinitionUnitOfWork(ConsumingTransaction, Protocol):
    """One transaction that changes definitions; entered with `with`, kept only if `commit` is called."""

    definitions: DefinitionStore
    readings: KeptReadings
    reading_types: ReadingTypes
    events: DefinitionEvents
