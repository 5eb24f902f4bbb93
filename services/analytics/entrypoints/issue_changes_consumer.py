"""`issue-changes` → what people make of the issues that anomalies came to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.analytics.domain.rule_statistics import verdict_of
from services.analytics.use_cases.follow_issue import FollowIssue, FollowIssues
from shared.eventlog.event_handler import EventHandler, Incoming, StartingOffsets
from shared.eventlog.handler import Unprocessable
from shared.events.envelope import UnreadableEvent, decode, type_of
from shared.events.issue_changes import IssueChanged
from shared.runtime.progress import PassedOver, Progress

_CHANGES = "andon."
_HOLD_MORE = ("issue.detected", "issue.occurrence_added", "issue.reopened")
"""After these an issue holds one more anomaly, or those of another issue. The details of other changes are people's words."""


def issue_changes_handler(follow: FollowIssues, starting_offsets: StartingOffsets) -> EventHandler:
    """Changes that say nothing about rules are passed over."""

    def apply(incoming: Sequence[Incoming], progress: Sequence[Progress], now: datetime) -> None:
        del now  # nothing of this depends on when it is followed
        follow([_command(one) for one in incoming], progress)

    return EventHandler(consumer=follow.consumer, starting_offsets=starting_offsets, apply=apply)


def _command(incoming: Incoming) -> FollowIssue | PassedOver:
    try:
        if not type_of(incoming.record.value).startswith(_CHANGES):
            return PassedOver(incoming.delivery)
        changed = decode(incoming.record.value, IssueChanged).data
    except UnreadableEvent as error:
        raise Unprocessable("unreadable-event", incoming.record, str(error)) from error
    details = changed.details if changed.change in _HOLD_MORE else {}
    verdict = verdict_of(changed.change, _text(changed.details, "reason_code"))
    rule, merged_from = _text(details, "rule"), _text(details, "merged_from")
    if verdict is None and rule is None and merged_from is None:
        return PassedOver(incoming.delivery)
    return FollowIssue(
        issue_id=changed.issue_id,
        verdict=verdict,
        anomaly_id=_text(details, "occurrence"),
        rule=rule,
        merged_from=merged_from,
        delivery=incoming.delivery,
    )


def _text(details: Mapping[str, Any], name: str) -> str | None:
    found = details.get(name)
    return found if isinstance(found, str) else None
