"""Define reading types and register sources: versioned, and the same body twice is one version."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from services.ingest.domain.definition import Definition
from services.ingest.domain.errors import invalid
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.reading_type_form import read_reading_type
from services.ingest.domain.rejection import RESERVED_PREFIX
from services.ingest.domain.source_form import read_source
from services.ingest.ports import DefinitionReader, DefinitionStore, SourceTopics, UnitOfWork
from shared.runtime.defined import Defined, Outcome
from shared.runtime.errors import FieldProblem


@dataclass(frozen=True, slots=True)
class DefineReadingType:
    """Raises InvalidDefinition."""

    units: Callable[[], UnitOfWork]

    def __call__(self, name: str, body: Mapping[str, Any], *, actor: str, now: datetime) -> Defined[Definition]:
        read_reading_type(name, 1, body)
        _refuse_reserved(name)
        with self.units() as uow:
            defined = _define(uow.definitions, Definition("reading-type", name, 1, body), actor=actor, now=now)
            uow.commit()
        return defined


def _refuse_reserved(name: str) -> None:
    """Not a rule of the form: what is stored under such a name, from before it was reserved, can still be read."""
    if name.startswith(RESERVED_PREFIX):
        detail = (
            f"{name!r} begins with {RESERVED_PREFIX}, which names reading types of Andon's own; choose another name"
        )
        raise invalid([FieldProblem("/name", detail)])


@dataclass(frozen=True, slots=True)
class RegisterSource:
    """Raises InvalidDefinition. Makes the source's raw topic, so that its producers can write at once."""

    units: Callable[[], UnitOfWork]
    topics: SourceTopics

    def __call__(self, name: str, body: Mapping[str, Any], *, actor: str, now: datetime) -> Defined[Definition]:
        with self.units() as uow:
            types = reading_types(uow.definitions)
            source = read_source(name, body, types)
            if source.promise.cadence is None:
                uow.expectations.end(name)
            else:
                uow.expectations.begin(name, now)
            defined = _define(uow.definitions, Definition("source", name, 1, body), actor=actor, now=now)
            uow.commit()
        self.topics.make(name)
        return defined


def reading_types(definitions: DefinitionReader) -> dict[str, ReadingType]:
    """The newest version of every reading type."""
    return {
        found.name: read_reading_type(found.name, found.version, found.body)
        for found in definitions.all_newest("reading-type")
    }


def _define(definitions: DefinitionStore, sent: Definition, *, actor: str, now: datetime) -> Defined[Definition]:
    """Store what was sent as the next version, unless it is the newest already."""
    definitions.lock()
    before = definitions.newest(sent.kind, sent.name)
    if before is not None and _written(before) == _written(sent):
        return Defined(before, Outcome.UNCHANGED)
    definition = sent if before is None else replace(sent, version=before.version + 1)
    definitions.add(definition, now=now, actor=actor)
    return Defined(definition, Outcome.CREATED if before is None else Outcome.CHANGED)


def _written(definition: Definition) -> bytes:
    """The body in one form, whatever the order of its fields. Unlike for Python, true is not 1 here."""
    return msgspec.json.encode(definition.body, order="deterministic")
