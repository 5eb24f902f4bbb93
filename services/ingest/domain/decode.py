"""From bytes to the fields that a mapping needs, with the exact reason for the event that is wrong.

For each source a structure is generated that has only the fields its mapping reads; the structures of all sources form one
union, told apart by the event's `source`. So msgspec decodes each event in one pass. Only an event that does not fit is
looked at again, field by field (`diagnose.py`). What no mapping reads is not looked at: it may be anything that is JSON.

Where there is a compiled scan, many events of one source are scanned first, and so those of the next one among the others; only what
is left, of few events or not plainly written, is decoded.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeVar, Union

import msgspec

from services.ingest.domain.checks import fixed_checks
from services.ingest.domain.diagnose import Diagnosis
from services.ingest.domain.event_columns import DecodedEvents, Event, EventColumns, ScannedEvents, SourcePlan
from services.ingest.domain.event_structure import Fields
from services.ingest.domain.plain_events import WORTH_A_SCAN, Scan, read_plain
from services.ingest.domain.plain_table import Path, plain_table
from services.ingest.domain.quarantine import Rejected
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.revision import is_revision
from services.ingest.domain.source import Place, Source

_Value = TypeVar("_Value")

_UNDECODABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""ValueError: bytes that are not UTF-8, integers of thousands of digits."""

_WORTH_ANOTHER = 0.1
"""A scan that finds less of its source among the events is the last one: of many sources that take turns each has few."""

_WORTH_A_LIST = 0.1
"""Joined texts of which more are wanted one by one are made objects together, in a tenth of the time of each."""

_FIRST_BYTE = itemgetter(0)
_LAST_BYTE = itemgetter(-1)


Unfold = Callable[[Sequence[bytes]], Sequence[bytes]]
"""Texts that may hold several events → a text for each event; its very argument where each of them is one event already."""


def no_scan() -> Scan | None:
    """Where nothing is compiled, every event is decoded."""
    return None


def one_event_each(texts: Sequence[bytes]) -> Sequence[bytes]:
    """An `Unfold` for texts that are known to be one event each."""
    return texts


@dataclass(slots=True)
class Decoded:
    """A decoded batch: the events of each source, in one part or in two, and what could not be decoded.

    Attributes:
        originals: the batch, one JSON text per event.
        revisions: indices of corrections and retractions, which have a form of their own.
    """

    originals: Sequence[bytes]
    parts: list[EventColumns] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    revisions: list[int] = field(default_factory=list)

    def by_source(self) -> Iterator[tuple[SourcePlan, list[EventColumns]]]:
        """Each source with its parts."""
        for name in dict.fromkeys(part.plan.source.name for part in self.parts):
            parts = [part for part in self.parts if part.plan.source.name == name]
            yield parts[0].plan, parts


class EventDecoder:
    """Decodes the events of a fixed set of sources. Safe to use from many threads.

    Args:
        most_bytes: of one event; a larger one is refused unread.
        only: the one source whose events may come this way, registered or not; None for all of `plans`.
        scan: asked for each batch that is worth one; None for as long as it is not compiled.
    """

    def __init__(
        self,
        plans: Iterable[SourcePlan],
        *,
        most_bytes: int,
        only: str | None = None,
        scan: Callable[[], Scan | None] = no_scan,
    ) -> None:
        self.plans = {plan.source.name: plan for plan in plans if only is None or plan.source.name == only}
        self.quotas = {name: plan.source.quota for name, plan in self.plans.items() if plan.source.quota is not None}
        self._names = {plan.structure: name for name, plan in self.plans.items()}
        self._most_bytes = most_bytes
        self._scan = scan
        self._diagnosis = Diagnosis(self.plans, most_bytes=most_bytes, only=only)
        self._decoder = _union_decoder(self.plans.values())

    def decode(self, originals: Sequence[bytes], unfold: Unfold = one_event_each) -> Decoded:
        """Decode events. Nothing is raised for an event that is wrong.

        Args:
            originals: JSON texts.
            unfold: asked only of those that are not plain: what a scan reads is one event on one line.
        """
        scanned, indices = self._scanned(originals)
        others = _at(originals, indices)
        unfolded = unfold(others)
        if unfolded is not others:
            return self.decode(unfold(originals) if scanned else unfolded)
        decoded = Decoded(originals, [*scanned])
        self._decode_exactly(others, indices, decoded)
        return decoded

    def _scanned(self, originals: Sequence[bytes]) -> tuple[Sequence[ScannedEvents], Sequence[int]]:
        """Those that are plain, source by source, and the indices of the others."""
        parts: list[ScannedEvents] = []
        others: Sequence[int] = range(len(originals))
        while len(others) >= WORTH_A_SCAN:
            plan = self._next_plan(originals, others, [part.plan for part in parts])
            found = None if plan is None else self._plain(plan, originals, others)
            if found is None:
                break
            parts.append(found)
            is_last = len(found.indices) < _WORTH_ANOTHER * len(others)
            others = _at(others, found.columns.others)
            if is_last:
                break
        return parts, others

    def _plain(self, plan: SourcePlan, originals: Sequence[bytes], among: Sequence[int]) -> ScannedEvents | None:
        """Those of one source, among the events of these indices; None where they are not to be scanned, or none is plain."""
        scan = None if plan.table is None else self._scan()
        if plan.table is None or scan is None:
            return None
        columns = read_plain(scan, plan.table, _at(originals, among), most_bytes=self._most_bytes)
        if columns is None or not columns.indices:
            return None
        return ScannedEvents(plan, columns, _at(among, columns.indices), lambda index: self._one(originals[index]))

    def _next_plan(
        self, originals: Sequence[bytes], among: Sequence[int], scanned: Sequence[SourcePlan]
    ) -> SourcePlan | None:
        """Of the middle one, or the first or last: joined batches come one after the other, and of what was scanned little is left."""
        for place in (len(among) // 2, 0, -1):
            event = self._one(originals[among[place]])
            plan = None if event is None else self.plans[self._names[type(event)]]
            if plan is not None and plan not in scanned:
                return plan
        return None

    def _decode_exactly(self, originals: Sequence[bytes], indices: Sequence[int], decoded: Decoded) -> None:
        """Decode each event as it is; `indices` says which of the batch they are."""
        events = self._all_at_once(originals) or [self._one(original) for original in originals]
        kinds = set(map(type, events))
        if len(kinds) == 1 and kinds <= self._names.keys():
            decoded.parts.append(DecodedEvents(self.plans[self._names[kinds.pop()]], events, indices))
            return
        of_source: dict[str, tuple[list[Event], list[int]]] = {}
        for index, original, event in zip(indices, originals, events, strict=True):
            if event is not None:
                found, places = of_source.setdefault(self._names[type(event)], ([], []))
                found.append(event)
                places.append(index)
            elif self._is_revision(original):
                decoded.revisions.append(index)
            else:
                decoded.rejected.append(self._diagnosis.of(index, original))
        decoded.parts += [DecodedEvents(self.plans[name], *found) for name, found in of_source.items()]

    def _all_at_once(self, originals: Sequence[bytes]) -> list[Event] | None:
        """All in one call, which takes half the time; None where one of them has to be looked at by itself.

        No event completes another, nor hides behind one: after the brace at an original's end, the brace at the next one's
        beginning is allowed only where an event is complete. So each holds one at least, and all of them hold so many.
        """
        if (
            self._decoder is None
            or not originals
            or not all(originals)
            or set(map(_FIRST_BYTE, originals)) != {ord("{")}
            or set(map(_LAST_BYTE, originals)) != {ord("}")}
            or self._is_too_long(max(originals, key=len))
        ):
            return None
        try:
            events = self._decoder.decode_lines(b"\n".join(originals))
        except _UNDECODABLE:
            return None
        return events if len(events) == len(originals) else None

    def _one(self, original: bytes) -> Event | None:
        if self._decoder is None or self._is_too_long(original):
            return None
        try:
            return self._decoder.decode(original)
        except _UNDECODABLE:
            return None

    def _is_revision(self, original: bytes) -> bool:
        return not self._is_too_long(original) and is_revision(original)

    def _is_too_long(self, original: bytes) -> bool:
        return len(original) > self._most_bytes


def _at(values: Sequence[_Value], indices: Sequence[int]) -> Sequence[_Value]:
    """The values at ascending indices, which may be all."""
    if len(indices) == len(values):
        return values
    if len(indices) > len(values) * _WORTH_A_LIST:
        values = list(values)
    return [values[index] for index in indices]


def plan_source(source: Source, reading_type: ReadingType) -> SourcePlan:
    """Generate the structure of a source's events.

    What the mapping says about parts that the reading type no longer has is left out. Raises ValueError when two parts of the
    mapping read one field in ways that exclude one another, which a registered source does not.
    """
    fields = Fields(source.name, source.event_types, source.time_path)
    as_text: list[Path] = [("id",)]
    for name in reading_type.dimensions:
        origin = source.dimensions.get(name)
        if isinstance(origin, Place):
            fields.scalar(origin.path, required=True)
            as_text.append(origin.path)
    for name, defined in reading_type.measures.items():
        origin = source.measures.get(name)
        if isinstance(origin, Place) and origin.translation is None:
            fields.number(origin.path, required=not defined.optional)
        elif isinstance(origin, Place):
            fields.scalar(origin.path, required=not defined.optional)
            as_text.append(origin.path)
    structure, getters = fields.structure()
    table = plain_table(source.name, fields.leaves(), as_text=as_text, time=source.time_path)
    return SourcePlan(source, reading_type, structure, getters, fixed_checks(source, reading_type), table)


def _union_decoder(plans: Iterable[SourcePlan]) -> msgspec.json.Decoder[Event] | None:
    """None for no plans, by which nothing can be decoded."""
    structures = tuple(plan.structure for plan in plans)
    return msgspec.json.Decoder(Union[structures]) if structures else None  # noqa: UP007 - made of many at run time
