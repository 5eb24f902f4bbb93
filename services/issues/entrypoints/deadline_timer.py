"""Ticks: tells deadlines that have passed, and refreshes the gauges."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from services.issues.metrics import IssuesMetrics
from services.issues.use_cases.report_overdue import ReportOverdue

_EVERY = timedelta(seconds=5)


class DeadlineTimer:
    """A stepper."""

    name = "issues.deadlines"

    def __init__(
        self,
        report: ReportOverdue,
        *,
        count_open: Callable[[], Mapping[tuple[str, str], int]],
        oldest_unpublished: Callable[[], datetime | None],
        metrics: IssuesMetrics,
    ) -> None:
        self._report = report
        self._count_open = count_open
        self._oldest_unpublished = oldest_unpublished
        self._metrics = metrics
        self._due: datetime | None = None

    def step(self, now: datetime) -> bool:
        """Work when it is due; says whether more deadlines wait to be told."""
        if self._due is not None and now < self._due:
            return False
        self._metrics.opened(self._count_open())
        oldest = self._oldest_unpublished()
        self._metrics.outbox_age(0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
        more = self._report(now)
        self._due = None if more else now + _EVERY
        return more

    def close(self) -> None:
        """Nothing is held."""
