"""The clock of the simulated world: it stands still until the schedule moves it, and begins anew with each seed."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""A Monday."""


class SimulatedClock:
    """`shared.runtime.clock.Clock`."""

    def __init__(self) -> None:
        self._now = START

    def now(self) -> datetime:
        return self._now

    def begin_anew(self) -> None:
        self._now = START

    def advance(self, by: timedelta) -> None:
        self._now += by
