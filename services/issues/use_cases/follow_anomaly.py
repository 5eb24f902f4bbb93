"""An anomaly comes, changes or goes: open an issue, attach to the open one, reopen, or note it. Once per delivery."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.issues.domain.fingerprint import fingerprint_of
from services.issues.domain.issue import Occurrence
from services.issues.domain.opening import Trouble
from services.issues.ports import UnitOfWork
from services.issues.use_cases.attaching import Attach, newest_of, with_occurrence
from services.issues.use_cases.recording import Change, record
from shared.runtime.actor import service_actor
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Delivery, PassedOver, Progress

ANALYTICS = service_actor("analytics")

_NOTED: Mapping[str, str] = {"cleared": "issue.anomaly_cleared", "withdrawn": "issue.evidence_withdrawn"}


@dataclass(frozen=True, slots=True)
class AnomalyChanged:
    """An anomaly as it now stands.

    Attributes:
        state: `open`, `cleared` or `withdrawn`.
        evidence_until: UTC; the end of the last window that it rests on.
    """

    anomaly_id: str
    state: str
    title: str
    reason: str
    rule: str
    severity: str
    indicator: str
    subject: Mapping[str, str]
    direction: str
    opens_issue: bool
    goal_id: str | None
    values: Sequence[Mapping[str, Any]]
    raised_at: datetime
    evidence_until: datetime | None
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class FollowAnomaly:
    """Applies a batch of anomaly changes in one transaction."""

    units: Callable[[], UnitOfWork]
    attach: Attach

    def __call__(
        self,
        commands: Sequence[AnomalyChanged | PassedOver],
        progress: Sequence[Progress],
        *,
        consumer: str,
        now: datetime,
    ) -> None:
        with self.units() as uow:
            for moved in progress:
                uow.advance(moved)
            for command in commands:
                accepted = command.delivery is None or uow.accept(consumer, command.delivery)
                if accepted and isinstance(command, AnomalyChanged):
                    self._apply(uow, command, now)
            fail_point("anomalies-written")
            uow.commit()
        fail_point("anomalies-committed")

    def _apply(self, uow: UnitOfWork, command: AnomalyChanged, now: datetime) -> None:
        if command.state == "open" and command.opens_issue:
            self.attach(uow, _trouble(command), actor=ANALYTICS, trigger="anomaly-raised", now=now)
        else:
            _note(uow, command, now)


def _note(uow: UnitOfWork, command: AnomalyChanged, now: datetime) -> None:
    """The open issue that knows the anomaly is told how it stands: gone, or going on under a rule that only observes by now.

    Nothing is opened or closed by that.
    """
    trouble = _trouble(command)
    issue = newest_of(uow.issues, trouble.fingerprint)
    known = next((one for one in issue.evidence if one.id == command.anomaly_id), None) if issue else None
    if issue is None or known is None or not issue.is_open:
        return
    news = None if known.state == command.state else _NOTED.get(command.state)
    change = "issue.evidence_refreshed" if news is None else news
    after = replace(with_occurrence(issue, trouble.occurrence), version=issue.version + 1)
    details = {"occurrence": command.anomaly_id, "rule": command.rule, "anomaly_state": command.state}
    record(uow, Change(issue, after, f"anomaly-{command.state}", change, ANALYTICS, command.reason, details), now)


def _trouble(command: AnomalyChanged) -> Trouble:
    return Trouble(
        title=command.title,
        source="anomaly",
        severity=command.severity,
        fingerprint=fingerprint_of(command.indicator, command.subject, command.direction),
        indicator=command.indicator,
        subject=command.subject,
        occurrence=Occurrence(
            id=command.anomaly_id,
            kind="anomaly",
            state=command.state,
            seen_at=command.raised_at,
            by=ANALYTICS.name,
            reason=command.reason,
            rule=command.rule,
            evidence_until=command.evidence_until,
            values=command.values,
        ),
        anomaly_id=command.anomaly_id,
        goal_id=command.goal_id,
    )
