"""A person's trigger on an issue, or on an action or cause of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from services.issues.domain import errors
from services.issues.domain.advance import Refused, Why, advance, allowed_triggers
from services.issues.domain.attempt import Attempt
from services.issues.domain.cause_statement import add_cause, advance_cause
from services.issues.domain.corrective_action import add_action, advance_action
from services.issues.domain.deadlines import Clocks
from services.issues.domain.effects import with_link
from services.issues.domain.issue import Action, Cause, Issue, Link, State
from services.issues.domain.part import PartAttempt, PartChanged
from services.issues.domain.policy import Policies
from services.issues.domain.workflow import AUTOMATIC, HUMAN_TRIGGERS
from services.issues.ports import UnitOfWork
from services.issues.use_cases.recording import Change, record
from shared.runtime.actor import Actor, service_actor

Part = TypeVar("Part", Action, Cause)
TryPart = Callable[[PartAttempt], PartChanged | Refused]

ISSUES = service_actor("issues")


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants what of which issue, named by id or number. `version` is what the caller has seen, None for whatever it is."""

    issue: str
    trigger: str
    facts: Mapping[str, Any]
    actor: Actor
    version: int | None


@dataclass(frozen=True, slots=True)
class AdvanceIssue:
    """Raises UnknownIssue, UnknownPart, Forbidden, TransitionRefused, StaleVersion, and ConcurrentChange to be retried."""

    units: Callable[[], UnitOfWork]
    policies: Policies

    def __call__(self, request: Request, *, now: datetime) -> Issue:
        """A trigger of the workflow that a person may call."""
        with self.units() as uow:
            before = _wanted(uow, request)
            attempt = Attempt(
                issue=before,
                trigger=request.trigger,
                actor=request.actor,
                now=now,
                clocks=self._clocks(uow, before),
                facts=request.facts,
                target=_target(uow, request),
            )
            outcome = _not_for_people(request, attempt) or advance(attempt)
            if isinstance(outcome, Refused):
                raise _as_error(outcome, before, request.actor)
            after = self._recorded(uow, request, before, after=outcome.issue, change=outcome.change, now=now)
            if after.state is State.MERGED and attempt.target is not None:
                _absorb(uow, after, attempt.target, actor=request.actor, now=now)
            uow.commit()
        return after

    def add_action(self, request: Request, action: Action, *, now: datetime) -> Issue:
        """A draft of a corrective action."""
        return self._on_part(request, lambda attempt: add_action(attempt, action), now)

    def add_cause(self, request: Request, cause: Cause, *, now: datetime) -> Issue:
        """A hypothesis about the cause."""
        return self._on_part(request, lambda attempt: add_cause(attempt, cause), now)

    def advance_action(self, request: Request, action_id: str, *, now: datetime) -> Issue:
        """A trigger on one action. When the last of a plan is verified, the issue moves on by itself."""
        return self._on_part(
            request, lambda attempt: advance_action(attempt, _part(attempt.issue.actions, action_id)), now
        )

    def advance_cause(self, request: Request, cause_id: str, *, now: datetime) -> Issue:
        """A trigger on one cause statement."""
        return self._on_part(
            request, lambda attempt: advance_cause(attempt, _part(attempt.issue.causes, cause_id)), now
        )

    def _on_part(self, request: Request, try_part: TryPart, now: datetime) -> Issue:
        with self.units() as uow:
            before = _wanted(uow, request)
            outcome = try_part(PartAttempt(before, request.trigger, request.actor, now, request.facts))
            if isinstance(outcome, Refused):
                raise _as_error(outcome, before, request.actor)
            after = self._recorded(uow, request, before, after=outcome.issue, change=outcome.change, now=now)
            uow.commit()
        return after

    def _recorded(
        self, uow: UnitOfWork, request: Request, before: Issue, *, after: Issue, change: str, now: datetime
    ) -> Issue:
        """Record what the person did, then whatever follows by itself."""
        details = {name: value for name, value in request.facts.items() if name != "reason"}
        reason = request.facts.get("reason")
        record(uow, Change(before, after, request.trigger, change, request.actor, reason, details), now)
        clocks = self._clocks(uow, after)
        for trigger in AUTOMATIC:
            done = advance(Attempt(after, trigger, ISSUES, now, clocks))
            if not isinstance(done, Refused):
                record(uow, Change(after, done.issue, trigger, done.change, ISSUES, None, {}), now)
                after = done.issue
        return after

    def _clocks(self, uow: UnitOfWork, issue: Issue) -> Clocks:
        return Clocks(self.policies.of(issue.policy_version), uow.issues.calendar_of(issue.indicator))


def _wanted(uow: UnitOfWork, request: Request) -> Issue:
    issue = uow.issues.get(request.issue)
    if issue is None:
        raise errors.UnknownIssue(f"there is no issue {request.issue[:100]!r}")
    if request.version is not None and request.version != issue.version:
        raise errors.StaleVersion(
            f"the issue has version {issue.version}, not {request.version}", facts={"version": issue.version}
        )
    return issue


def _target(uow: UnitOfWork, request: Request) -> Issue | None:
    if request.trigger != "merge" or "target" not in request.facts:
        return None
    uow.issues.reserve_openings()
    return uow.issues.get(request.facts["target"])


def _not_for_people(request: Request, attempt: Attempt) -> Refused | None:
    """Triggers that the service applies are nobody's to call, whatever roles somebody claims."""
    if request.trigger in HUMAN_TRIGGERS:
        return None
    allowed = allowed_triggers(attempt.issue, attempt.actor)
    return Refused(Why.NOT_IN_THIS_STATE, f"{request.trigger[:50]!r} is not a trigger that can be called", allowed)


def _absorb(uow: UnitOfWork, merged: Issue, target: Issue, *, actor: Actor, now: datetime) -> None:
    """What the merged issue rests on and belongs to goes over to the other one."""
    known = {occurrence.id for occurrence in target.evidence}
    moved = [occurrence for occurrence in merged.evidence if occurrence.id not in known]
    after = with_link(replace(target, evidence=[*target.evidence, *moved]), Link("merged_from", merged.id))
    for link in merged.links:
        after = after if link.kind == "merged_into" else with_link(after, link)
    after = replace(after, version=target.version + 1, goal_id=target.goal_id or merged.goal_id)
    details = {"merged_from": merged.id, "occurrences": after.occurrences}
    record(uow, Change(target, after, "merge", "issue.occurrence_added", actor, None, details), now)


def _as_error(refused: Refused, issue: Issue, actor: Actor) -> errors.Forbidden | errors.TransitionRefused:
    allowed = list(allowed_triggers(issue, actor))
    facts = {"state": issue.state.value, "guard": refused.guard, "missing": refused.missing, "allowed": allowed}
    if refused.why is Why.NOT_YOUR_ROLE:
        return errors.Forbidden(refused.missing, facts=facts)
    return errors.TransitionRefused(refused.missing, facts=facts)


def _part(parts: Sequence[Part], wanted: str) -> Part:
    found = next((part for part in parts if part.id == wanted), None)
    if found is None:
        raise errors.UnknownPart(f"the issue has no part {wanted[:100]!r}")
    return found
