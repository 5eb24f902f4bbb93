"""What issues tells the other services: every change, as a record of the outbox."""

from datetime import datetime

from services.issues.domain.issue import HistoryLine, Issue
from shared.database.outbox import Outbox
from shared.eventlog.port import NewRecord
from shared.events.envelope import CONTENT_TYPE, Envelope, encode
from shared.events.issue_changes import IssueChanged, issue_change_type
from shared.events.topics import ISSUE_CHANGES
from shared.runtime.identifiers import IdSource


class OutboxIssueEvents:
    """`services.issues.ports.IssueEvents`.

    Attributes:
        published: (change, source of the issue) of what this transaction has added, in order.
    """

    def __init__(self, outbox: Outbox, ids: IdSource) -> None:
        self._outbox = outbox
        self._ids = ids
        self.published: list[tuple[str, str]] = []

    def changed(self, issue: Issue, line: HistoryLine, now: datetime) -> None:
        event = Envelope(
            id=self._ids.next(),
            source="issues",
            type=issue_change_type(line.change),
            subject=issue.id,
            time=line.at,
            recordedtime=now,
            data=_snapshot(issue, line),
        )
        headers = (("content-type", CONTENT_TYPE.encode()),)
        record = NewRecord(ISSUE_CHANGES, encode(event), key=issue.id.encode(), headers=headers)
        self._outbox.add([record], recorded_at=now)
        self.published.append((line.change, issue.source))


def _snapshot(issue: Issue, line: HistoryLine) -> IssueChanged:
    return IssueChanged(
        change=line.change,
        issue_id=issue.id,
        number=issue.number,
        title=issue.title,
        state=issue.state.value,
        severity=issue.severity,  # type: ignore[arg-type]  # the policy's words are the contract's
        priority=issue.priority,
        source=issue.source,
        indicator=issue.indicator,
        subject=dict(issue.subject),
        fingerprint=issue.fingerprint,
        anomaly_id=issue.anomaly_id,
        goal_id=issue.goal_id,
        owner=issue.owner,
        due_at=issue.due_at,
        occurrences=issue.occurrences,
        cycle=issue.cycle,
        version=issue.version,
        actor=line.actor,
        reason=line.reason,
        details=dict(line.details),
    )
