"""What one version of a definition says otherwise than the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.analytics.domain.catalogue import DefinedVersion


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field; None where the version does not have it."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ChangedVersion:
    """A version, and what of the definition it changed: nothing where an indicator's calendar or its parts are what changed."""

    version: DefinedVersion
    changes: Sequence[FieldChange]


def with_changes(versions: Sequence[DefinedVersion]) -> list[ChangedVersion]:
    """Each of them against the one before.

    Args:
        versions: every version of one definition, the oldest first.
    """
    earlier = [None, *(one.definition.body for one in versions)]
    return [
        ChangedVersion(one, changes(before, one.definition.body))
        for before, one in zip(earlier, versions, strict=False)
    ]


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[FieldChange]:
    """In order of the fields' names; none for the first version, before which there was nothing."""
    if before is None:
        return []
    named = sorted({*before, *after})
    return [
        FieldChange(name, before.get(name), after.get(name)) for name in named if before.get(name) != after.get(name)
    ]
