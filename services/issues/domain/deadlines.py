"""Deadlines: the policy's working time, run in the issue's calendar. Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.issues.domain.issue import State
from services.issues.domain.policy import Policy
from services.issues.domain.workflow import MILESTONES
from shared.calendars.calendar import Calendar
from shared.calendars.working_time import NoWorkingTime, add_working_time

_CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Clocks:
    """A policy and the calendar that its working time runs in."""

    policy: Policy
    calendar: Calendar

    def close(self, priority: str, detected_at: datetime) -> datetime:
        """Deadline of the whole case, UTC."""
        return self._after(priority, _CLOSE, detected_at)

    def milestone(self, state: State, priority: str, entered_at: datetime) -> datetime | None:
        """Deadline of one state, UTC; None for a state without a clock."""
        clock = MILESTONES.get(state)
        return None if clock is None else self._after(priority, clock, entered_at)

    def _after(self, priority: str, clock: str, start: datetime) -> datetime:
        length = self.policy.deadlines[priority][clock]
        try:
            return add_working_time(self.calendar, start, length)
        except NoWorkingTime:
            # A calendar without working hours is somebody's mistake; a deadline at once brings it to light.
            return start
