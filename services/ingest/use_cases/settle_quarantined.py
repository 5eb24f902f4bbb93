"""Repair, replay or discard what lies in quarantine. Appending comes before marking, so nothing is marked that does not count."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from services.ingest.domain.acceptance import prepare
from services.ingest.domain.batch import Prepared
from services.ingest.domain.diagnose import event_id_of
from services.ingest.domain.errors import EntryClosed, StillWrong, UnknownEntry
from services.ingest.domain.quarantine import Entry, State
from services.ingest.ports import QuarantineReader, ReadingsPublisher, Selection, SourceCatalogue, UnitOfWork
from shared.runtime.failpoints import fail_point

_ENTRIES_AT_ONCE = 500
_BYTES_AT_ONCE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many entries became readings, and how many could not, by the reason that keeps them now."""

    replayed: int = 0
    still: Counter[str] = field(default_factory=Counter)


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
        known_id = event_id_of(self.reader.originals([entry_id])[entry_id])
        if known_id is not None and event.get("id") != known_id:
            raise StillWrong(f"id: a corrected event keeps its id, {known_id[:500]!r}")
        corrected = _written(event)
        prepared = prepare(self.catalogue.decoder(), [corrected], now=now)
        if prepared.rejected:
            refused = prepared.rejected[0]
            raise StillWrong(refused.detail, facts={"reason": refused.reason.value})
        # A crash between the two: the entry is still open, releasing it again appends a repeat, which is not counted.
        self.publisher.publish(prepared.batches)
        fail_point("release-appended")
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
        replayed, still = 0, Counter[str]()
        for entries in self._portions(selection):
            originals = self.reader.originals([entry.id for entry in entries])
            prepared = prepare(self.catalogue.decoder(), [originals[entry.id] for entry in entries], now=now)
            # A crash between the two: the entries are still open, replaying them again appends repeats, not counted.
            if prepared.batches:
                self.publisher.publish(prepared.batches)
                fail_point("replay-appended")
            replayed += self._mark(entries, prepared, actor=actor, now=now)
            still.update(refused.reason.value for refused in prepared.rejected)
        return Replayed(replayed, still)

    def _portions(self, selection: Selection) -> Iterator[Sequence[Entry]]:
        """All that is selected, in portions whose originals fit into memory."""
        after: tuple[datetime, str] | None = None
        while entries := self.reader.find(selection, after=after, limit=_ENTRIES_AT_ONCE):
            after = (entries[-1].quarantined_at, entries[-1].id)
            yield from _by_size(entries)

    def _mark(self, entries: Sequence[Entry], prepared: Prepared, *, actor: str, now: datetime) -> int:
        """Close what has become a reading; what has not gets the reason that keeps it now."""
        wrong = {refused.index for refused in prepared.rejected}
        line = {"at": now.isoformat(), "actor": actor, "did": "replayed"}
        with self.units() as uow:
            mended = [entry for index, entry in enumerate(entries) if index not in wrong]
            marked = sum(uow.quarantine.close(entry.id, State.REPLAYED, line) for entry in mended)
            uow.quarantine.add(prepared.rejected, now=now)
            uow.commit()
        return marked


def _by_size(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    portion: list[Entry] = []
    size = 0
    for entry in entries:
        if portion and size + entry.size > _BYTES_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(entry)
        size += entry.size
    if portion:
        yield portion


def _written(event: Mapping[str, Any]) -> bytes:
    """Raises StillWrong for half a surrogate pair, which is no text in any encoding."""
    try:
        return msgspec.json.encode(event)
    except ValueError as error:
        raise StillWrong("the corrected event holds text that is not Unicode") from error


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
