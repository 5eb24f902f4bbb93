"""From bytes to the fields that a mapping needs, one event at a time, with the exact reason for the one that is wrong.

For each source a structure is generated that has only the fields its mapping reads; the structures of all sources form one
union, told apart by the event's `source`. So msgspec decodes each event in one pass. Only an event that does not fit is
looked at again, field by field (`diagnose.py`). What no mapping reads is not looked at: it may be anything that is JSON.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Union

import msgspec

from services.ingest.domain.checks import Check, fixed_checks
from services.ingest.domain.diagnose import Diagnosis
from services.ingest.domain.event_structure import Fields
from services.ingest.domain.quarantine import Rejected
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.revision import is_revision
from services.ingest.domain.source import Place, Source

_UNDECODABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""ValueError: bytes that are not UTF-8, integers of thousands of digits."""

_FIRST_BYTE = itemgetter(0)
_LAST_BYTE = itemgetter(-1)

Event = Any
"""An instance of a generated structure."""


@dataclass(frozen=True, slots=True, eq=False)
class SourcePlan:
    """A source with what was made of its mapping: a structure, where its columns are found in it, and its checks."""

    source: Source
    reading_type: ReadingType
    structure: type[msgspec.Struct]
    getters: Mapping[tuple[str, ...], Callable[[Event], Any]]
    checks: tuple[Check, ...]

    def column(self, events: Sequence[Event], path: tuple[str, ...]) -> list[Any]:
        """The values at a path, in the order of the events."""
        if path == ("source",):
            return [self.source.name] * len(events)
        return list(map(self.getters[path], events))


@dataclass(slots=True)
class Decoded:
    """A decoded batch: for each source the events and their indices in the batch, and what could not be decoded.

    Attributes:
        revisions: indices of corrections and retractions, which have a form of their own.
    """

    events: dict[str, list[Event]] = field(default_factory=dict)
    indices: dict[str, list[int]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    revisions: list[int] = field(default_factory=list)


class EventDecoder:
    """Decodes the events of a fixed set of sources. Safe to use from many threads.

    Args:
        most_bytes: of one event; a larger one is refused unread.
        only: the one source whose events may come this way, registered or not; None for all of `plans`.
    """

    def __init__(self, plans: Iterable[SourcePlan], *, most_bytes: int, only: str | None = None) -> None:
        self.plans = {plan.source.name: plan for plan in plans if only is None or plan.source.name == only}
        self.quotas = {name: plan.source.quota for name, plan in self.plans.items() if plan.source.quota is not None}
        self._names = {plan.structure: name for name, plan in self.plans.items()}
        self._most_bytes = most_bytes
        self._diagnosis = Diagnosis(self.plans, most_bytes=most_bytes, only=only)
        self._decoder = _union_decoder(self.plans.values())

    def decode(self, originals: Sequence[bytes]) -> Decoded:
        """Decode events one by one; `originals` are JSON texts. Nothing is raised for an event that is wrong."""
        events = self._all_at_once(originals) or [self._one(original) for original in originals]
        kinds = set(map(type, events))
        if len(kinds) == 1 and kinds <= self._names.keys():
            name = self._names[kinds.pop()]
            return Decoded({name: events}, {name: list(range(len(events)))})
        decoded = Decoded()
        for index, event in enumerate(events):
            if event is not None:
                name = self._names[type(event)]
                decoded.events.setdefault(name, []).append(event)
                decoded.indices.setdefault(name, []).append(index)
            elif self._is_revision(originals[index]):
                decoded.revisions.append(index)
            else:
                decoded.rejected.append(self._diagnosis.of(index, originals[index]))
        return decoded

    def _all_at_once(self, originals: Sequence[bytes]) -> list[Event] | None:
        """All in one call, which takes half the time; None where one of them has to be looked at by itself.

        No event completes another, nor hides behind one: after the brace at an original's end, the brace at the next one's
        beginning is allowed only where an event is complete. So each holds one at least, and all of them hold so many.
        """
        if (
            self._decoder is None
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


def plan_source(source: Source, reading_type: ReadingType) -> SourcePlan:
    """Generate the structure of a source's events.

    What the mapping says about parts that the reading type no longer has is left out. Raises ValueError when two parts of the
    mapping read one field in ways that exclude one another, which a registered source does not.
    """
    fields = Fields(source.name, source.event_types, source.time_path)
    for name in reading_type.dimensions:
        origin = source.dimensions.get(name)
        if isinstance(origin, Place):
            fields.scalar(origin.path, required=True)
    for name, defined in reading_type.measures.items():
        origin = source.measures.get(name)
        if isinstance(origin, Place):
            read = fields.number if origin.translation is None else fields.scalar
            read(origin.path, required=not defined.optional)
    structure, getters = fields.structure()
    return SourcePlan(source, reading_type, structure, getters, fixed_checks(source, reading_type))


def value_at(plan: SourcePlan, event: Event) -> Callable[[tuple[str, ...]], Any]:
    """Path → what stands there in one event."""
    return lambda path: plan.column([event], path)[0]


def _union_decoder(plans: Iterable[SourcePlan]) -> msgspec.json.Decoder[Event] | None:
    """None for no plans, by which nothing can be decoded."""
    structures = tuple(plan.structure for plan in plans)
    return msgspec.json.Decoder(Union[structures]) if structures else None  # noqa: UP007 - made of many at run time
