"""The machine of an action, as a table; section 4.4 of the workflow."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.issues.domain.advance import Refused, Why, not_yours
from services.issues.domain.issue import PLANNED_KINDS, Action, Issue, State
from services.issues.domain.part import PartAttempt, PartChanged, Step, missing_fact, possible, refused
from services.issues.domain.roles import ACTION_OWNER, DL, OWNER, QM, ST, may

KINDS: Mapping[str, frozenset[State]] = {
    "containment": frozenset({State.TRIAGE, State.CONTAINMENT, State.ROOT_CAUSE_ANALYSIS}),
    "correction": frozenset({State.CORRECTION}),
    "corrective": frozenset({State.ACTION_PLANNING}),
    "preventive": frozenset({State.ACTION_PLANNING}),
}
"""Kind of action → states of the issue in which it may be added."""

_BEFORE_DONE = ("planned", "in_progress", "blocked")

ACTION_TABLE: Mapping[str, Step] = {
    "assign": Step(["draft"], "planned", [OWNER, QM], ["owner", "due_at"], "action.planned"),
    "start": Step(["planned"], "in_progress", [ACTION_OWNER], [], "action.started"),
    "note-progress": Step(_BEFORE_DONE, None, [ACTION_OWNER, OWNER], ["text"], "action.progress_noted"),
    "block": Step(["planned", "in_progress"], "blocked", [ACTION_OWNER, OWNER], ["reason"], "action.blocked"),
    "unblock": Step(["blocked"], None, [ACTION_OWNER, OWNER], [], "action.unblocked"),
    "report-implemented": Step(["in_progress"], "implemented", [ACTION_OWNER], ["evidence"], "action.implemented"),
    "verify": Step(["implemented"], "verified", [QM, DL, ST], ["result"], "action.verified"),
    "send-back": Step(["implemented"], "in_progress", [QM, DL, ST], ["reason"], "action.sent_back"),
    "cancel-action": Step(["draft", *_BEFORE_DONE], "cancelled", [QM, OWNER], ["reason"], "action.cancelled"),
    "reassign-action": Step(["draft", *_BEFORE_DONE, "implemented"], None, [OWNER, QM], ["owner"], "action.reassigned"),
}

_NOTED = ("text", "reason", "evidence", "result", "owner", "due_at", "done_quantity")
"""Facts that are kept with an action."""


def add_action(attempt: PartAttempt, action: Action) -> PartChanged | Refused:
    """Add a draft."""
    issue, roles = attempt.issue, frozenset({OWNER, QM})
    if not may(attempt.actor, roles, issue=issue):
        return refused(Why.NOT_YOUR_ROLE, not_yours(attempt.trigger, roles, attempt.actor))
    if issue.state not in KINDS[action.kind]:
        states = ", ".join(sorted(KINDS[action.kind]))
        return refused(Why.GUARD, f"kind: a {action.kind} action is added in state {states}", "kind_fits")
    unknown = sorted(set(action.causes) - {cause.id for cause in issue.causes})
    if unknown:
        return refused(Why.GUARD, f"causes: the issue has no cause {', '.join(unknown)}", "causes_known")
    drafted = replace(action, cycle=issue.cycle)
    grown = _with_author(replace(issue, actions=[*issue.actions, drafted]), action, attempt.actor.name)
    return PartChanged(replace(grown, version=issue.version + 1), "action.drafted")


def advance_action(attempt: PartAttempt, action: Action) -> PartChanged | Refused:
    """Try a trigger on an action of the issue."""
    issue = attempt.issue
    step = possible(attempt, ACTION_TABLE, action.state)
    if isinstance(step, Refused):
        return step
    roles = _roles(attempt.trigger, step, action)
    if not may(attempt.actor, roles, issue=issue, action=action):
        return refused(Why.NOT_YOUR_ROLE, not_yours(attempt.trigger, roles, attempt.actor))
    refusal = missing_fact(attempt, step) or _own_action(attempt, action) or _kind_fits(attempt, action)
    refusal = refusal or _quantity(attempt, action)
    if refusal is not None:
        return refusal
    changed = _changed(attempt, action, step)
    actions = [changed if known.id == action.id else known for known in issue.actions]
    after = _with_author(replace(issue, actions=actions), action, attempt.actor.name)
    return PartChanged(replace(after, version=issue.version + 1), step.change)


def _roles(trigger: str, step: Step, action: Action) -> frozenset[str]:
    """The issue's owner may cancel a draft, and nothing that has been agreed on."""
    agreed = trigger == "cancel-action" and action.state != "draft"
    return frozenset({QM}) if agreed else frozenset(step.roles)


def _own_action(attempt: PartAttempt, action: Action) -> Refused | None:
    """Guard `not_own_action`: nobody verifies an action of their own, nor cancels one that was planned for them."""
    judged = attempt.trigger in ("verify", "send-back")
    agreed = attempt.trigger == "cancel-action" and action.state != "draft" and action.kind in PLANNED_KINDS
    own = attempt.actor.name in (action.owner, action.reported_by, *action.former_owners)
    if own and (judged or agreed):
        return refused(Why.GUARD, "somebody other than who owns or did it decides on an action", "not_own_action")
    return None


def _kind_fits(attempt: PartAttempt, action: Action) -> Refused | None:
    """What a plan consists of is agreed on by approving the plan, and not one by one."""
    if attempt.trigger == "assign" and action.kind in PLANNED_KINDS:
        return refused(Why.GUARD, f"a {action.kind} action is planned when its plan is approved", "kind_fits")
    return None


def _quantity(attempt: PartAttempt, action: Action) -> Refused | None:
    done, target = _done(attempt, action), action.target_quantity
    if target is None:
        return None
    if attempt.trigger == "report-implemented" and done < target:
        return refused(Why.GUARD, f"done_quantity: {done:g} of {target:g} is not all", "quantity_reached")
    if attempt.trigger == "note-progress" and done > target and not attempt.facts.get("reason"):
        return refused(Why.GUARD, f"reason: say why {done:g} is more than the {target:g} planned", "quantity_planned")
    return None


def _changed(attempt: PartAttempt, action: Action, step: Step) -> Action:
    facts, trigger = attempt.facts, attempt.trigger
    given = {name: facts[name] for name in _NOTED if name in facts}
    note = {"at": attempt.now.isoformat(), "by": attempt.actor.name, "did": trigger, **given}
    changed = replace(action, notes=[*action.notes, note], done_quantity=_done(attempt, action))
    if trigger in ("assign", "reassign-action"):
        changed = _handed_over(changed, str(facts["owner"]), facts.get("due_at") if trigger == "assign" else None)
    if trigger == "block":
        changed = replace(changed, state_before_block=action.state)
    if trigger == "report-implemented":
        changed = replace(changed, reported_by=attempt.actor.name)
    if trigger == "unblock":
        return replace(changed, state=action.state_before_block or "planned", state_before_block=None)
    return replace(changed, state=step.to or action.state)


def _handed_over(action: Action, owner: str, due_at: str | None) -> Action:
    replaced = [action.owner] if action.owner and action.owner != owner else []
    due = action.due_at if due_at is None else datetime.fromisoformat(due_at)
    return replace(action, owner=owner, former_owners=[*action.former_owners, *replaced], due_at=due)


def _with_author(issue: Issue, action: Action, name: str) -> Issue:
    """Whoever writes content of a plan that is being drafted is one of its authors."""
    if action.kind not in PLANNED_KINDS or issue.state is not State.ACTION_PLANNING:
        return issue
    authors = sorted({*issue.facts.get("plan_authors", []), name})
    return replace(issue, facts={**issue.facts, "plan_authors": authors})


def _done(attempt: PartAttempt, action: Action) -> float:
    done = attempt.facts.get("done_quantity")
    return action.done_quantity if done is None else float(done)
