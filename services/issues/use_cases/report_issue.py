"""Report an issue by hand, or for a complaint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.issues.domain.errors import Forbidden
from services.issues.domain.fingerprint import Opening, fingerprint_of
from services.issues.domain.issue import Issue, Occurrence
from services.issues.domain.opening import Trouble
from services.issues.domain.roles import REPORTERS, SERVICE
from services.issues.ports import UnitOfWork
from services.issues.use_cases.attaching import Attach
from shared.runtime.actor import Actor

BY_SERVICE = ("complaint", "inspection")
"""Sources that a machine may report from."""


@dataclass(frozen=True, slots=True)
class ReportedTrouble:
    """What a person reports.

    Attributes:
        problem: what, where, when; JSON values.
        defect: sets apart troubles without an indicator.
    """

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
    """The same trouble again adds an occurrence to the open issue, or reopens the closed one, as for an anomaly."""

    units: Callable[[], UnitOfWork]
    attach: Attach

    def __call__(self, reported: ReportedTrouble, *, actor: Actor, now: datetime) -> tuple[Issue, bool]:
        """The issue, and whether it is new. Raises Forbidden, and ConcurrentChange to be retried."""
        _check_role(reported, actor)
        distinction = reported.direction if reported.indicator else reported.defect
        trouble = Trouble(
            title=reported.title,
            source=reported.source,
            severity=reported.severity,
            fingerprint=fingerprint_of(reported.indicator, reported.subject, distinction),
            indicator=reported.indicator,
            subject=reported.subject,
            occurrence=Occurrence(
                id=self.attach.ids.next(),
                kind="report",
                state="open",
                seen_at=now,
                by=actor.name,
                problem=dict(reported.problem),
            ),
            facts={"problem": dict(reported.problem)},
        )
        with self.units() as uow:
            attached = self.attach(uow, trouble, actor=actor, trigger="report", now=now)
            uow.commit()
        return attached.issue, attached.decision.opening in (Opening.OPEN, Opening.RECUR)


def _check_role(reported: ReportedTrouble, actor: Actor) -> None:
    if actor.roles & set(REPORTERS) or (actor.has(SERVICE) and reported.source in BY_SERVICE):
        return
    held = ", ".join(sorted(actor.roles)) or "no role"
    raise Forbidden(f"report is for {', '.join(REPORTERS)}; {actor.name} acts as {held}")
