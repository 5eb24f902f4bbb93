"""Tell once, per deadline, that it has passed. Overdue itself is derived and never stored."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.issues.ports import UnitOfWork
from services.issues.use_cases.recording import Change, record
from shared.runtime.actor import service_actor

_AT_ONCE = 100
ISSUES = service_actor("issues")


@dataclass(frozen=True, slots=True)
class ReportOverdue:
    """A timer's work; doing it twice tells nothing twice."""

    units: Callable[[], UnitOfWork]

    def __call__(self, now: datetime) -> bool:
        """Tell up to a hundred; says whether more wait."""
        with self.units() as uow:
            found = uow.issues.overdue_untold(now, _AT_ONCE)
            for issue in found:
                after = replace(issue, overdue_told_at=now, version=issue.version + 1)
                details = {"due_at": issue.due_at.isoformat(), "state": issue.state.value}
                record(uow, Change(issue, after, "clock", "issue.overdue", ISSUES, None, details), now)
            uow.commit()
        return len(found) == _AT_ONCE
