"""The workflow of a goal set as a table: (state, trigger) → what must hold, where it leads, what is published, who may.

The table is printed in `docs/reference/goal-transitions.md`, and a test walks all of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.goals.domain.decomposition import gaps
from services.goals.domain.goal import GoalSet, State
from services.goals.domain.indicator import Indicator, mismatch
from shared.runtime.actor import Actor

QM, DL, ST, DIR, SERVICE = "quality_manager", "department_liaison", "statistician", "director", "service"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A trigger as it is tried."""

    goal_set: GoalSet
    facts: Mapping[str, Any]
    actor: Actor
    indicators: Mapping[str, Indicator]
    now: datetime


Guard = Callable[[Attempt], str | None]


def has_goals(attempt: Attempt) -> str | None:
    return None if attempt.goal_set.goals else "goals: add at least one"


def measurable(attempt: Attempt) -> str | None:
    """Each goal's indicator exists, runs in its direction, and has its subject."""
    for goal in attempt.goal_set.goals:
        indicator = attempt.indicators.get(goal.indicator)
        if indicator is None:
            return f"goal {goal.name}: indicator: there is no indicator {goal.indicator!r}; define it first"
        problem = mismatch(goal, indicator)
        if problem is not None:
            return f"goal {goal.name}: {problem}"
    return None


def leaves_owned(attempt: Attempt) -> str | None:
    bare = [goal.name for goal in attempt.goal_set.goals if not goal.owner]
    return f"goal {bare[0]}: owner: name who is responsible" if bare else None


def consistent(attempt: Attempt) -> str | None:
    """The children imply their parent, or the gap is explained."""
    unexplained = [gap for gap in gaps(attempt.goal_set) if not gap.explained]
    return (
        f"goal {unexplained[0].parent}: {unexplained[0].detail}; lower it, or give an explanation"
        if unexplained
        else None
    )


def reason_given(attempt: Attempt) -> str | None:
    return None if attempt.facts.get("reason") else "reason: say why"


def not_author(attempt: Attempt) -> str | None:
    own = attempt.actor.name in attempt.goal_set.authors
    return "whoever wrote or submitted the goals does not approve them" if own else None


def human_only(attempt: Attempt) -> str | None:
    return "this needs a person" if attempt.actor.has(SERVICE) else None


def effective(attempt: Attempt) -> str | None:
    begins = attempt.goal_set.effective_from
    return None if begins is not None and begins <= attempt.now else "the effective date has not been reached"


def period_over(attempt: Attempt) -> str | None:
    return None if attempt.goal_set.ends <= attempt.now else "the period has not ended"


@dataclass(frozen=True, slots=True)
class Transition:
    """What a trigger does in one state, and whose it is."""

    to: State
    roles: frozenset[str]
    guards: Sequence[Guard]
    change: str


def _row(
    states: Iterable[State], trigger: str, to: State, *, roles: Sequence[str], guards: Sequence[Guard], change: str
) -> dict[tuple[State, str], Transition]:
    return {(state, trigger): Transition(to, frozenset(roles), guards, change) for state in states}


_NOT_EFFECTIVE = (State.DRAFT, State.DECOMPOSING, State.APPROVED, State.PUBLISHED)

TABLE: Mapping[tuple[State, str], Transition] = {
    **_row([State.DRAFT], "decompose", State.DECOMPOSING, roles=[QM], guards=[has_goals, measurable], change="decomposing"),
    **_row([State.DECOMPOSING], "back-to-draft", State.DRAFT, roles=[QM], guards=[], change="drafted"),
    **_row([State.DECOMPOSING], "submit", State.IN_REVIEW, roles=[QM], guards=[leaves_owned, measurable, consistent], change="submitted"),
    **_row([State.IN_REVIEW], "vote-approve", State.APPROVED, roles=[DIR], guards=[human_only, not_author], change="approved"),
    **_row([State.IN_REVIEW], "vote-return", State.DRAFT, roles=[DIR], guards=[human_only, not_author, reason_given], change="returned"),
    **_row([State.IN_REVIEW], "withdraw-submission", State.DRAFT, roles=[QM], guards=[reason_given], change="returned"),
    **_row([State.APPROVED], "publish", State.PUBLISHED, roles=[QM], guards=[], change="published"),
    **_row([State.PUBLISHED], "activate", State.ACTIVE, roles=[SERVICE], guards=[effective], change="activated"),
    **_row([State.ACTIVE], "suspend", State.SUSPENDED, roles=[DIR], guards=[human_only, reason_given], change="suspended"),
    **_row([State.SUSPENDED], "resume", State.ACTIVE, roles=[QM], guards=[], change="resumed"),
    **_row([State.ACTIVE, State.SUSPENDED], "evaluate", State.EVALUATED, roles=[QM], guards=[period_over], change="evaluated"),
    **_row([State.EVALUATED], "archive", State.ARCHIVED, roles=[QM], guards=[], change="archived"),
    **_row(_NOT_EFFECTIVE, "withdraw", State.WITHDRAWN, roles=[QM], guards=[reason_given], change="withdrawn"),
}  # fmt: skip

TRIGGERS = tuple(dict.fromkeys(trigger for _, trigger in TABLE))
HUMAN_TRIGGERS = tuple(trigger for trigger in TRIGGERS if trigger != "activate")
EDITABLE = frozenset({State.DRAFT, State.DECOMPOSING})


class Why(StrEnum):
    """Why a trigger was refused."""

    NOT_IN_THIS_STATE = "not_in_this_state"
    NOT_YOUR_ROLE = "not_your_role"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class Advanced:
    """The goal set after the trigger; `change` is what is published."""

    goal_set: GoalSet
    change: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing has changed. `guard` names the guard that does not hold, `missing` says what it misses."""

    why: Why
    missing: str
    guard: str | None = None


def advance(trigger: str, attempt: Attempt) -> Advanced | Refused:
    """Try a trigger: the only way to change a goal set's state."""
    before = attempt.goal_set
    transition = TABLE.get((before.state, trigger))
    if transition is None:
        return Refused(Why.NOT_IN_THIS_STATE, f"{trigger} is not a trigger of state {before.state}")
    if not transition.roles & attempt.actor.roles:
        return Refused(Why.NOT_YOUR_ROLE, f"{trigger} is for {', '.join(sorted(transition.roles))}")
    for guard in transition.guards:
        missing = guard(attempt)
        if missing is not None:
            return Refused(Why.GUARD, missing, guard.__name__)
    after = replace(before, state=transition.to, version=before.version + 1)
    return Advanced(_with_effects(trigger, attempt, after), transition.change)


def allowed_triggers(goal_set: GoalSet, actor: Actor) -> tuple[str, ...]:
    """Triggers that the state has and the actor's roles may try; guards may still ask for more."""
    found = ((trigger, TABLE.get((goal_set.state, trigger))) for trigger in HUMAN_TRIGGERS)
    return tuple(trigger for trigger, row in found if row is not None and row.roles & actor.roles)


def _with_effects(trigger: str, attempt: Attempt, after: GoalSet) -> GoalSet:
    if trigger == "submit":
        return replace(after, authors=sorted({*after.authors, attempt.actor.name}))
    if trigger == "publish":
        wanted = attempt.facts.get("effective_from")
        begins = datetime.fromisoformat(wanted) if wanted else after.starts
        return replace(after, effective_from=begins)
    return after


def table_as_text() -> str:
    """The table as it stands in the documents."""
    lines = ["| from | trigger | who | guards | to | published |", "|---|---|---|---|---|---|"]
    for (state, trigger), row in sorted(TABLE.items(), key=lambda one: (list(State).index(one[0][0]), one[0][1])):
        names = ", ".join(f"`{guard.__name__}`" for guard in row.guards) or "–"
        who = ", ".join(sorted(row.roles))
        lines.append(f"| `{state}` | `{trigger}` | {who} | {names} | `{row.to}` | `goals.{row.change}` |")
    return "\n".join(lines) + "\n"
