"""What the use cases of ingest need from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from services.ingest.domain.batch import TypedReadings
from services.ingest.domain.decode import EventDecoder
from services.ingest.domain.definition import Definition
from services.ingest.domain.quarantine import Entry, Reason, Rejected, State
from services.ingest.domain.reading_type import ReadingType
from shared.runtime.transaction import Transaction

Kind = Literal["reading-type", "source"]


class SourceCatalogue(Protocol):
    """The sources in force, as a decoder. Definitions that were put before a call govern that call."""

    def decoder(self, only: str | None = None) -> EventDecoder:
        """The decoder of all sources, or one that takes the events of one source alone, registered or not."""
        ...


class ReadingsPublisher(Protocol):
    """Appends readings to the log."""

    def publish(self, batches: Sequence[TypedReadings]) -> None:
        """Durable when it returns; blocks for one append. Publishing a batch again is harmless: the fold drops repeats.

        Raises:
            LogUnavailable: any part of it may or may not be on the log.
        """
        ...


class SourceTopics(Protocol):
    """The raw topics that sources' own producers write to."""

    def make(self, source: str) -> None:
        """Make the topic of a source, unless it is there."""
        ...


class DefinitionReader(Protocol):
    """Definitions of both kinds, every version kept."""

    def newest(self, kind: Kind, name: str) -> Definition | None: ...

    def all_newest(self, kind: Kind, *, after: str | None = None, limit: int | None = None) -> Sequence[Definition]:
        """In order of their names."""
        ...


class DefinitionStore(DefinitionReader, Protocol):
    """Definitions, inside a write transaction."""

    def add(self, definition: Definition, *, now: datetime, actor: str) -> None:
        """Add a version; from the commit on it governs."""
        ...

    def lock(self) -> None:
        """Let one writer of definitions at a time pass."""
        ...


class Selection(Protocol):
    """Which entries of the quarantine are meant."""

    @property
    def source(self) -> str | None: ...
    @property
    def reason(self) -> Reason | None: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def state(self) -> State: ...


class QuarantineReader(Protocol):
    """Looks into the quarantine."""

    def get(self, entry_id: str) -> Entry | None: ...

    def find(self, selection: Selection, *, after: tuple[datetime, str] | None, limit: int) -> Sequence[Entry]:
        """In order of the time of quarantine, then of the id; `after` is both of these of the last one seen."""
        ...

    def originals(self, entry_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Entry → its bytes as they were sent. All of them are held in memory: ask for as many as fit."""
        ...


class QuarantineStore(Protocol):
    """The quarantine, inside a write transaction."""

    def get(self, entry_id: str) -> Entry | None: ...

    def add(self, rejected: Sequence[Rejected], *, now: datetime) -> Sequence[str]:
        """Keep them; returns their ids.

        Bytes that are held already are the same entry. While it is open it gets the newest reason; once it was settled it stays
        as it is.
        """
        ...

    def close(self, entry_id: str, state: State, line: Mapping[str, Any]) -> bool:
        """End an open entry with a line of history; False when it was not open."""
        ...


class ExpectationStore(Protocol):
    """Up to when it has been stated which readings are due, inside a transaction."""

    def stated(self) -> Mapping[str, datetime]:
        """By source; of those that have a cadence."""
        ...

    def keep(self, until: Mapping[str, datetime]) -> None:
        """Remember of some sources up to when."""
        ...

    def begin(self, source: str, moment: datetime) -> None:
        """From this moment on readings are due from a source; one from which they are due already keeps what is known."""
        ...

    def end(self, source: str) -> None:
        """Nothing is due from a source any more."""
        ...


class ToldReadingTypes(Protocol):
    """Which reading types the other services have been told of."""

    def versions(self) -> Mapping[str, int]:
        """Reading type → the newest version that was told."""
        ...

    def tell(self, reading_types: Sequence[ReadingType], now: datetime) -> None:
        """Tell of these, with the transaction that is under way."""
        ...


class UnitOfWork(Transaction, Protocol):
    """One transaction. Leaving the block without `commit` changes nothing."""

    @property
    def definitions(self) -> DefinitionStore: ...
    @property
    def quarantine(self) -> QuarantineStore: ...
    @property
    def expectations(self) -> ExpectationStore: ...
    @property
    def told(self) -> ToldReadingTypes: ...
