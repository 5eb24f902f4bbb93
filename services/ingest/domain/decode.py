"""From bytes to the fields that a mapping needs, one event at a time, with the exact reason for the one that is wrong.

For each source a structure is generated that has only the fields its mapping reads; the structures of all sources form one
union, told apart by the event's `source`. So msgspec decodes a whole batch in one pass. Only an event that does not fit is
looked at again, field by field (`diagnose.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Literal, Union, get_args

import msgspec

from services.ingest.domain.diagnose import diagnose
from services.ingest.domain.quarantine import Rejected
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.source import Place, Scalar, Source

Event = Any
"""An instance of a generated structure."""


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """A source with what was generated from its mapping: a structure, and where its columns are found in it."""

    source: Source
    reading_type: ReadingType
    structure: type[msgspec.Struct]
    getters: Mapping[tuple[str, ...], Callable[[Event], Any]]

    def column(self, events: Sequence[Event], path: tuple[str, ...]) -> list[Any]:
        """The values at a path, in the order of the events."""
        return list(map(self.getters[path], events))


@dataclass(slots=True)
class Decoded:
    """A decoded batch: for each source the events and their indices in the batch, and what could not be decoded."""

    events: defaultdict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    indices: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    rejected: list[Rejected] = field(default_factory=list)


class EventDecoder:
    """Decodes the events of a fixed set of sources. Safe to use from many threads."""

    def __init__(self, plans: Iterable[SourcePlan], *, most_bytes: int) -> None:
        self.plans = {plan.source.name: plan for plan in plans}
        self._names = {plan.structure: name for name, plan in self.plans.items()}
        self._most_bytes = most_bytes
        self._decoder = _union_decoder(self.plans.values())

    def decode(self, originals: Sequence[bytes]) -> Decoded:
        """Decode events one by one; `originals` are JSON texts. Nothing is raised for an event that is wrong."""
        decoded = Decoded()
        for index, original in enumerate(originals):
            event = self._decode_one(original)
            if event is None:
                decoded.rejected.append(diagnose(index, original, self.plans, most_bytes=self._most_bytes))
                continue
            name = self._names[type(event)]
            decoded.events[name].append(event)
            decoded.indices[name].append(index)
        return decoded

    def _decode_one(self, original: bytes) -> Event | None:
        if self._decoder is None or len(original) > self._most_bytes:
            return None
        try:
            return self._decoder.decode(original)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None


def plan_source(source: Source, reading_type: ReadingType) -> SourcePlan:
    """Generate the structure of a source's events."""
    fields = _Fields(source.name)
    fields.add(("id",), str)
    fields.add(("specversion",), Literal["1.0"])
    fields.add(("type",), Literal[source.event_types])
    fields.add(source.time or ("time",), str | None)
    for origin in source.dimensions.values():
        if isinstance(origin, Place):
            fields.add(origin.path, Scalar)
    for name, origin in source.measures.items():
        if isinstance(origin, Place):
            fields.add(origin.path, _measure_type(origin, optional=reading_type.measures[name].optional))
    structure, getters = fields.structure()
    return SourcePlan(source, reading_type, structure, getters)


def _measure_type(origin: Place, *, optional: bool) -> Any:
    shape: Any = Scalar if origin.translation is not None else float
    return shape | None if optional else shape


class _Fields:
    """The tree of fields that a mapping reads, and the structures generated from it."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._tree: dict[str, Any] = {}
        self._may_be_missing: set[tuple[str, ...]] = set()

    def add(self, path: tuple[str, ...], shape: Any) -> None:
        """A field; one that may be None may be missing too. Read twice, it is a number where one reader needs a number."""
        if path == ("source",) or (len(path) == 1 and path[0] in self._tree):
            return  # the union is told apart by it, or the envelope has it already
        branch = self._tree
        for part in path[:-1]:
            branch = branch.setdefault(part, {})
        known = branch.get(path[-1])
        branch[path[-1]] = known if known is float else shape
        if type(None) in get_args(shape) and (known is None or path in self._may_be_missing):
            self._may_be_missing.add(path)
        else:
            self._may_be_missing.discard(path)

    def structure(self) -> tuple[type[msgspec.Struct], dict[tuple[str, ...], Callable[[Event], Any]]]:
        """The structure of a whole event, and a getter for each field in it."""
        return self._object(self._tree, ())

    def _object(
        self, tree: Mapping[str, Any], path: tuple[str, ...]
    ) -> tuple[type[msgspec.Struct], dict[tuple[str, ...], Callable[[Event], Any]]]:
        fields: list[Any] = []
        getters: dict[tuple[str, ...], Callable[[Event], Any]] = {}
        renamed: dict[str, str] = {}
        for number, (name, shape) in enumerate(tree.items()):
            attribute, here = f"field_{number}", (*path, name)
            renamed[attribute] = name
            if isinstance(shape, dict):
                inner, below = self._object(shape, here)
                optional = below.keys() <= self._may_be_missing
                getters.update({leaf: _into(attribute, getter) for leaf, getter in below.items()})
                shape = inner | None if optional else inner  # noqa: PLW2901 - the object's own shape, now that it is known
            else:
                optional = here in self._may_be_missing
                getters[here] = attrgetter(attribute)
            fields.append((attribute, shape, None) if optional else (attribute, shape))
        fields.sort(key=len)  # those without a default first, as a structure asks for
        tagging: dict[str, Any] = {} if path else {"tag_field": "source", "tag": self._tag}
        return msgspec.defstruct("Event", fields, rename=renamed, gc=False, **tagging), getters


def _into(attribute: str, getter: Callable[[Event], Any]) -> Callable[[Event], Any]:
    """A getter through an object that may be missing."""
    outer = attrgetter(attribute)

    def get(event: Event) -> Any:
        inner = outer(event)
        return None if inner is None else getter(inner)

    return get


def _union_decoder(plans: Iterable[SourcePlan]) -> msgspec.json.Decoder[Any] | None:
    structures = tuple(plan.structure for plan in plans)
    return msgspec.json.Decoder(Union[structures]) if structures else None  # noqa: UP007 - made of many at run time
