"""What is to be told of clocks that have run out: once per clock, deadline and level of escalation. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.issues.domain.deadlines import Clocks
from services.issues.domain.issue import Issue, Told


@dataclass(frozen=True, slots=True)
class Overdue:
    """A clock of an issue that has reached a level of lateness.

    Attributes:
        clock: `case`, a state's name, or `action <id>`.
        level: working days late.
        told: roles, after the policy.
    """

    clock: str
    due_at: datetime
    level: int
    told: Sequence[str]

    @property
    def change(self) -> str:
        """What is published."""
        return "action.overdue" if self.clock.startswith("action ") else "issue.overdue"


def overdue_of(issue: Issue, clocks: Clocks, now: datetime) -> Sequence[tuple[Issue, Overdue]]:
    """Each thing to be told now, with the issue after it was told; asking again with the last of them finds nothing.

    After a long silence only the level reached is told, not those passed on the way.
    """
    found: list[tuple[Issue, Overdue]] = []
    for clock, due_at in {**issue.clocks, **issue.action_clocks}.items():
        told = issue.told.get(clock)
        known = told if told is not None and told.due_at == due_at else None
        reached = _reached(due_at, known, clocks=clocks, now=now)
        if reached is not None:
            issue = replace(issue, told={**issue.told, clock: reached}, version=issue.version + 1)
            found.append((issue, Overdue(clock, due_at, reached.level, clocks.policy.told_at(reached.level))))
    return found


def _reached(due_at: datetime, known: Told | None, *, clocks: Clocks, now: datetime) -> Told | None:
    """The highest level reached; None if that has been told, or none is."""
    levels = sorted({0, *clocks.policy.overdue_escalation})
    moments = [(level, clocks.late_by(due_at, level)) for level in levels if known is None or level > known.level]
    if known is not None and known.next_at is not None and moments:
        # What was promised counts, although the calendar may have changed since: whoever looks at `look_at` finds something.
        moments[0] = (moments[0][0], known.next_at)
    passed = [level for level, moment in moments if moment < now]
    if not passed:
        return None
    return Told(due_at, passed[-1], next((moment for level, moment in moments if level > passed[-1]), None))
