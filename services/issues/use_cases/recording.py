"""Every change is kept the same way: the issue, its history line and its event, in one transaction. Here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.issues.domain.issue import HistoryLine, Issue
from services.issues.ports import UnitOfWork
from shared.runtime.actor import Actor


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an issue. `before` is None for a new one."""

    before: Issue | None
    after: Issue
    trigger: str
    change: str
    actor: Actor
    reason: str | None
    details: Mapping[str, Any]


def record(uow: UnitOfWork, change: Change, now: datetime) -> None:
    """Save, write the history line, publish; the caller commits."""
    if change.before is None:
        uow.issues.add(change.after)
    else:
        uow.issues.save(change.after)
    line = HistoryLine(
        issue_id=change.after.id,
        version=change.after.version,
        at=now,
        actor=change.actor.name,
        trigger=change.trigger,
        change=change.change,
        from_state=None if change.before is None else change.before.state.value,
        to_state=change.after.state.value,
        reason=change.reason,
        policy_version=change.after.policy_version,
        details=change.details,
    )
    uow.issues.add_history(line)
    uow.events.changed(change.after, line, now)
