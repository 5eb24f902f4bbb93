"""What goals tells: which goals there are, and that one is missed. An issue about a goal's miss is linked to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.issues.domain.effects import with_link
from services.issues.domain.goal import Goal
from services.issues.domain.issue import Link
from services.issues.ports import UnitOfWork
from services.issues.use_cases.recording import Change, record
from shared.runtime.actor import service_actor
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Delivery, PassedOver, Progress

GOALS = service_actor("goals")


@dataclass(frozen=True, slots=True)
class GoalSetChanged:
    """All goals of a set as they now stand."""

    goal_set: str
    goals: Sequence[Goal]
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class GoalBreached:
    """A goal has become off track."""

    goal_id: str
    reason: str
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class FollowGoals:
    """Applies a batch in one transaction. A breach opens nothing: only anomalies do."""

    units: Callable[[], UnitOfWork]

    def __call__(
        self,
        commands: Sequence[GoalSetChanged | GoalBreached | PassedOver],
        progress: Sequence[Progress],
        *,
        consumer: str,
        now: datetime,
    ) -> None:
        with self.units() as uow:
            for moved in progress:
                uow.advance(moved)
            for command in commands:
                if command.delivery is not None and not uow.accept(consumer, command.delivery):
                    continue
                if isinstance(command, GoalSetChanged):
                    uow.issues.replace_goals(command.goal_set, command.goals)
                elif isinstance(command, GoalBreached):
                    _link(uow, command, now)
            fail_point("goals-known-written")
            uow.commit()


def _link(uow: UnitOfWork, breached: GoalBreached, now: datetime) -> None:
    """Link the open issues on the goal's subject, those that are not yet."""
    link = Link("goal", breached.goal_id)
    for goal in uow.issues.goals([breached.goal_id]):
        for issue in uow.issues.open_of(goal.indicator, goal.subject):
            if link in issue.links:
                continue
            after = replace(with_link(issue, link), goal_id=issue.goal_id or goal.id, version=issue.version + 1)
            details = {"goal_id": goal.id, "goal": goal.name}
            record(
                uow, Change(issue, after, "goal-breached", "issue.goal_linked", GOALS, breached.reason, details), now
            )
