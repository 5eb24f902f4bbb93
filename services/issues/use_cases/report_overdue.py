"""Tell of each clock that has run out, once per level of escalation. Overdue itself is derived and never stored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.issues.domain.deadlines import Clocks
from services.issues.domain.issue import Issue
from services.issues.domain.overdue import overdue_of
from services.issues.domain.policy import Policies
from services.issues.ports import UnitOfWork
from services.issues.use_cases.recording import Change, record
from shared.runtime.actor import service_actor
from shared.runtime.failpoints import fail_point

_AT_ONCE = 100
ISSUES = service_actor("issues")


@dataclass(frozen=True, slots=True)
class ReportOverdue:
    """A timer's work; doing it twice tells nothing twice. Raises ConcurrentChange, to be tried again."""

    units: Callable[[], UnitOfWork]
    policies: Policies

    def __call__(self, now: datetime) -> bool:
        """Tell of up to a hundred issues; says whether more wait."""
        with self.units() as uow:
            found = uow.issues.to_look_at(now, _AT_ONCE)
            for issue in found:
                self._tell(uow, issue, now)
            if found:
                fail_point("overdue-written")
            uow.commit()
        return len(found) == _AT_ONCE

    def _tell(self, uow: UnitOfWork, issue: Issue, now: datetime) -> None:
        clocks = Clocks(self.policies.of(issue.policy_version), uow.issues.calendar_of(issue.indicator))
        for after, overdue in overdue_of(issue, clocks, now):
            details = {
                "clock": overdue.clock,
                "due_at": overdue.due_at.isoformat(),
                "working_days_late": overdue.level,
                "told": list(overdue.told),
            }
            record(uow, Change(issue, after, "clock", overdue.change, ISSUES, None, details), now)
            issue = after
