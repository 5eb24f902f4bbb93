"""A new issue: number, owner, priority and deadlines from policy, routing and calendar. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.issues.domain.deadlines import Clocks
from services.issues.domain.issue import Issue, State
from services.issues.domain.routing import Routing


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an issue is opened about, by an anomaly or by a person."""

    title: str
    source: str
    severity: str
    fingerprint: str
    reported_by: str
    indicator: str | None
    subject: Mapping[str, str]
    facts: Mapping[str, Any]
    anomaly_id: str | None = None
    goal_id: str | None = None


def open_issue(
    trouble: Trouble, *, issue_id: str, number: str, routing: Routing, clocks: Clocks, now: datetime
) -> Issue:
    """The issue in `detected`."""
    policy = clocks.policy
    priority = policy.priority(trouble.severity, policy.likelihood_until_triage)
    return Issue(
        id=issue_id,
        number=number,
        title=trouble.title,
        state=State.DETECTED,
        severity=trouble.severity,
        likelihood=policy.likelihood_until_triage,
        priority=priority,
        source=trouble.source,
        indicator=trouble.indicator,
        subject=trouble.subject,
        fingerprint=trouble.fingerprint,
        owner=routing.owner(trouble.indicator, trouble.subject, policy.fallback_owner),
        reported_by=trouble.reported_by,
        detected_at=now,
        entered_at=now,
        due_at=clocks.close(priority, now),
        milestone_due_at=clocks.milestone(State.DETECTED, priority, now),
        policy_version=policy.version,
        anomaly_id=trouble.anomaly_id,
        goal_id=trouble.goal_id,
        facts=trouble.facts,
    )
