"""A definition as it was sent, with its version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a reading type or source. The same body sent again makes no new version."""

    kind: Literal["reading-type", "source"]
    name: str
    version: int
    body: Mapping[str, Any]
