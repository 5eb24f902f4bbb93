"""`goal-changes` → adopt the targets of active goal sets."""

from collections.abc import Sequence
from datetime import datetime

from services.analytics.use_cases.adopt_goal_change import AdoptGoalChange, AdoptGoalSet
from shared.calendars.windows import Window
from shared.eventlog.event_handler import EventHandler, Incoming, StartingOffsets
from shared.eventlog.handler import Unprocessable
from shared.events.envelope import UnreadableEvent, decode, type_of
from shared.events.goal_changes import GoalSetChanged, GoalTarget
from shared.runtime.progress import PassedOver, Progress

_SET_CHANGES = "andon.goals."
_ACTIVE = "active"


def goal_changes_handler(adopt: AdoptGoalChange, starting_offsets: StartingOffsets) -> EventHandler:
    """Changes of a single goal's health are passed over: they follow from what analytics has said itself."""

    def apply(incoming: Sequence[Incoming], progress: Sequence[Progress], now: datetime) -> None:
        commands = [_command(one) if _concerns_a_set(one) else PassedOver(one.delivery) for one in incoming]
        adopt(commands, progress, now)

    return EventHandler(consumer=adopt.consumer, starting_offsets=starting_offsets, apply=apply)


def _concerns_a_set(incoming: Incoming) -> bool:
    try:
        return type_of(incoming.record.value).startswith(_SET_CHANGES)
    except UnreadableEvent as error:
        raise Unprocessable("unreadable-event", incoming.record, str(error)) from error


def _command(incoming: Incoming) -> AdoptGoalSet:
    try:
        changed = decode(incoming.record.value, GoalSetChanged).data
    except UnreadableEvent as error:
        raise Unprocessable("unreadable-event", incoming.record, str(error)) from error
    goals = changed.goals if changed.state == _ACTIVE else []
    return AdoptGoalSet(
        goal_set=changed.goal_set,
        period=Window(changed.period.start, changed.period.end),
        targets=[_target(goal) for goal in goals],
        delivery=incoming.delivery,
    )


def _target(goal: GoalTarget) -> dict[str, object]:
    rule = goal.breach_rule
    return {
        "goal_id": goal.goal_id,
        "name": goal.name,
        "indicator": goal.indicator,
        "subject": goal.subject,
        "comparator": rule.comparator,
        "target": rule.target,
        "for_windows": rule.for_windows,
        "severity": rule.severity,
    }
