"""What can go wrong in ingest, in words for a caller.

DomainError
├── UnknownSource         unknown-source
├── UnknownReadingType    unknown-reading-type
├── UnknownEntry          unknown-quarantine-entry
├── InvalidDefinition     invalid-definition
├── UnreadableBody        unreadable-body
├── UnsupportedMediaType  unsupported-media-type
├── Overloaded            overloaded
├── StillWrong            still-wrong
└── EntryClosed           entry-closed
"""

from shared.runtime.errors import DomainError, FieldProblem


class UnknownSource(DomainError):
    """No source has this name."""

    id = "unknown-source"


class UnknownReadingType(DomainError):
    """No reading type has this name."""

    id = "unknown-reading-type"


class UnknownEntry(DomainError):
    """The quarantine has no entry of this id."""

    id = "unknown-quarantine-entry"


class InvalidDefinition(DomainError):
    """A definition is wrong; each problem names the field and the remedy."""

    id = "invalid-definition"


class UnreadableBody(DomainError):
    """The body as a whole cannot be read, so nothing of it was taken in."""

    id = "unreadable-body"


class UnsupportedMediaType(DomainError):
    """Metric events are not taken in this content type."""

    id = "unsupported-media-type"


class Overloaded(DomainError):
    """More is being taken in than fits in memory; send the same again after `Retry-After`."""

    id = "overloaded"


class StillWrong(DomainError):
    """The corrected event still cannot become a reading; the entry stays open."""

    id = "still-wrong"


class EntryClosed(DomainError):
    """The entry has been released, replayed or discarded before."""

    id = "entry-closed"


def invalid(problems: list[FieldProblem]) -> InvalidDefinition:
    """One error for all problems found; its sentence names the first few."""
    detail = "; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems[:3])
    return InvalidDefinition(detail, errors=problems)
