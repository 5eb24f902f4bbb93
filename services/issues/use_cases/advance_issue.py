"""A person's trigger on an issue, or on an action or cause of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from services.issues.domain import errors
from services.issues.domain.advance import Advanced, Refused, Why, advance, allowed_triggers
from services.issues.domain.deadlines import Clocks
from services.issues.domain.issue import Action, Cause, Issue, State
from services.issues.domain.parts import PartChanged, add_action, add_cause, advance_action, advance_cause
from services.issues.domain.policy import Policy
from services.issues.ports import UnitOfWork
from services.issues.use_cases.recording import Change, record
from shared.runtime.actor import Actor, service_actor

Part = TypeVar("Part", Action, Cause)
Try = Callable[[Issue, Clocks], Advanced | PartChanged | Refused]

ISSUES = service_actor("issues")


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants what of which issue. `version` is what the caller has seen, None for whatever it is."""

    issue_id: str
    trigger: str
    facts: Mapping[str, Any]
    actor: Actor
    version: int | None


@dataclass(frozen=True, slots=True)
class AdvanceIssue:
    """Raises UnknownIssue, UnknownPart, Forbidden, TransitionRefused, StaleVersion, and ConcurrentChange to be retried."""

    units: Callable[[], UnitOfWork]
    policy: Policy

    def __call__(self, request: Request, *, now: datetime) -> Issue:
        def attempt(issue: Issue, clocks: Clocks) -> Advanced | Refused:
            return advance(issue, request.trigger, request.facts, actor=request.actor, now=now, clocks=clocks)

        return self._apply(request, attempt, now)

    def add_action(self, request: Request, action: Action, *, now: datetime) -> Issue:
        """A draft of a corrective action."""
        return self._apply(request, lambda issue, _: add_action(issue, action, request.actor), now)

    def add_cause(self, request: Request, cause: Cause, *, now: datetime) -> Issue:
        """A hypothesis about the cause."""
        return self._apply(request, lambda issue, _: add_cause(issue, cause, request.actor), now)

    def advance_action(self, request: Request, action_id: str, *, now: datetime) -> Issue:
        """A trigger on one action. When the last of a plan is verified, the issue moves on by itself."""

        def attempt(issue: Issue, _clocks: Clocks) -> PartChanged | Refused:
            action = _part(issue.actions, action_id)
            return advance_action(issue, action, request.trigger, facts=request.facts, actor=request.actor, now=now)

        return self._apply(request, attempt, now)

    def advance_cause(self, request: Request, cause_id: str, *, now: datetime) -> Issue:
        """A trigger on one cause statement."""

        def attempt(issue: Issue, _clocks: Clocks) -> PartChanged | Refused:
            cause = _part(issue.causes, cause_id)
            return advance_cause(issue, cause, request.trigger, facts=request.facts, actor=request.actor)

        return self._apply(request, attempt, now)

    def _apply(self, request: Request, attempt: Try, now: datetime) -> Issue:
        with self.units() as uow:
            before = uow.issues.get(request.issue_id)
            if before is None:
                raise errors.UnknownIssue(f"there is no issue {request.issue_id[:100]!r}")
            if request.version is not None and request.version != before.version:
                raise errors.StaleVersion(
                    f"the issue has version {before.version}, not {request.version}",
                    facts={"version": before.version},
                )
            clocks = Clocks(self.policy, uow.issues.calendar_of(before.indicator))
            outcome = attempt(before, clocks)
            if isinstance(outcome, Refused):
                raise _as_error(outcome, before, request.actor)
            details = {name: value for name, value in request.facts.items() if name != "reason"}
            reason = request.facts.get("reason")
            record(
                uow,
                Change(before, outcome.issue, request.trigger, outcome.change, request.actor, reason, details),
                now,
            )
            after = _move_on(uow, outcome.issue, clocks, now=now)
            uow.commit()
        return after


def _move_on(uow: UnitOfWork, issue: Issue, clocks: Clocks, *, now: datetime) -> Issue:
    """The transition that follows by itself when every action of a plan has ended."""
    if issue.state is not State.IMPLEMENTATION:
        return issue
    done = advance(issue, "all-actions-verified", {}, actor=ISSUES, now=now, clocks=clocks)
    if isinstance(done, Refused):
        return issue
    record(uow, Change(issue, done.issue, "all-actions-verified", done.change, ISSUES, None, {}), now)
    return done.issue


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
