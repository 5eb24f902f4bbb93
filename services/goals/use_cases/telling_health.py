"""Tell how goals stand where that has changed; part of whatever brings new values or new goals."""

from collections.abc import Iterable
from datetime import datetime

from services.goals.domain.attainment import attain
from services.goals.domain.goal import Goal, GoalSet
from services.goals.ports import UnitOfWork


def tell_health(uow: UnitOfWork, goal_set: GoalSet, goals: Iterable[Goal], *, now: datetime) -> None:
    """Compute the health of some goals of an active set; doing it again tells nothing."""
    for goal in goals:
        attainment = attain(goal, goal_set, uow.goals.values(goal.indicator, goal.subject))
        before = uow.goals.health(goal.id)
        if attainment.health is not before:
            uow.goals.save_health(goal.id, attainment.health)
            uow.events.health_changed(
                goal_set, goal.id, health=attainment.health, before=before, reason=attainment.reason, now=now
            )
