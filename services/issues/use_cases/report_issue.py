"""Report an issue by hand, or for a complaint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.issues.domain.deadlines import Clocks
from services.issues.domain.fingerprint import fingerprint_of
from services.issues.domain.issue import Issue
from services.issues.domain.opening import Trouble, open_issue
from services.issues.domain.policy import Policy
from services.issues.ports import UnitOfWork
from services.issues.use_cases.recording import Change, record
from shared.runtime.actor import Actor
from shared.runtime.identifiers import IdSource


@dataclass(frozen=True, slots=True)
class ReportedTrouble:
    """What a person reports. `problem` says what, where and when; `defect` sets apart troubles without an indicator."""

    title: str
    source: str
    severity: str
    indicator: str | None
    subject: Mapping[str, str]
    direction: str
    defect: str
    problem: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReportIssue:
    """The same trouble again adds an occurrence to the open issue instead of opening a second one."""

    units: Callable[[], UnitOfWork]
    policy: Policy
    ids: IdSource

    def __call__(self, reported: ReportedTrouble, *, actor: Actor, now: datetime) -> tuple[Issue, bool]:
        """The issue, and whether it is new."""
        fingerprint = fingerprint_of(
            reported.indicator, reported.subject, reported.direction if reported.indicator else reported.defect
        )
        with self.units() as uow:
            newest = uow.issues.newest_of(fingerprint)
            issue, is_new = self._attach_or_open(uow, reported, newest, fingerprint=fingerprint, actor=actor, now=now)
            uow.commit()
        return issue, is_new

    def _attach_or_open(
        self,
        uow: UnitOfWork,
        reported: ReportedTrouble,
        newest: Issue | None,
        *,
        fingerprint: str,
        actor: Actor,
        now: datetime,
    ) -> tuple[Issue, bool]:
        details = {"problem": dict(reported.problem)}
        if newest is not None and newest.is_open:
            grown = replace(newest, occurrences=newest.occurrences + 1, version=newest.version + 1)
            record(uow, Change(newest, grown, "report", "issue.occurrence_added", actor, None, details), now)
            return grown, False
        trouble = Trouble(
            title=reported.title,
            source=reported.source,
            severity=reported.severity,
            fingerprint=fingerprint,
            reported_by=actor.name,
            indicator=reported.indicator,
            subject=reported.subject,
            facts={"problem": dict(reported.problem)},
        )
        issue = open_issue(
            trouble,
            issue_id=self.ids.next(),
            number=uow.issues.next_number(),
            routing=uow.issues.routing(),
            clocks=Clocks(self.policy, uow.issues.calendar_of(reported.indicator)),
            now=now,
        )
        record(uow, Change(None, issue, "report", "issue.detected", actor, None, details), now)
        return issue, True
