"""Repair, replay or discard what lies in quarantine. Appending comes before marking, so nothing is marked that does not count."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from services.ingest.domain.acceptance import Prepared, prepare
from services.ingest.domain.errors import EntryClosed, StillWrong, UnknownEntry
from services.ingest.domain.quarantine import Entry, State
from services.ingest.ports import QuarantineReader, ReadingsPublisher, Selection, SourceCatalogue, UnitOfWork

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many entries became readings, and how many are as wrong as before."""

    replayed: int
    still_quarantined: int


@dataclass(frozen=True, slots=True)
class ReleaseQuarantined:
    """Take in a corrected event under the identity of the original; it counts once.

    Raises:
        UnknownEntry, EntryClosed, StillWrong.
    """

    reader: QuarantineReader
    catalogue: SourceCatalogue
    units: Callable[[], UnitOfWork]
    publisher: ReadingsPublisher

    def __call__(self, entry_id: str, event: Mapping[str, Any], *, actor: str, now: datetime) -> Entry:
        entry = _open_entry(self.reader, entry_id)
        if entry.event_id is not None and event.get("id") != entry.event_id:
            raise StillWrong(f"id: a corrected event keeps its id, {entry.event_id!r}")
        corrected = msgspec.json.encode(event)
        prepared = prepare(self.catalogue.decoder(), [corrected], now=now)
        if prepared.rejected:
            refused = prepared.rejected[0]
            raise StillWrong(refused.detail, facts={"reason": refused.reason.value})
        # A crash between the two: the entry is still open, releasing it again appends a repeat, which is not counted.
        self.publisher.publish(prepared.batches)
        line = {"at": now.isoformat(), "actor": actor, "did": "released", "corrected": corrected.decode()}
        return _close(self.units, entry, state=State.RELEASED, line=line)


@dataclass(frozen=True, slots=True)
class DiscardQuarantined:
    """Let an entry go; it stays on record. Raises UnknownEntry, EntryClosed."""

    reader: QuarantineReader
    units: Callable[[], UnitOfWork]

    def __call__(self, entry_id: str, reason: str, *, actor: str, now: datetime) -> Entry:
        entry = _open_entry(self.reader, entry_id)
        line = {"at": now.isoformat(), "actor": actor, "did": "discarded", "reason": reason}
        return _close(self.units, entry, state=State.DISCARDED, line=line)


@dataclass(frozen=True, slots=True)
class ReplayQuarantined:
    """Map open entries again by the definitions in force now. Repeating it is harmless."""

    reader: QuarantineReader
    catalogue: SourceCatalogue
    units: Callable[[], UnitOfWork]
    publisher: ReadingsPublisher

    def __call__(self, selection: Selection, *, actor: str, now: datetime) -> Replayed:
        replayed = still = 0
        after: tuple[Any, ...] | None = None
        while entries := self.reader.find(selection, after=after, limit=_AT_ONCE):
            after = (entries[-1].quarantined_at.isoformat(), entries[-1].id)
            prepared = prepare(self.catalogue.decoder(), [entry.original for entry in entries], now=now)
            if prepared.batches:
                self.publisher.publish(prepared.batches)
            replayed += self._mark(_mended(entries, prepared), actor, now)
            still += len(prepared.rejected)
        return Replayed(replayed, still)

    def _mark(self, entries: Sequence[Entry], actor: str, now: datetime) -> int:
        line = {"at": now.isoformat(), "actor": actor, "did": "replayed"}
        with self.units() as uow:
            marked = sum(uow.quarantine.close(entry.id, State.REPLAYED, line) for entry in entries)
            uow.commit()
        return marked


def _mended(entries: Sequence[Entry], prepared: Prepared) -> list[Entry]:
    wrong = {refused.index for refused in prepared.rejected}
    return [entry for index, entry in enumerate(entries) if index not in wrong]


def _open_entry(reader: QuarantineReader, entry_id: str) -> Entry:
    entry = reader.get(entry_id)
    if entry is None:
        raise UnknownEntry(f"the quarantine has no entry {entry_id[:100]!r}")
    if entry.state is not State.OPEN:
        raise EntryClosed(f"the entry is {entry.state} already", facts={"state": entry.state.value})
    return entry


def _close(units: Callable[[], UnitOfWork], entry: Entry, *, state: State, line: Mapping[str, Any]) -> Entry:
    with units() as uow:
        if not uow.quarantine.close(entry.id, state, line):
            raise EntryClosed("the entry was closed by somebody else meanwhile")
        closed = uow.quarantine.get(entry.id)
        uow.commit()
    return closed or entry
