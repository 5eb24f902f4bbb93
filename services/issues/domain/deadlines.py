"""Deadlines: the policy's working time, run in the issue's calendar. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.issues.domain.issue import State
from services.issues.domain.policy import Policy
from shared.calendars.calendar import Calendar
from shared.calendars.working_time import NoWorkingTime, WorkingTime, add_working_time

_CLOSE = "close"

MILESTONES: Mapping[State, str] = {
    State.DETECTED: "accept",
    State.TRIAGE: "triage",
    State.CONTAINMENT: "containment",
    State.CORRECTION: "correction",
    State.ROOT_CAUSE_ANALYSIS: "analysis",
    State.ACTION_PLANNING: "plan",
    State.PLAN_APPROVAL: "decision",
    State.EFFECTIVENESS_REVIEW: "decision",
    State.STANDARDISATION: "standardise",
    State.CLOSURE_REVIEW: "closure",
}
"""State → the policy's clock that runs in it."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """A policy and the calendar that its working time runs in."""

    policy: Policy
    calendar: Calendar

    def close(self, priority: str, detected_at: datetime) -> datetime:
        """Deadline of the whole case, UTC."""
        return self._after(self.policy.deadlines[priority][_CLOSE], detected_at)

    def milestone(self, state: State, priority: str, entered_at: datetime) -> datetime | None:
        """Deadline of one state, UTC; None for a state without a clock."""
        clock = MILESTONES.get(state)
        return None if clock is None else self._after(self.policy.deadlines[priority][clock], entered_at)

    def late_by(self, due_at: datetime, days: int) -> datetime:
        """The moment at which something due is `days` working days late, UTC."""
        return due_at if days == 0 else self._after(WorkingTime(days=days), due_at)

    def _after(self, length: WorkingTime, start: datetime) -> datetime:
        try:
            return add_working_time(self.calendar, start, length)
        except NoWorkingTime:
            # A calendar without working hours is somebody's mistake; a deadline at once brings it to light.
            return start
