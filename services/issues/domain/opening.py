"""A new issue: owner, priority and deadlines from routing, policy and calendar. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.issues.domain.deadlines import Clocks
from services.issues.domain.issue import Issue, Link, Occurrence, State
from services.issues.domain.routing import Routing


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an issue is opened about, by an anomaly or by a person, and the sign that it was seen by."""

    title: str
    source: str
    severity: str
    fingerprint: str
    indicator: str | None
    subject: Mapping[str, str]
    occurrence: Occurrence
    facts: Mapping[str, Any] = field(default_factory=dict)
    anomaly_id: str | None = None
    goal_id: str | None = None
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """How an issue is named: its id, and the number that people call it by."""

    id: str
    number: str


def open_issue(trouble: Trouble, identity: Identity, *, routing: Routing, clocks: Clocks, now: datetime) -> Issue:
    """The issue in `detected`."""
    policy = clocks.policy
    priority = policy.priority(trouble.severity, policy.likelihood_until_triage)
    return Issue(
        id=identity.id,
        number=identity.number,
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
        reported_by=trouble.occurrence.by,
        detected_at=now,
        entered_at=now,
        due_at=clocks.close(priority, now),
        milestone_due_at=clocks.milestone(State.DETECTED, priority, now),
        policy_version=policy.version,
        anomaly_id=trouble.anomaly_id,
        goal_id=trouble.goal_id,
        evidence=[trouble.occurrence],
        links=trouble.links,
        facts=trouble.facts,
    )
