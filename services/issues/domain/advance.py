"""The only way to change an issue's state: a trigger against the table, with a reason when it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.issues.domain.deadlines import Clocks
from services.issues.domain.effects import apply_effects
from services.issues.domain.guards import Attempt
from services.issues.domain.issue import Issue, State
from services.issues.domain.workflow import HUMAN_TRIGGERS, OWNER, TABLE, Way
from shared.runtime.actor import Actor


class Why(StrEnum):
    """Why a trigger was refused."""

    NOT_IN_THIS_STATE = "not_in_this_state"
    NOT_YOUR_ROLE = "not_your_role"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class Advanced:
    """The issue after the trigger; `change` is what is published."""

    issue: Issue
    change: str
    from_state: State


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing has changed. `guard` names the guard that does not hold, `missing` says what it misses."""

    why: Why
    missing: str
    allowed: tuple[str, ...]
    guard: str | None = None


def advance(
    issue: Issue, trigger: str, facts: Mapping[str, Any], *, actor: Actor, now: datetime, clocks: Clocks
) -> Advanced | Refused:
    """Try a trigger.

    Args:
        facts: what the caller sent with it; JSON values.
        clocks: the policy that the issue runs under, and its calendar.
    """
    transition = TABLE.get((issue.state, trigger))
    allowed = allowed_triggers(issue, actor)
    if transition is None:
        return Refused(Why.NOT_IN_THIS_STATE, f"{trigger} is not a trigger of state {issue.state}", allowed)
    if not _may(issue, actor, transition.roles):
        roles = ", ".join(sorted(transition.roles))
        return Refused(Why.NOT_YOUR_ROLE, f"{trigger} is for {roles}", allowed)
    attempt = Attempt(issue, facts, actor, clocks.policy)
    refused: Refused | None = None
    for way in transition.ways:
        refusal = _first_missing(way, attempt, allowed)
        if refusal is None:
            return _take(way, trigger, attempt, now=now, clocks=clocks)
        refused = refused or refusal
    return refused or Refused(Why.GUARD, "no way is open", allowed)


def allowed_triggers(issue: Issue, actor: Actor) -> tuple[str, ...]:
    """Triggers that the state has and the actor's roles may try; guards may still ask for more."""
    return tuple(
        trigger
        for trigger in HUMAN_TRIGGERS
        if (found := TABLE.get((issue.state, trigger))) is not None and _may(issue, actor, found.roles)
    )


def _may(issue: Issue, actor: Actor, roles: frozenset[str]) -> bool:
    owns = OWNER in roles and issue.owner in (actor.name, *(f"role:{role}" for role in actor.roles))
    return owns or bool(roles & actor.roles)


def _first_missing(way: Way, attempt: Attempt, allowed: tuple[str, ...]) -> Refused | None:
    for guard in way.guards:
        missing = guard(attempt)
        if missing is not None:
            return Refused(Why.GUARD, missing, allowed, guard.__name__)
    return None


def _take(way: Way, trigger: str, attempt: Attempt, *, now: datetime, clocks: Clocks) -> Advanced:
    before = attempt.issue
    after = apply_effects(trigger, attempt, now=now, clocks=clocks)
    to = State(before.facts["resume_state"]) if way.resumes else way.to or before.state
    if to is not before.state:
        milestone = after.milestone_due_at if way.resumes else clocks.milestone(to, after.priority, now)
        after = replace(after, state=to, entered_at=now, milestone_due_at=milestone)
    if way.next_cycle:
        after = replace(after, cycle=before.cycle + 1)
    return Advanced(replace(after, version=before.version + 1), way.change, before.state)
