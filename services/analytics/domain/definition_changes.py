"""What one version of a definition says otherwise than the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field; None where the version does not have it."""

    field: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[FieldChange]:
    """In order of the fields' names; none for the first version, before which there was nothing."""
    if before is None:
        return []
    named = sorted({*before, *after})
    return [
        FieldChange(name, before.get(name), after.get(name)) for name in named if before.get(name) != after.get(name)
    ]
