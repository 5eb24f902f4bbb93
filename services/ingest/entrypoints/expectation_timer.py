"""States now and then which readings are due."""

from collections.abc import Callable
from datetime import datetime, timedelta

_EVERY = timedelta(seconds=10)


class ExpectationTimer:
    """A stepper. Trouble with the database or the log is raised to whoever drives it, and the next step tries again."""

    name = "ingest.expectations"

    def __init__(self, state: Callable[[datetime], bool]) -> None:
        self._state = state
        self._due: datetime | None = None

    def step(self, now: datetime) -> bool:
        """State what is due; says whether more waits."""
        if self._due is not None and now < self._due:
            return False
        has_more = self._state(now)
        self._due = now if has_more else now + _EVERY
        return has_more

    def close(self) -> None:
        """Nothing is held."""
