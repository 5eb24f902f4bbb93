"""Published by issues on `issue-changes`: every change of an issue and of what belongs to it."""

from typing import Any

from shared.events.anomalies import Severity
from shared.events.envelope import Contract, Moment


class IssueChanged(Contract, frozen=True):
    """The issue as it stands after one change. The event type is `andon.<change>.v1`, such as `andon.issue.detected.v1`.

    `details` holds what is particular to the change: an action's facts, a reason code, an occurrence.
    """

    change: str
    issue_id: str
    number: str
    title: str
    state: str
    severity: Severity
    priority: str
    source: str
    indicator: str | None
    subject: dict[str, str]
    fingerprint: str
    anomaly_id: str | None
    goal_id: str | None
    owner: str
    due_at: Moment
    occurrences: int
    cycle: int
    version: int
    actor: str
    reason: str | None
    details: dict[str, Any]


def issue_change_type(change: str) -> str:
    """`issue.detected` → `andon.issue.detected.v1`."""
    return f"andon.{change}.v1"
