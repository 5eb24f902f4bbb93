"""`goal-changes`: which goals there are, and which is missed."""

from collections.abc import Sequence
from datetime import datetime

from services.issues.domain.goal import Goal
from services.issues.use_cases.follow_goals import FollowGoals, GoalBreached, GoalSetChanged
from shared.eventlog.event_handler import EventHandler, Incoming, StartingOffsets
from shared.eventlog.handler import Unprocessable
from shared.events import goal_changes
from shared.events.envelope import UnreadableEvent, decode, type_of
from shared.events.goal_changes import GOAL_BREACHED, GoalHealthChanged, goal_set_change_type
from shared.runtime.progress import PassedOver, Progress

CONSUMER = "issues.goal-changes"
_OF_A_SET = goal_set_change_type("").removesuffix(".v1")
_ACTIVE = "active"


def goal_changes_handler(follow: FollowGoals, starting_offsets: StartingOffsets) -> EventHandler:
    """The pump's handler for `goal-changes`."""

    def apply(incoming: Sequence[Incoming], progress: Sequence[Progress], now: datetime) -> None:
        follow([_command(one) for one in incoming], progress, consumer=CONSUMER, now=now)

    return EventHandler(consumer=CONSUMER, starting_offsets=starting_offsets, apply=apply)


def _command(incoming: Incoming) -> GoalSetChanged | GoalBreached | PassedOver:
    value = incoming.record.value
    try:
        kind = type_of(value)
        if kind == GOAL_BREACHED:
            breached = decode(value, GoalHealthChanged).data
            return GoalBreached(breached.goal_id, breached.reason, incoming.delivery)
        if kind.startswith(_OF_A_SET):
            changed = decode(value, goal_changes.GoalSetChanged).data
            return GoalSetChanged(changed.goal_set, _goals(changed), incoming.delivery)
    except UnreadableEvent as error:
        raise Unprocessable("unreadable-event", incoming.record, str(error)) from error
    return PassedOver(incoming.delivery)


def _goals(changed: goal_changes.GoalSetChanged) -> list[Goal]:
    return [
        Goal(
            id=goal.goal_id,
            goal_set=changed.goal_set,
            name=goal.name,
            indicator=goal.indicator,
            subject=goal.subject,
            active=changed.state == _ACTIVE,
        )
        for goal in changed.goals
    ]
