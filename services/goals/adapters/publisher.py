"""What goals tells the other services, as records of the outbox."""

from datetime import datetime

from services.goals.domain.attainment import Health
from services.goals.domain.goal import Goal, GoalSet
from shared.database.outbox import Outbox
from shared.eventlog.port import NewRecord
from shared.events.envelope import CONTENT_TYPE, Contract, Envelope, encode
from shared.events.goal_changes import (
    GOAL_BREACHED,
    GOAL_HEALTH_CHANGED,
    BreachRule,
    GoalHealthChanged,
    GoalSetChanged,
    GoalTarget,
    goal_set_change_type,
)
from shared.events.kpi_values import WindowSpan
from shared.events.topics import GOAL_CHANGES
from shared.runtime.identifiers import IdSource


class OutboxGoalEvents:
    """`services.goals.ports.GoalEvents`."""

    def __init__(self, outbox: Outbox, ids: IdSource) -> None:
        self._outbox = outbox
        self._ids = ids

    def set_changed(self, goal_set: GoalSet, change: str, *, actor: str, reason: str | None, now: datetime) -> None:
        data = GoalSetChanged(
            goal_set=goal_set.period,
            state=goal_set.state.value,
            version=goal_set.version,
            period=WindowSpan(start=goal_set.starts, end=goal_set.ends),
            goals=[_target(goal) for goal in goal_set.goals],
            actor=actor,
            reason=reason,
        )
        self._add(goal_set_change_type(change), goal_set.period, data=data, now=now)

    def health_changed(
        self, goal_set: GoalSet, goal_id: str, *, health: Health, before: Health | None, reason: str, now: datetime
    ) -> None:
        data = GoalHealthChanged(
            goal_set=goal_set.period,
            goal_id=goal_id,
            health=health.value,
            before=None if before is None else before.value,
            reason=reason,
            issue_ids=[],
            at=now,
        )
        self._add(GOAL_HEALTH_CHANGED, goal_set.period, data=data, now=now)
        if health is Health.OFF_TRACK:
            self._add(GOAL_BREACHED, goal_set.period, data=data, now=now)

    def _add(self, event_type: str, key: str, *, data: Contract, now: datetime) -> None:
        event = Envelope(
            id=self._ids.next(), source="goals", type=event_type, subject=key, time=now, recordedtime=now, data=data
        )
        headers = (("content-type", CONTENT_TYPE.encode()),)
        record = NewRecord(GOAL_CHANGES, encode(event), key=key.encode(), headers=headers)
        self._outbox.add([record], recorded_at=now)


def _target(goal: Goal) -> GoalTarget:
    rule = goal.breach
    return GoalTarget(
        goal_id=goal.id,
        name=goal.name,
        parent=goal.parent,
        indicator=goal.indicator,
        subject=dict(goal.subject),
        comparator=goal.comparator,
        target=float(goal.target),
        owner=goal.owner,
        breach_rule=BreachRule(
            comparator=rule.comparator,
            target=float(rule.target),
            for_windows=rule.for_windows,
            severity=rule.severity,  # type: ignore[arg-type]  # checked when the goal was read
        ),
    )
