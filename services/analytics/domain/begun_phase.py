"""The beginning of a phase, as rules and charts know it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class BegunPhase:
    """What rules and charts must know of a phase that people have begun.

    Attributes:
        starts_at: start of its first window, UTC.
        baseline_windows: how many of its judged windows are looked at for its limits; None for the usual number.
        excluded: starts of windows with a known cause: they set no limits, yet are drawn and judged.
    """

    starts_at: datetime
    baseline_windows: int | None = None
    excluded: tuple[datetime, ...] = ()
