"""Same trouble, open issue? Attach, reopen, or open a new one: a decision with its reason. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.issues.domain.issue import Issue, Occurrence, State
from services.issues.domain.policy import Policy


def fingerprint_of(indicator: str | None, subject: Mapping[str, str], direction: str) -> str:
    """What makes two troubles the same: indicator, subject and harmful direction. Rule and version are not in it."""
    return json.dumps([indicator, dict(subject), direction], sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Opening(StrEnum):
    """What a sign of trouble means for the issues that there are."""

    OPEN = "open"
    ADD_OCCURRENCE = "add_occurrence"
    REFRESH = "refresh"
    REOPEN = "reopen"
    RECUR = "recur"
    PASS = "pass"  # noqa: S105 - not a word of honour


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, with which issue, and why. `issue` is None only for OPEN."""

    opening: Opening
    issue: Issue | None
    reason: str


def decide(occurrence: Occurrence, newest: Issue | None, *, policy: Policy, now: datetime) -> Decision:
    """Decide by the newest issue of the same fingerprint.

    Args:
        newest: followed to the issue that it was merged into.
        now: UTC; the sustain window after a closure is counted up to it.
    """
    if newest is None:
        return Decision(Opening.OPEN, None, "no issue has this fingerprint")
    known = any(one.id == occurrence.id for one in newest.evidence)
    if newest.is_open:
        if known:
            return Decision(Opening.REFRESH, newest, f"it is known to {newest.number}")
        return Decision(Opening.ADD_OCCURRENCE, newest, f"{newest.number} is open for the same trouble")
    if known and not _goes_on_after_closure(occurrence, newest):
        return Decision(Opening.PASS, newest, f"{newest.number} dealt with it and ended as {newest.state}")
    if newest.state is not State.CLOSED or newest.ended_at is None:
        return Decision(Opening.OPEN, newest, f"{newest.number} ended as {newest.state}")
    if now <= newest.ended_at + timedelta(days=max(policy.sustain_days)):
        return Decision(Opening.REOPEN, newest, f"{newest.number} was closed, but has not held")
    return Decision(Opening.RECUR, newest, f"{newest.number} had been cured, and the trouble is back")


def _goes_on_after_closure(occurrence: Occurrence, issue: Issue) -> bool:
    """Whether an anomaly that the closed issue was about has since been seen again."""
    if issue.state is not State.CLOSED or issue.ended_at is None or occurrence.evidence_until is None:
        return False
    return occurrence.evidence_until > issue.ended_at
