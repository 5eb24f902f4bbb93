"""The machines of what belongs to an issue, as tables: actions and cause statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.issues.domain.advance import Refused, Why
from services.issues.domain.issue import Action, Cause, Issue, State
from shared.runtime.actor import Actor

QM, DL, ST, AO, OWNER = "quality_manager", "department_liaison", "statistician", "action_owner", "owner"

KINDS: Mapping[str, frozenset[State]] = {
    "containment": frozenset({State.TRIAGE, State.CONTAINMENT, State.ROOT_CAUSE_ANALYSIS}),
    "correction": frozenset({State.CORRECTION}),
    "corrective": frozenset({State.ACTION_PLANNING}),
    "preventive": frozenset({State.ACTION_PLANNING}),
}
"""Kind of action → states of the issue in which it may be added."""

NOT_ENDED = ("draft", "planned", "in_progress", "blocked", "implemented")


@dataclass(frozen=True, slots=True)
class Step:
    """One row of an action's table. `to` is None where the state stays or returns to the one before a block."""

    froms: Sequence[str]
    to: str | None
    roles: Sequence[str]
    needs: Sequence[str]
    change: str
    not_own: bool = False


ACTION_TABLE: Mapping[str, Step] = {
    "assign": Step(["draft"], "planned", [OWNER, QM], ["owner", "due_at"], "action.planned"),
    "start": Step(["planned"], "in_progress", [AO], [], "action.started"),
    "note-progress": Step(["planned", "in_progress", "blocked"], None, [AO, OWNER], ["text"], "action.progress_noted"),
    "block": Step(["planned", "in_progress"], "blocked", [AO, OWNER], ["reason"], "action.blocked"),
    "unblock": Step(["blocked"], None, [AO, OWNER], [], "action.unblocked"),
    "report-implemented": Step(["in_progress"], "implemented", [AO], ["evidence"], "action.implemented"),
    "verify": Step(["implemented"], "verified", [QM, DL, ST], ["result"], "action.verified", not_own=True),
    "send-back": Step(["implemented"], "in_progress", [QM, DL, ST], ["reason"], "action.sent_back", not_own=True),
    "cancel-action": Step(["draft", "planned", "in_progress", "blocked"], "cancelled", [QM, OWNER], ["reason"], "action.cancelled"),
    "reassign-action": Step(NOT_ENDED, None, [OWNER, QM], ["owner"], "action.reassigned"),
}  # fmt: skip

CAUSE_TABLE: Mapping[str, Step] = {
    "verify": Step(["hypothesis"], "verified", [QM, DL, ST], ["method", "evidence"], "cause.verified", not_own=True),
    "refute": Step(["hypothesis", "verified"], "refuted", [QM, DL, ST], ["evidence"], "cause.refuted", not_own=True),
}


@dataclass(frozen=True, slots=True)
class PartChanged:
    """The issue with its part changed; `change` is what is published."""

    issue: Issue
    change: str


def add_action(issue: Issue, action: Action, actor: Actor) -> PartChanged | Refused:
    """Add a draft. Whoever adds to a plan is one of its authors."""
    if not _is_one_of(issue, None, actor, roles=[OWNER, QM]):
        return _refused(Why.NOT_YOUR_ROLE, "add-action is for the issue's owner and quality_manager")
    if issue.state not in KINDS[action.kind]:
        return _refused(Why.GUARD, f"kind: no {action.kind} action can be added in state {issue.state}", "kind_fits")
    authors = sorted({*issue.facts.get("plan_authors", []), actor.name})
    grown = replace(issue, actions=[*issue.actions, action], facts={**issue.facts, "plan_authors": authors})
    return PartChanged(replace(grown, version=issue.version + 1), "action.drafted")


def add_cause(issue: Issue, cause: Cause, actor: Actor) -> PartChanged | Refused:
    """Add a hypothesis, while containment or analysis runs."""
    if not _is_one_of(issue, None, actor, roles=[OWNER, QM, DL, ST]):
        return _refused(Why.NOT_YOUR_ROLE, "add-cause is for owner, quality_manager, liaison, statistician")
    if issue.state not in (State.CONTAINMENT, State.ROOT_CAUSE_ANALYSIS):
        return _refused(Why.NOT_IN_THIS_STATE, f"causes are not added in state {issue.state}")
    grown = replace(issue, causes=[*issue.causes, cause], version=issue.version + 1)
    return PartChanged(grown, "cause.stated")


def advance_action(
    issue: Issue, action: Action, trigger: str, *, facts: Mapping[str, Any], actor: Actor, now: datetime
) -> PartChanged | Refused:
    """Try a trigger on an action."""
    step = ACTION_TABLE.get(trigger)
    refusal = _refusal(step, action.state, facts) or _role_refusal(issue, action, step, actor=actor)
    if refusal is not None or step is None:
        return refusal or _refused(Why.NOT_IN_THIS_STATE, f"an action knows no trigger {trigger}")
    if trigger == "report-implemented" and (action.target_quantity or 0) > _done(action, facts):
        detail = f"done_quantity: {_done(action, facts):g} of {action.target_quantity:g} is not all"
        return _refused(Why.GUARD, detail, "quantity_reached")
    changed = _changed_action(action, trigger, step, facts=facts, actor=actor, now=now)
    actions = [changed if known.id == action.id else known for known in issue.actions]
    return PartChanged(replace(issue, actions=actions, version=issue.version + 1), step.change)


def advance_cause(
    issue: Issue, cause: Cause, trigger: str, *, facts: Mapping[str, Any], actor: Actor
) -> PartChanged | Refused:
    """Try a trigger on a cause statement: verified or refuted by someone other than who wrote it."""
    step = CAUSE_TABLE.get(trigger)
    refusal = _refusal(step, cause.state, facts)
    if refusal is not None or step is None:
        return refusal or _refused(Why.NOT_IN_THIS_STATE, f"a cause knows no trigger {trigger}")
    if not _is_one_of(issue, None, actor, roles=step.roles):
        return _refused(Why.NOT_YOUR_ROLE, f"{trigger} is for {', '.join(step.roles)}")
    if actor.name == cause.written_by:
        return _refused(Why.GUARD, "somebody else than who wrote it decides", "verifier_not_proposer")
    root = bool(facts.get("root", cause.root)) and step.to == "verified"
    changed = replace(cause, state=step.to or cause.state, evidence=str(facts["evidence"]), root=root)
    causes = [changed if known.id == cause.id else known for known in issue.causes]
    return PartChanged(replace(issue, causes=causes, version=issue.version + 1), step.change)


def _refusal(step: Step | None, state: str, facts: Mapping[str, Any]) -> Refused | None:
    if step is None or state not in step.froms:
        return _refused(Why.NOT_IN_THIS_STATE, f"this is not possible in state {state}")
    missing = [name for name in step.needs if not facts.get(name)]
    return _refused(Why.GUARD, f"{missing[0]}: is needed for this", "facts_given") if missing else None


def _role_refusal(issue: Issue, action: Action, step: Step | None, *, actor: Actor) -> Refused | None:
    if step is None:
        return None
    if not _is_one_of(issue, action, actor, roles=step.roles):
        return _refused(Why.NOT_YOUR_ROLE, f"this is for {', '.join(step.roles)}")
    if step.not_own and actor.name in (action.owner, action.reported_by, *action.former_owners):
        return _refused(Why.GUARD, "nobody verifies an action of their own", "not_own_action")
    return None


def _is_one_of(issue: Issue, action: Action | None, actor: Actor, *, roles: Sequence[str]) -> bool:
    if OWNER in roles and issue.owner in (actor.name, *(f"role:{role}" for role in actor.roles)):
        return True
    if AO in roles and action is not None and action.owner == actor.name:
        return True
    return any(actor.has(role) for role in roles if role not in (OWNER, AO))


def _changed_action(
    action: Action, trigger: str, step: Step, *, facts: Mapping[str, Any], actor: Actor, now: datetime
) -> Action:
    note = {"at": now.isoformat(), "by": actor.name, "did": trigger, **{name: facts[name] for name in step.needs}}
    changed = replace(action, notes=[*action.notes, note], done_quantity=_done(action, facts))
    if trigger in ("assign", "reassign-action"):
        former = [*action.former_owners, action.owner] if action.owner else list(action.former_owners)
        due_at = facts.get("due_at", action.due_at)
        changed = replace(changed, owner=str(facts["owner"]), former_owners=former, due_at=due_at)
    if trigger == "block":
        changed = replace(changed, state_before_block=action.state)
    if trigger == "report-implemented":
        changed = replace(changed, reported_by=actor.name)
    if trigger == "unblock":
        return replace(changed, state=action.state_before_block or "planned", state_before_block=None)
    return replace(changed, state=step.to or action.state)


def _done(action: Action, facts: Mapping[str, Any]) -> float:
    done = facts.get("done_quantity")
    return float(done) if isinstance(done, int | float) and not isinstance(done, bool) else action.done_quantity


def _refused(why: Why, missing: str, guard: str | None = None) -> Refused:
    return Refused(why, missing, (), guard)
