"""What the machines of an issue's parts have in common: a row of their tables, and what comes of trying one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.issues.domain.advance import Refused, Why
from services.issues.domain.issue import Issue
from shared.runtime.actor import Actor


@dataclass(frozen=True, slots=True)
class Step:
    """One row. `to` is None where the state stays, or returns to the one before a block; `needs` are facts to be given."""

    froms: Sequence[str]
    to: str | None
    roles: Sequence[str]
    needs: Sequence[str]
    change: str


@dataclass(frozen=True, slots=True)
class PartAttempt:
    """A trigger on a part of an issue as it is tried; `facts` are JSON values."""

    issue: Issue
    trigger: str
    actor: Actor
    now: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PartChanged:
    """The issue with its part changed; `change` is what is published."""

    issue: Issue
    change: str


def possible(attempt: PartAttempt, table: Mapping[str, Step], state: str) -> Step | Refused:
    """The row of a trigger, if the issue is open and the part is in one of its states."""
    step = table.get(attempt.trigger)
    if not attempt.issue.is_open:
        return refused(Why.NOT_IN_THIS_STATE, f"the issue has ended as {attempt.issue.state}")
    if step is None:
        return refused(Why.NOT_IN_THIS_STATE, f"{attempt.trigger[:50]} is none of {', '.join(table)}")
    if state not in step.froms:
        allowed = [trigger for trigger, row in table.items() if state in row.froms]
        return refused(
            Why.NOT_IN_THIS_STATE,
            f"{attempt.trigger} is not possible in state {state}; possible: {', '.join(allowed) or 'nothing'}",
        )
    return step


def missing_fact(attempt: PartAttempt, step: Step) -> Refused | None:
    """The first fact that the row needs and nobody gave."""
    missing = [name for name in step.needs if not attempt.facts.get(name)]
    return refused(Why.GUARD, f"{missing[0]}: is needed for {attempt.trigger}", "facts_given") if missing else None


def refused(why: Why, missing: str, guard: str | None = None) -> Refused:
    """A refusal; what the issue's own workflow allows is the caller's to add."""
    return Refused(why, missing, (), guard)
