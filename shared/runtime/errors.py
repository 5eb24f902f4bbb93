"""The shape of an error that means something to a caller. Each service draws its own tree in `domain/errors.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of the input: a JSON pointer (`/window/every`) and a sentence with the remedy."""

    pointer: str
    detail: str


class DomainError(Exception):
    """Something the caller asked for cannot be done; the message says why, in words for a person.

    `id` is stable: kebab-case, never renamed, never given to another meaning. `facts` are shown to the caller as they are.
    """

    id: ClassVar[str]

    def __init__(
        self, detail: str, *, errors: Sequence[FieldProblem] = (), facts: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.facts = dict(facts or {})
