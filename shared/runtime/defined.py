"""What becomes of a definition that somebody puts: the same body twice is one version."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Definition = TypeVar("Definition")


class Outcome(StrEnum):
    """What a definition that was sent has done."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Defined(Generic[Definition]):
    """The definition in force, and whether this call made it."""

    definition: Definition
    outcome: Outcome
