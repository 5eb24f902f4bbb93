"""A rebase: somebody's statement that from one window on the process is another one, so that limits are set anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.analytics.domain.begun_phase import BegunPhase


@dataclass(frozen=True, slots=True)
class Rebase:
    """The beginning of a phase, made on purpose.

    Attributes:
        starts_at: start of its first window, UTC; with indicator and subject the natural key.
        version: counted up when anything else about it changes, and when it is taken back or put in force again.
        withdrawn: taken back; no phase begins then.
        recorded_at: UTC.
        baseline_windows, excluded: as in `BegunPhase`.
    """

    starts_at: datetime
    reason: str
    actor: str
    version: int
    recorded_at: datetime
    withdrawn: bool = False
    baseline_windows: int | None = None
    excluded: tuple[datetime, ...] = ()

    @property
    def begun(self) -> BegunPhase:
        return BegunPhase(self.starts_at, self.baseline_windows, self.excluded)

    def says_as(self, other: "Rebase") -> bool:
        """Whether both state the same, whoever did so and when."""
        return _said(self) == _said(other)

    @property
    def phase(self) -> str:
        """The name of the phase that it begins."""
        return self.starts_at.isoformat()


def _said(rebase: Rebase) -> tuple[object, ...]:
    return rebase.starts_at, rebase.reason, rebase.withdrawn, rebase.baseline_windows, rebase.excluded


def newest_versions(rebases: Sequence[Rebase]) -> dict[datetime, Rebase]:
    """Start → the newest version, withdrawn or not."""
    return {rebase.starts_at: rebase for rebase in sorted(rebases, key=lambda one: one.version)}


def in_force(rebases: Sequence[Rebase]) -> list[Rebase]:
    """Those that begin a phase, by time."""
    newest = newest_versions(rebases)
    return [newest[starts_at] for starts_at in sorted(newest) if not newest[starts_at].withdrawn]
