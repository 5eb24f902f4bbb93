"""A trigger on a goal set, by a person or by the clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.goals.domain import errors
from services.goals.domain.goal import GoalSet, State
from services.goals.domain.workflow import Attempt, Refused, Why, advance, allowed_triggers
from services.goals.ports import UnitOfWork
from services.goals.use_cases.telling_health import tell_health
from shared.runtime.actor import Actor, service_actor
from shared.runtime.failpoints import fail_point

CLOCK = service_actor("goals")


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants what of which goal set. `version` is what the caller has seen, None for whatever it is."""

    period: str
    trigger: str
    facts: Mapping[str, Any]
    actor: Actor
    version: int | None


@dataclass(frozen=True, slots=True)
class AdvanceGoalSet:
    """Raises UnknownGoalSet, Forbidden, TransitionRefused, StaleVersion, and ConcurrentChange to be retried."""

    units: Callable[[], UnitOfWork]

    def __call__(self, request: Request, *, now: datetime) -> GoalSet:
        with self.units() as uow:
            before = uow.goals.get(request.period)
            if before is None:
                raise errors.UnknownGoalSet(f"there is no goal set {request.period[:50]!r}")
            if request.version not in (None, before.version):
                detail = f"the goal set has version {before.version}, not {request.version}"
                raise errors.StaleVersion(detail, facts={"version": before.version})
            after = self._advance(uow, request, before, now=now)
            if after.state is State.PUBLISHED:
                after = self._activate(uow, after, now)
            uow.commit()
        return after

    def activate_due(self, now: datetime) -> bool:
        """Activate published sets whose effective date has come; a timer's work. Says whether any was."""
        with self.units() as uow:
            published = uow.goals.find(after=None, limit=100, state=State.PUBLISHED)
            activated = [found for found in published if self._activate(uow, found, now).state is State.ACTIVE]
            if activated:
                fail_point("periods-written")
            uow.commit()
        return bool(activated)

    def _advance(self, uow: UnitOfWork, request: Request, before: GoalSet, *, now: datetime) -> GoalSet:
        attempt = Attempt(before, request.facts, request.actor, uow.goals.indicators(), now)
        outcome = advance(request.trigger, attempt)
        if isinstance(outcome, Refused):
            raise _as_error(outcome, before, request.actor)
        uow.goals.save(outcome.goal_set)
        reason = request.facts.get("reason")
        uow.events.set_changed(outcome.goal_set, outcome.change, actor=request.actor.name, reason=reason, now=now)
        return outcome.goal_set

    def _activate(self, uow: UnitOfWork, published: GoalSet, now: datetime) -> GoalSet:
        outcome = advance("activate", Attempt(published, {}, CLOCK, {}, now))
        if isinstance(outcome, Refused):
            return published
        uow.goals.save(outcome.goal_set)
        uow.events.set_changed(outcome.goal_set, outcome.change, actor=CLOCK.name, reason=None, now=now)
        # Values may have come before the set was active; nobody else would tell how its goals stand by them.
        tell_health(uow, outcome.goal_set, outcome.goal_set.goals, now=now)
        return outcome.goal_set


def _as_error(refused: Refused, goal_set: GoalSet, actor: Actor) -> errors.Forbidden | errors.TransitionRefused:
    allowed = list(allowed_triggers(goal_set, actor))
    facts = {"state": goal_set.state.value, "guard": refused.guard, "missing": refused.missing, "allowed": allowed}
    if refused.why is Why.NOT_YOUR_ROLE:
        return errors.Forbidden(refused.missing, facts=facts)
    return errors.TransitionRefused(refused.missing, facts=facts)
