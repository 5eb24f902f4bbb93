"""An anomaly comes, changes or goes: open an issue, attach to the open one, reopen, or note it. Once per delivery."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.issues.domain.advance import Advanced, advance
from services.issues.domain.deadlines import Clocks
from services.issues.domain.fingerprint import Decision, Opening, decide, fingerprint_of
from services.issues.domain.issue import Issue
from services.issues.domain.opening import Trouble, open_issue
from services.issues.domain.policy import Policy
from services.issues.ports import UnitOfWork
from services.issues.use_cases.recording import Change, record
from shared.runtime.actor import Actor, service_actor
from shared.runtime.identifiers import IdSource
from shared.runtime.progress import Delivery, PassedOver, Progress

ANALYTICS = service_actor("analytics")


@dataclass(frozen=True, slots=True)
class AnomalyChanged:
    """An anomaly as it now stands. `state` is open, cleared or withdrawn."""

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
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class FollowAnomaly:
    """Applies a batch of anomaly changes in one transaction."""

    units: Callable[[], UnitOfWork]
    policy: Policy
    ids: IdSource

    def __call__(
        self,
        commands: Sequence[AnomalyChanged | PassedOver],
        progress: Sequence[Progress],
        *,
        consumer: str,
        now: datetime,
    ) -> None:
        with self.units() as uow:
            for command in commands:
                accepted = command.delivery is None or uow.accept(consumer, command.delivery)
                if accepted and isinstance(command, AnomalyChanged):
                    self._apply(uow, command, now)
            for moved in progress:
                uow.advance(moved)
            uow.commit()

    def _apply(self, uow: UnitOfWork, command: AnomalyChanged, now: datetime) -> None:
        if not command.opens_issue:
            return
        fingerprint = fingerprint_of(command.indicator, command.subject, command.direction)
        newest = uow.issues.newest_of(fingerprint)
        if command.state == "open":
            self._raised(uow, command, decide(command.anomaly_id, newest, policy=self.policy, now=now), now=now)
        elif newest is not None and newest.is_open:
            change = "issue.evidence_withdrawn" if command.state == "withdrawn" else "issue.anomaly_cleared"
            noted = _with_occurrence(newest, command)
            if command.state == "withdrawn":
                noted = replace(noted, facts={**noted.facts, "evidence_withdrawn": True})
            self._note(uow, newest, noted, change=change, command=command, now=now)

    def _raised(self, uow: UnitOfWork, command: AnomalyChanged, decision: Decision, *, now: datetime) -> None:
        if decision.opening in (Opening.OPEN, Opening.RECUR):
            self._open(uow, command, decision, now=now)
        elif decision.issue is None:
            raise AssertionError(f"{decision.opening} without an issue")
        elif decision.opening is Opening.REOPEN:
            self._reopen(uow, command, decision.issue, now=now)
        elif decision.opening is Opening.REFRESH:
            refreshed = replace(_with_occurrence(decision.issue, command), version=decision.issue.version + 1)
            uow.issues.save(refreshed)
        else:
            grown = _with_occurrence(decision.issue, command)
            grown = replace(grown, occurrences=decision.issue.occurrences + 1)
            self._note(uow, decision.issue, grown, change="issue.occurrence_added", command=command, now=now)

    def _open(self, uow: UnitOfWork, command: AnomalyChanged, decision: Decision, *, now: datetime) -> None:
        recurs = decision.opening is Opening.RECUR
        earlier = decision.issue.id if decision.issue else None
        facts = {
            "occurrences": [_occurrence(command)],
            "opened_because": decision.reason,
            **({"recurrence_of": earlier} if recurs else {"earlier_issue": earlier} if earlier else {}),
        }
        trouble = Trouble(
            title=command.title,
            source="anomaly",
            severity=self.policy.raised(command.severity) if recurs else command.severity,
            fingerprint=fingerprint_of(command.indicator, command.subject, command.direction),
            reported_by=ANALYTICS.name,
            indicator=command.indicator,
            subject=command.subject,
            facts=facts,
            anomaly_id=command.anomaly_id,
            goal_id=command.goal_id,
        )
        issue = open_issue(
            trouble,
            issue_id=self.ids.next(),
            number=uow.issues.next_number(),
            routing=uow.issues.routing(),
            clocks=Clocks(self.policy, uow.issues.calendar_of(command.indicator)),
            now=now,
        )
        details = {"anomaly_id": command.anomaly_id, "rule": command.rule, "because": decision.reason}
        record(uow, Change(None, issue, "anomaly-raised", "issue.detected", ANALYTICS, command.reason, details), now)

    def _reopen(self, uow: UnitOfWork, command: AnomalyChanged, closed: Issue, *, now: datetime) -> None:
        clocks = Clocks(self.policy, uow.issues.calendar_of(closed.indicator))
        grown = _with_occurrence(replace(closed, occurrences=closed.occurrences + 1), command)
        done = advance(grown, "recur", {}, actor=Actor("issues", frozenset({"service"})), now=now, clocks=clocks)
        if not isinstance(done, Advanced):
            raise TypeError(f"a closed issue must be able to recur: {done.missing}")
        after = replace(done.issue, due_at=clocks.close(closed.priority, now))
        details = {"anomaly_id": command.anomaly_id, "rule": command.rule}
        record(uow, Change(closed, after, "recur", done.change, ANALYTICS, command.reason, details), now)

    def _note(
        self, uow: UnitOfWork, before: Issue, after: Issue, *, change: str, command: AnomalyChanged, now: datetime
    ) -> None:
        details = {"anomaly_id": command.anomaly_id, "rule": command.rule, "anomaly_state": command.state}
        noted = replace(after, version=before.version + 1, goal_id=before.goal_id or command.goal_id)
        record(uow, Change(before, noted, "anomaly-" + command.state, change, ANALYTICS, command.reason, details), now)


def _occurrence(command: AnomalyChanged) -> dict[str, Any]:
    return {
        "anomaly_id": command.anomaly_id,
        "rule": command.rule,
        "state": command.state,
        "reason": command.reason,
        "raised_at": command.raised_at.isoformat(),
        "values": [dict(value) for value in command.values],
    }


def _with_occurrence(issue: Issue, command: AnomalyChanged) -> Issue:
    """The issue with this anomaly's newest values; one that it does not know is added."""
    others = [one for one in issue.facts.get("occurrences", []) if one["anomaly_id"] != command.anomaly_id]
    return replace(issue, facts={**issue.facts, "occurrences": [*others, _occurrence(command)]})
