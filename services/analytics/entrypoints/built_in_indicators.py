"""Puts the indicators in force that exist from the start, once a process."""

from collections.abc import Callable
from datetime import datetime


class BuiltInIndicators:
    """A stepper. Trouble with the database is raised to whoever drives it, and the next step tries again."""

    name = "analytics.built-in-indicators"

    def __init__(self, define: Callable[[datetime], None]) -> None:
        self._define = define
        self._is_done = False

    def step(self, now: datetime) -> bool:
        """Define them the first time; there is never more to do."""
        if not self._is_done:
            self._define(now)
            self._is_done = True
        return False

    def close(self) -> None:
        """Nothing is held."""
