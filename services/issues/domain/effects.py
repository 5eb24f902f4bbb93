"""What a trigger leaves behind, apart from the state: owners, severity, plan, verdict, hold."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.issues.domain.attempt import Attempt
from services.issues.domain.issue import ENDED_ACTIONS, PLANNED_KINDS, Action, Issue, Link
from services.issues.domain.roles import is_person

KEPT = ("problem", "extent", "method", "no_escape_cause", "standard", "skip_reason", "reason_code")
"""What callers send that stays with the issue."""

_OF_A_CYCLE = ("plan", "plan_authors", "verdict", "standard")
"""What belongs to one cycle, and is kept with it when the next begins."""


def apply_effects(attempt: Attempt) -> Issue:
    """The issue with what the trigger leaves behind; state, version and the new state's clock are the caller's."""
    kept = {name: attempt.facts[name] for name in KEPT if attempt.facts.get(name)}
    issue = with_facts(attempt.issue, kept)
    effect = _EFFECTS.get(attempt.trigger)
    return issue if effect is None else effect(replace(attempt, issue=issue))


def with_facts(issue: Issue, facts: Mapping[str, Any]) -> Issue:
    """The issue with these facts beside or instead of earlier ones."""
    return replace(issue, facts={**issue.facts, **facts}) if facts else issue


def with_next_cycle(issue: Issue) -> Issue:
    """The next cycle; the one before is kept whole, and a correction alone is no longer enough."""
    ended = {name: issue.facts[name] for name in _OF_A_CYCLE if name in issue.facts}
    rest = {name: value for name, value in issue.facts.items() if name not in _OF_A_CYCLE}
    earlier = [*issue.facts.get("earlier_cycles", []), {"cycle": issue.cycle, **ended}]
    return replace(issue, cycle=issue.cycle + 1, facts={**rest, "earlier_cycles": earlier, "path": "capa"})


def with_link(issue: Issue, link: Link) -> Issue:
    """The issue with this link, once."""
    return issue if link in issue.links else replace(issue, links=[*issue.links, link])


def _own(attempt: Attempt) -> Issue:
    issue, owner = attempt.issue, attempt.facts.get("owner") or attempt.issue.owner
    if owner == issue.owner:
        return issue
    former = [*issue.former_owners, issue.owner] if is_person(issue.owner) else list(issue.former_owners)
    return replace(issue, owner=owner, former_owners=former)


def _merge(attempt: Attempt) -> Issue:
    target = attempt.target
    return attempt.issue if target is None else with_link(attempt.issue, Link("merged_into", target.id))


def _classify(path: str) -> Callable[[Attempt], Issue]:
    def effect(attempt: Attempt) -> Issue:
        return with_facts(_with_priority(attempt, attempt.issue), {"path": path})

    return effect


def _reclassify(attempt: Attempt) -> Issue:
    return _with_priority(attempt, replace(attempt.issue, severity=attempt.facts["severity"]))


def _with_priority(attempt: Attempt, issue: Issue) -> Issue:
    """Priority follows severity and likelihood; deadlines run from now. Earlier values stay in the history."""
    clocks, likelihood = attempt.clocks, attempt.facts.get("likelihood")
    if likelihood in clocks.policy.likelihoods:
        issue = replace(issue, likelihood=str(likelihood))
    priority = clocks.policy.priority(issue.severity, issue.likelihood)
    if priority == issue.priority:
        return issue
    milestone = clocks.milestone(issue.state, priority, attempt.now) or issue.milestone_due_at
    return replace(issue, priority=priority, due_at=clocks.close(priority, attempt.now), milestone_due_at=milestone)


def _submit_plan(attempt: Attempt) -> Issue:
    authors = {attempt.actor.name, *attempt.issue.facts.get("plan_authors", [])}
    plan = {"submitted_by": attempt.actor.name, "submitted_at": attempt.now.isoformat(), "authors": sorted(authors)}
    return with_facts(attempt.issue, {"plan": plan})


def _decide_plan(decision: str) -> Callable[[Attempt], Issue]:
    def effect(attempt: Attempt) -> Issue:
        decided = {f"{decision}_by": attempt.actor.name, f"{decision}_at": attempt.now.isoformat()}
        return with_facts(attempt.issue, {"plan": {**attempt.plan, **decided}})

    return effect


def _plan_approved(attempt: Attempt) -> Issue:
    """Drafts of the plan are to be carried out; whoever writes from now on is author of the next revision."""
    actions = [_planned(action) for action in attempt.issue.actions]
    return replace(with_facts(attempt.issue, {"plan_authors": []}), actions=actions)


def _planned(action: Action) -> Action:
    drafted = action.state == "draft" and action.kind in PLANNED_KINDS
    return replace(action, state="planned") if drafted else action


def _verdict(attempt: Attempt) -> Issue:
    """A verdict that a person states with evidence; it is marked as stated, never as computed."""
    verdict = {
        "verdict": attempt.facts["verdict"],
        "basis": "stated",
        "evidence": attempt.facts["evidence"],
        "by": attempt.actor.name,
        "at": attempt.now.isoformat(),
    }
    return with_facts(attempt.issue, {"verdict": verdict})


def _hold(attempt: Attempt) -> Issue:
    """The clocks stop; the only one that runs is the review date."""
    issue, review_on = attempt.issue, datetime.fromisoformat(attempt.facts["review_on"])
    stopped = None if issue.milestone_due_at is None else issue.milestone_due_at.isoformat()
    held = {
        "resume_state": issue.state.value,
        "held_at": attempt.now.isoformat(),
        "held_milestone": stopped,
        "review_on": review_on.isoformat(),
    }
    return replace(with_facts(issue, held), milestone_due_at=review_on)


def _resume(attempt: Attempt) -> Issue:
    """Deadlines move by the time held."""
    issue = attempt.issue
    held, stopped = attempt.now - datetime.fromisoformat(issue.facts["held_at"]), issue.facts["held_milestone"]
    milestone = None if stopped is None else datetime.fromisoformat(stopped) + held
    return replace(issue, due_at=issue.due_at + held, milestone_due_at=milestone)


def _cancel(attempt: Attempt) -> Issue:
    actions = [
        action if action.state in ENDED_ACTIONS else replace(action, state="cancelled")
        for action in attempt.issue.actions
    ]
    return replace(attempt.issue, actions=actions)


_EFFECTS: Mapping[str, Callable[[Attempt], Issue]] = {
    "accept": _own,
    "reassign": _own,
    "merge": _merge,
    "classify-correction": _classify("correction"),
    "classify-capa": _classify("capa"),
    "upgrade-to-capa": _classify("capa"),
    "reclassify": _reclassify,
    "submit-plan": _submit_plan,
    "vote-approve": _decide_plan("approved"),
    "vote-return": _decide_plan("returned"),
    "plan-approved": _plan_approved,
    "confirm-verdict": _verdict,
    "hold": _hold,
    "resume": _resume,
    "cancel": _cancel,
}
