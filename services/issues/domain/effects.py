"""What a trigger leaves behind, apart from the state: owners, severity, plan, verdict, hold."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.issues.domain.deadlines import Clocks
from services.issues.domain.guards import Attempt
from services.issues.domain.issue import Action, Issue

KEPT = ("problem", "extent", "method", "no_escape_cause", "standard", "skip_reason", "reason_code", "target")
"""What callers send that stays with the issue."""

_ENDED = ("verified", "cancelled")


def apply_effects(trigger: str, attempt: Attempt, *, now: datetime, clocks: Clocks) -> Issue:
    """The issue with what the trigger leaves behind; state, version and clocks are the caller's."""
    kept = {name: attempt.facts[name] for name in KEPT if attempt.facts.get(name)}
    issue = with_facts(attempt.issue, kept)
    effect = _EFFECTS.get(trigger)
    return issue if effect is None else effect(replace_issue(attempt, issue), now, clocks)


def replace_issue(attempt: Attempt, issue: Issue) -> Attempt:
    return replace(attempt, issue=issue)


def with_facts(issue: Issue, facts: Mapping[str, Any]) -> Issue:
    return replace(issue, facts={**issue.facts, **facts}) if facts else issue


def _own(attempt: Attempt, _now: datetime, _clocks: Clocks) -> Issue:
    issue = attempt.issue
    former = [*issue.former_owners, issue.owner] if issue.owner_named else list(issue.former_owners)
    return replace(issue, owner=attempt.facts["owner"], owner_named=True, former_owners=former)


def _classify(path: str) -> Callable[[Attempt, datetime, Clocks], Issue]:
    def effect(attempt: Attempt, now: datetime, clocks: Clocks) -> Issue:
        likelihood = attempt.facts.get("likelihood")
        issue = attempt.issue
        if likelihood in clocks.policy.likelihoods:
            issue = _with_priority(replace(issue, likelihood=str(likelihood)), now, clocks)
        return with_facts(issue, {"path": path})

    return effect


def _reclassify(attempt: Attempt, now: datetime, clocks: Clocks) -> Issue:
    likelihood = attempt.facts.get("likelihood")
    issue = replace(attempt.issue, severity=attempt.facts["severity"])
    if likelihood in clocks.policy.likelihoods:
        issue = replace(issue, likelihood=str(likelihood))
    return _with_priority(issue, now, clocks)


def _with_priority(issue: Issue, now: datetime, clocks: Clocks) -> Issue:
    """Priority follows severity and likelihood; deadlines run from now. Earlier values stay in the history."""
    priority = clocks.policy.priority(issue.severity, issue.likelihood)
    if priority == issue.priority:
        return issue
    due_at = clocks.close(priority, now)
    return replace(
        issue, priority=priority, due_at=due_at, milestone_due_at=clocks.milestone(issue.state, priority, now)
    )


def _submit_plan(attempt: Attempt, now: datetime, _clocks: Clocks) -> Issue:
    authors = {attempt.actor.name, *attempt.issue.facts.get("plan_authors", [])}
    plan = {"submitted_by": attempt.actor.name, "submitted_at": now.isoformat(), "authors": sorted(authors)}
    return with_facts(attempt.issue, {"plan": plan})


def _approve_plan(attempt: Attempt, now: datetime, _clocks: Clocks) -> Issue:
    plan = {**attempt.issue.facts["plan"], "approved_by": attempt.actor.name, "approved_at": now.isoformat()}
    actions = [_planned(action) for action in attempt.issue.actions]
    return replace(with_facts(attempt.issue, {"plan": plan}), actions=actions)


def _planned(action: Action) -> Action:
    drafted = action.state == "draft" and action.kind in ("corrective", "preventive")
    return replace(action, state="planned") if drafted else action


def _verdict(attempt: Attempt, now: datetime, _clocks: Clocks) -> Issue:
    """A verdict that a person states with evidence; it is marked as stated, never as computed."""
    verdict = {
        "verdict": attempt.facts["verdict"],
        "basis": "stated",
        "evidence": attempt.facts["evidence"],
        "by": attempt.actor.name,
        "at": now.isoformat(),
        "cycle": attempt.issue.cycle,
    }
    return with_facts(attempt.issue, {"verdict": verdict})


def _hold(attempt: Attempt, now: datetime, _clocks: Clocks) -> Issue:
    held = {
        "resume_state": attempt.issue.state.value,
        "held_at": now.isoformat(),
        "review_on": attempt.facts["review_on"],
    }
    return with_facts(attempt.issue, held)


def _resume(attempt: Attempt, now: datetime, _clocks: Clocks) -> Issue:
    """Deadlines move by the time held."""
    issue = attempt.issue
    held = now - datetime.fromisoformat(issue.facts["held_at"])
    milestone = None if issue.milestone_due_at is None else issue.milestone_due_at + held
    return replace(issue, due_at=issue.due_at + held, milestone_due_at=milestone)


def _cancel(attempt: Attempt, _now: datetime, _clocks: Clocks) -> Issue:
    actions = [
        action if action.state in _ENDED else replace(action, state="cancelled") for action in attempt.issue.actions
    ]
    return replace(attempt.issue, actions=actions)


def _close(attempt: Attempt, now: datetime, _clocks: Clocks) -> Issue:
    closed = {"closed_by": attempt.actor.name, "closed_at": now.isoformat()}
    return with_facts(attempt.issue, closed)


_EFFECTS: Mapping[str, Callable[[Attempt, datetime, Clocks], Issue]] = {
    "accept": _own,
    "reassign": _own,
    "classify-correction": _classify("correction"),
    "classify-capa": _classify("capa"),
    "upgrade-to-capa": _classify("capa"),
    "reclassify": _reclassify,
    "submit-plan": _submit_plan,
    "vote-approve": _approve_plan,
    "confirm-verdict": _verdict,
    "hold": _hold,
    "resume": _resume,
    "cancel": _cancel,
    "sign-closure": _close,
}
