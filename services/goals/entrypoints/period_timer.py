"""Ticks: activates goal sets whose effective date has come, and refreshes the gauges."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from services.goals.metrics import GoalsMetrics
from services.goals.use_cases.advance_goal_set import AdvanceGoalSet

_EVERY = timedelta(seconds=5)


class PeriodTimer:
    """A stepper."""

    name = "goals.periods"

    def __init__(
        self,
        advance: AdvanceGoalSet,
        *,
        count_healths: Callable[[], Mapping[str, int]],
        oldest_unpublished: Callable[[], datetime | None],
        metrics: GoalsMetrics,
    ) -> None:
        self._advance = advance
        self._count_healths = count_healths
        self._oldest_unpublished = oldest_unpublished
        self._metrics = metrics
        self._due: datetime | None = None

    def step(self, now: datetime) -> bool:
        """Work when it is due; says whether a set was activated, which others may hear of."""
        if self._due is not None and now < self._due:
            return False
        self._due = now + _EVERY
        self._metrics.healths(self._count_healths())
        oldest = self._oldest_unpublished()
        self._metrics.outbox_age(0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
        return self._advance.activate_due(now)

    def close(self) -> None:
        """Nothing is held."""
