"""Tells the other services of reading types soon after they are defined."""

from collections.abc import Callable
from datetime import datetime


class ReadingTypesTimer:
    """A stepper. Trouble with the database is raised to whoever drives it, and the next step tries again."""

    name = "ingest.reading-types"

    def __init__(self, tell: Callable[[datetime], None], revision: Callable[[], int]) -> None:
        """`revision` is another number after every change of a definition."""
        self._tell = tell
        self._revision = revision
        self._told: int | None = None

    def step(self, now: datetime) -> bool:
        """Tell them if any definition has changed; there is never more to do at once."""
        revision = self._revision()
        if revision != self._told:
            self._tell(now)
            self._told = revision
        return False

    def close(self) -> None:
        """Nothing is held."""
