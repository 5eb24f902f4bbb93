"""Same trouble, open issue? Attach, reopen, or open a new one: a decision with its reason. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.issues.domain.issue import Issue, State
from services.issues.domain.policy import Policy


def fingerprint_of(indicator: str | None, subject: Mapping[str, str], direction: str) -> str:
    """What makes two troubles the same: indicator, subject and harmful direction. Rule and version are not in it."""
    return json.dumps([indicator, dict(subject), direction], sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Opening(StrEnum):
    """What a new anomaly means for the issues that there are."""

    OPEN = "open"
    ADD_OCCURRENCE = "add_occurrence"
    REFRESH = "refresh"
    REOPEN = "reopen"
    RECUR = "recur"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, with which issue, and why."""

    opening: Opening
    issue: Issue | None
    reason: str


def decide(anomaly_id: str, newest: Issue | None, *, policy: Policy, now: datetime) -> Decision:
    """Decide by the newest issue of the same fingerprint.

    Args:
        now: UTC; the sustain window after a closure is counted up to it.
    """
    if newest is None:
        return Decision(Opening.OPEN, None, "no issue has this fingerprint")
    if newest.is_open:
        if anomaly_id in known_anomalies(newest):
            return Decision(Opening.REFRESH, newest, "the anomaly is known to the open issue")
        return Decision(Opening.ADD_OCCURRENCE, newest, f"{newest.number} is open for the same trouble")
    if newest.state is not State.CLOSED:
        return Decision(Opening.OPEN, newest, f"{newest.number} ended as {newest.state}")
    sustained_until = datetime.fromisoformat(newest.facts["closed_at"]) + timedelta(days=max(policy.sustain_days))
    if now <= sustained_until:
        return Decision(Opening.REOPEN, newest, f"{newest.number} was closed, but has not held")
    return Decision(Opening.RECUR, newest, f"{newest.number} had been cured, and the trouble is back")


def known_anomalies(issue: Issue) -> list[str]:
    """Ids of the anomalies that the issue has gathered."""
    return [occurrence["anomaly_id"] for occurrence in issue.facts.get("occurrences", [])]
