"""A rebase: somebody's statement that from one window on the process is another one, so that limits are set anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

BEGINNING = "beginning"
"""The name of the phase that no rebase began."""


@dataclass(frozen=True, slots=True)
class Rebase:
    """The beginning of a phase, made on purpose.

    Attributes:
        starts_at: start of its first window, UTC; with indicator and subject the natural key.
        version: counted up when reason changes.
        recorded_at: UTC.
    """

    starts_at: datetime
    reason: str
    actor: str
    version: int
    recorded_at: datetime

    @property
    def phase(self) -> str:
        """The name of the phase that it begins."""
        return self.starts_at.isoformat()


def in_order(rebases: Sequence[Rebase]) -> list[Rebase]:
    """The newest version of each, by time."""
    newest = {rebase.starts_at: rebase for rebase in sorted(rebases, key=lambda one: one.version)}
    return [newest[starts_at] for starts_at in sorted(newest)]
