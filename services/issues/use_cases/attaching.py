"""A sign of trouble finds its issue: the open one, the closed one that has not held, or a new one. For anomalies and reports."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.issues.domain.advance import Refused, advance
from services.issues.domain.attempt import Attempt
from services.issues.domain.deadlines import Clocks
from services.issues.domain.fingerprint import Decision, Opening, decide
from services.issues.domain.issue import Issue, Link, Occurrence, State
from services.issues.domain.opening import Identity, Trouble, open_issue
from services.issues.domain.policy import Policies
from services.issues.ports import IssueStore, UnitOfWork
from services.issues.use_cases.recording import Change, record
from shared.runtime.actor import Actor, service_actor
from shared.runtime.identifiers import IdSource

ISSUES = service_actor("issues")


@dataclass(frozen=True, slots=True)
class Attached:
    """The issue that a sign of trouble has come to, and the decision that brought it there."""

    issue: Issue
    decision: Decision


@dataclass(frozen=True, slots=True)
class Attach:
    """Decides by the fingerprint, and records what comes of it; the caller commits."""

    policies: Policies
    ids: IdSource

    def __call__(self, uow: UnitOfWork, trouble: Trouble, *, actor: Actor, trigger: str, now: datetime) -> Attached:
        newest = newest_of(uow.issues, trouble.fingerprint)
        decision = decide(trouble.occurrence, newest, policy=self.policies.in_force, now=now)
        if newest is None or decision.opening in (Opening.OPEN, Opening.RECUR):
            change = self._opened(uow, trouble, decision, actor=actor, trigger=trigger, now=now)
        elif decision.opening is Opening.PASS:
            return Attached(newest, decision)
        elif decision.opening is Opening.REOPEN:
            change = self._reopened(uow, trouble, newest, actor=actor, now=now)
        else:
            change = self._grown(trouble, decision, newest, actor=actor, trigger=trigger)
        record(uow, change, now)
        return Attached(change.after, decision)

    def _opened(
        self, uow: UnitOfWork, trouble: Trouble, decision: Decision, *, actor: Actor, trigger: str, now: datetime
    ) -> Change:
        """A new issue. One that comes back after its cure is graver by one level."""
        policy, recurs = self.policies.in_force, decision.opening is Opening.RECUR
        links, goal_id = _links(uow.issues, trouble, decision.issue, recurs=recurs)
        severity = policy.raised(trouble.severity) if recurs else trouble.severity
        issue = open_issue(
            replace(trouble, severity=severity, links=links, goal_id=goal_id),
            Identity(self.ids.next(), uow.issues.next_number()),
            routing=uow.issues.routing(),
            clocks=Clocks(policy, uow.issues.calendar_of(trouble.indicator)),
            now=now,
        )
        details = {**_details(trouble.occurrence), "because": decision.reason}
        return Change(None, issue, trigger, "issue.detected", actor, trouble.occurrence.reason, details)

    def _reopened(self, uow: UnitOfWork, trouble: Trouble, closed: Issue, *, actor: Actor, now: datetime) -> Change:
        clocks = Clocks(self.policies.of(closed.policy_version), uow.issues.calendar_of(closed.indicator))
        done = advance(Attempt(with_occurrence(closed, trouble.occurrence), "recur", ISSUES, now, clocks))
        if isinstance(done, Refused):
            raise TypeError(f"a closed issue must be able to recur: {done.missing}")
        after = replace(done.issue, due_at=clocks.close(closed.priority, now))
        details = _details(trouble.occurrence)
        return Change(closed, after, "recur", done.change, actor, trouble.occurrence.reason, details)

    def _grown(self, trouble: Trouble, decision: Decision, issue: Issue, *, actor: Actor, trigger: str) -> Change:
        """One more occurrence, or newer values of one that is known."""
        refreshed = decision.opening is Opening.REFRESH
        change = "issue.evidence_refreshed" if refreshed else "issue.occurrence_added"
        after = replace(with_occurrence(issue, trouble.occurrence), version=issue.version + 1)
        details = {**_details(trouble.occurrence), "occurrences": after.occurrences}
        if not refreshed and after.occurrences >= self.policies.in_force.severity_raise_proposed_at_occurrences:
            details["severity_raise_proposed"] = True
        return Change(issue, after, trigger, change, actor, trouble.occurrence.reason, details)


def newest_of(issues: IssueStore, fingerprint: str) -> Issue | None:
    """The newest issue of a fingerprint, or the one that it was merged into: the fingerprint is that one's now."""
    newest = issues.newest_of(fingerprint)
    while newest is not None and newest.state is State.MERGED:
        target = next(link.id for link in newest.links if link.kind == "merged_into")
        newest = issues.get(target)
    return newest


def with_occurrence(issue: Issue, occurrence: Occurrence) -> Issue:
    """The issue with this occurrence, in place of what it knew of the same one."""
    others = [one for one in issue.evidence if one.id != occurrence.id]
    return replace(issue, evidence=[*others, occurrence])


def _links(
    issues: IssueStore, trouble: Trouble, earlier: Issue | None, *, recurs: bool
) -> tuple[list[Link], str | None]:
    """What a new issue belongs to: the issue before it, and goals on the same subject of the same indicator."""
    links = [] if earlier is None else [Link("recurrence_of" if recurs else "earlier_issue", earlier.id)]
    goals = [] if trouble.indicator is None else issues.active_goals_of(trouble.indicator, trouble.subject)
    found = dict.fromkeys([*([trouble.goal_id] if trouble.goal_id else []), *(goal.id for goal in goals)])
    return [*links, *(Link("goal", goal_id) for goal_id in found)], next(iter(found), None)


def _details(occurrence: Occurrence) -> dict[str, object]:
    named = {
        "occurrence": occurrence.id,
        "kind": occurrence.kind,
        "rule": occurrence.rule,
        "problem": occurrence.problem,
    }
    return {name: value for name, value in named.items() if value is not None}
