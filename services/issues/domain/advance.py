"""The only way to change an issue's state: a trigger against the table, with a reason when it is refused."""

from dataclasses import dataclass, replace
from enum import StrEnum

from services.issues.domain.attempt import Attempt
from services.issues.domain.effects import apply_effects, with_next_cycle
from services.issues.domain.issue import ENDED, Issue, State
from services.issues.domain.roles import may
from services.issues.domain.workflow import HUMAN_TRIGGERS, TABLE, Transition, Way
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


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing has changed. `guard` names the guard that does not hold, `missing` says what it misses."""

    why: Why
    missing: str
    allowed: tuple[str, ...]
    guard: str | None = None


def advance(attempt: Attempt) -> Advanced | Refused:
    """Try a trigger. The version grows by one when it is taken."""
    issue, trigger = attempt.issue, attempt.trigger
    allowed = allowed_triggers(issue, attempt.actor)
    transition = TABLE.get((issue.state, trigger))
    if transition is None:
        return Refused(Why.NOT_IN_THIS_STATE, f"{trigger} is not a trigger of state {issue.state}", allowed)
    if not may(attempt.actor, transition.roles, issue=issue):
        return Refused(Why.NOT_YOUR_ROLE, not_yours(trigger, transition.roles, attempt.actor), allowed)
    way, refusal = _choose(transition, attempt, allowed)
    return refusal if way is None else _take(way, attempt)


def allowed_triggers(issue: Issue, actor: Actor) -> tuple[str, ...]:
    """Triggers that the state has and the actor's roles may try; guards may still ask for more."""
    return tuple(
        trigger
        for trigger in HUMAN_TRIGGERS
        if (found := TABLE.get((issue.state, trigger))) is not None and may(actor, found.roles, issue=issue)
    )


def not_yours(trigger: str, roles: frozenset[str], actor: Actor) -> str:
    """The sentence for somebody whose roles do not allow a trigger."""
    held = ", ".join(sorted(actor.roles)) or "no role"
    return f"{trigger} is for {', '.join(sorted(roles))}; {actor.name} acts as {held}"


def _choose(transition: Transition, attempt: Attempt, allowed: tuple[str, ...]) -> tuple[Way | None, Refused]:
    """The first way that is open; else the refusal of the way that came furthest, which is the one most likely meant."""
    refusal, furthest = Refused(Why.GUARD, "no way is open", allowed), -1
    for way in transition.ways:
        passed, found = _first_missing(way, attempt, allowed)
        if found is None:
            return way, refusal
        if passed >= furthest:
            refusal, furthest = found, passed
    return None, refusal


def _first_missing(way: Way, attempt: Attempt, allowed: tuple[str, ...]) -> tuple[int, Refused | None]:
    for passed, guard in enumerate(way.guards):
        missing = guard(attempt)
        if missing is not None:
            return passed, Refused(Why.GUARD, missing, allowed, guard.__name__)
    return len(way.guards), None


def _take(way: Way, attempt: Attempt) -> Advanced:
    before, now = attempt.issue, attempt.now
    after = apply_effects(attempt)
    if way.next_cycle:
        after = with_next_cycle(after)
    to = State(before.facts["resume_state"]) if way.resumes else way.to or before.state
    if to is not before.state:
        after = _entered(after, to, attempt)
    return Advanced(replace(after, version=before.version + 1, ended_at=now if to in ENDED else None), way.change)


def _entered(after: Issue, to: State, attempt: Attempt) -> Issue:
    """The new state with its clock. A state that is held, or was, keeps the clock that its effect has set."""
    before, now = attempt.issue, attempt.now
    due_at = after.due_at
    if before.state is State.EFFECTIVENESS_MONITORING:
        due_at += now - before.entered_at  # the case's clock has stood still meanwhile
    kept = State.ON_HOLD in (to, before.state) and to not in ENDED
    milestone = after.milestone_due_at if kept else attempt.clocks.milestone(to, after.priority, now)
    return replace(after, state=to, entered_at=now, due_at=due_at, milestone_due_at=milestone)
