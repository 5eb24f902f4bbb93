"""The guards of the workflow: each says what is missing, or None. Pure functions with stable names.

A guard whose facts need approvals, computed verdicts or delegation is not here yet; it joins the table by its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.issues.domain.issue import Action, Issue
from services.issues.domain.policy import Policy
from shared.runtime.actor import Actor

REJECTION_REASONS = ("false_signal", "data_error", "not_a_requirement")
CANCELLATION_REASONS = ("withdrawn", "out_of_scope")
UNFINISHED = frozenset({"draft", "planned", "in_progress", "blocked"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """A trigger as it is tried: on what, with which facts, by whom, under which policy."""

    issue: Issue
    facts: Mapping[str, Any]
    actor: Actor
    policy: Policy

    def fact(self, name: str) -> Any:
        """What the caller sent, else what an earlier trigger has left behind."""
        value = self.facts.get(name)
        return self.issue.facts.get(name) if value is None else value

    def actions(self, *kinds: str) -> list[Action]:
        return [action for action in self.issue.actions if action.kind in kinds]


Guard = Callable[[Attempt], str | None]


def owner_named(attempt: Attempt) -> str | None:
    return None if attempt.facts.get("owner") else "owner: name who is responsible"


def reason_given(attempt: Attempt) -> str | None:
    return None if attempt.facts.get("reason") else "reason: say why"


def rejection_reason(attempt: Attempt) -> str | None:
    found = attempt.facts.get("reason_code")
    return None if found in REJECTION_REASONS else f"reason_code: one of {', '.join(REJECTION_REASONS)}"


def cancellation_reason(attempt: Attempt) -> str | None:
    found = attempt.facts.get("reason_code")
    return None if found in CANCELLATION_REASONS else f"reason_code: one of {', '.join(CANCELLATION_REASONS)}"


def target_named(attempt: Attempt) -> str | None:
    target = attempt.facts.get("target")
    return None if target and target != attempt.issue.id else "target: name the other issue"


def problem_stated(attempt: Attempt) -> str | None:
    return None if attempt.fact("problem") else "problem: state what is wrong, where, and how many are affected"


def correction_allowed(attempt: Attempt) -> str | None:
    issue, policy = attempt.issue, attempt.policy
    if issue.severity in policy.correction_severities and issue.priority in policy.correction_priorities:
        return None
    return f"a {issue.severity} issue of priority {issue.priority} needs more than a correction; use classify-capa"


def not_recurrence(attempt: Attempt) -> str | None:
    recurs = attempt.issue.cycle > 1 or attempt.issue.facts.get("recurrence_of")
    return "it has come back, so a correction alone is not enough; use classify-capa" if recurs else None


def containment_wanted(attempt: Attempt) -> str | None:
    required = attempt.policy.is_at_least(attempt.issue.severity, attempt.policy.containment_required_from)
    if required or attempt.actions("containment"):
        return None
    return "containment is neither required nor planned"


def containment_skippable(attempt: Attempt) -> str | None:
    if attempt.policy.is_at_least(attempt.issue.severity, attempt.policy.containment_required_from):
        return f"containment is required from {attempt.policy.containment_required_from} up"
    return None if attempt.facts.get("skip_reason") else "skip_reason: say why containment is not needed"


def corrections_verified(attempt: Attempt) -> str | None:
    states = {action.state for action in attempt.actions("correction")}
    done = "verified" in states and states <= {"verified", "cancelled"}
    return None if done else "actions: at least one correction must be verified, and none may be unfinished"


def containment_done(attempt: Attempt) -> str | None:
    states = {action.state for action in attempt.actions("containment")}
    done = states & {"implemented", "verified"} and not states & UNFINISHED
    return None if done else "actions: at least one containment action must be implemented, and none unfinished"


def extent_confirmed(attempt: Attempt) -> str | None:
    return None if attempt.fact("extent") else "extent: say what is affected, and how you know"


def method_named(attempt: Attempt) -> str | None:
    found = attempt.fact("method")
    return None if found in ("fishbone", "five_whys", "both") else "method: one of fishbone, five_whys, both"


def occurrence_cause_verified(attempt: Attempt) -> str | None:
    verified = [cause for cause in attempt.issue.causes if cause.state == "verified" and cause.root]
    found = any(cause.point == "occurrence" for cause in verified)
    return None if found else "causes: verify at least one root cause of the occurrence, with evidence"


def escape_cause_settled(attempt: Attempt) -> str | None:
    verified = any(cause.point == "escape" and cause.state == "verified" for cause in attempt.issue.causes)
    return (
        None
        if verified or attempt.fact("no_escape_cause")
        else "no_escape_cause: verify an escape cause, or say why there is none"
    )


def no_undecided_cause(attempt: Attempt) -> str | None:
    undecided = [cause.id for cause in attempt.issue.causes if cause.state == "hypothesis"]
    return f"causes: {', '.join(undecided)} are neither verified nor refuted" if undecided else None


def no_bare_human_error(attempt: Attempt) -> str | None:
    causes = attempt.issue.causes
    deeper = {cause.answers_why_of for cause in causes if cause.state == "verified"}
    bare = [
        cause.id
        for cause in causes
        if cause.root and cause.branch == "people" and cause.code == "human_error" and cause.id not in deeper
    ]
    return f"causes: {', '.join(bare)} end on human error; add a verified why beneath" if bare else None


def no_containment_unfinished(attempt: Attempt) -> str | None:
    unfinished = [action.id for action in attempt.actions("containment") if action.state in UNFINISHED]
    return f"actions: containment {', '.join(unfinished)} is unfinished" if unfinished else None


def causes_covered(attempt: Attempt) -> str | None:
    live = [action for action in attempt.actions("corrective") if action.state != "cancelled"]
    covered = {cause for action in live for cause in action.causes}
    roots = [cause.id for cause in attempt.issue.causes if cause.root and cause.state == "verified"]
    bare = [cause for cause in roots if cause not in covered]
    return f"causes: no corrective action names {', '.join(bare)}" if bare or not live else None


def actions_complete(attempt: Attempt) -> str | None:
    for action in attempt.actions("corrective", "preventive"):
        for name in ("owner", "due_at", "expected_effect"):
            if action.state != "cancelled" and not getattr(action, name):
                return f"action {action.id}: {name} is missing"
    return None


def not_author(attempt: Attempt) -> str | None:
    authors = (attempt.issue.facts.get("plan") or {}).get("authors", [])
    return "the plan is approved by somebody who did not write or submit it" if attempt.actor.name in authors else None


def submitter_only(attempt: Attempt) -> str | None:
    submitter = (attempt.issue.facts.get("plan") or {}).get("submitted_by")
    return None if submitter == attempt.actor.name else f"only {submitter}, who submitted the plan, withdraws it"


def human_only(attempt: Attempt) -> str | None:
    return "this needs a person" if attempt.actor.has("service") else None


def all_actions_verified(attempt: Attempt) -> str | None:
    unverified = [a.id for a in attempt.actions("corrective", "preventive") if a.state not in ("verified", "cancelled")]
    return f"actions: {', '.join(unverified)} are not verified" if unverified else causes_covered(attempt)


def not_action_owner(attempt: Attempt) -> str | None:
    owners = {
        name
        for action in attempt.actions("corrective", "preventive")
        for name in (action.owner, action.reported_by, *action.former_owners)
    }
    return "whoever owned or carried out an action does not judge it" if attempt.actor.name in owners else None


def not_issue_owner(attempt: Attempt) -> str | None:
    owners = {attempt.issue.owner, *attempt.issue.former_owners}
    return "the issue's owner, present or former, does not sign its closure" if attempt.actor.name in owners else None


def verdict_stated(attempt: Attempt) -> str | None:
    if attempt.facts.get("verdict") not in ("effective", "partially_effective", "ineffective"):
        return "verdict: one of effective, partially_effective, ineffective"
    return None if attempt.facts.get("evidence") else "evidence: name the KPI values before and after"


def verdict_effective(attempt: Attempt) -> str | None:
    return None if attempt.facts.get("verdict") == "effective" else "the verdict is not effective"


def verdict_ineffective(attempt: Attempt) -> str | None:
    return None if attempt.facts.get("verdict") == "ineffective" else "the verdict is not ineffective"


def verdict_partial(attempt: Attempt) -> str | None:
    return None if attempt.facts.get("verdict") == "partially_effective" else "the verdict is not partially effective"


def standard_recorded(attempt: Attempt) -> str | None:
    return (
        None
        if attempt.fact("standard")
        else "standard: name the procedure, its version and date, or the reason for none"
    )


def no_action_open(attempt: Attempt) -> str | None:
    unfinished = [action.id for action in attempt.issue.actions if action.state in {*UNFINISHED, "implemented"}]
    return f"actions: {', '.join(unfinished)} are not ended" if unfinished else None


def verdict_confirmed(attempt: Attempt) -> str | None:
    short_path = attempt.issue.facts.get("path") == "correction"
    confirmed = (attempt.issue.facts.get("verdict") or {}).get("cycle") == attempt.issue.cycle
    return None if short_path or confirmed else "the effect of the actions has no confirmed verdict"


def on_short_path(attempt: Attempt) -> str | None:
    return None if attempt.issue.facts.get("path") == "correction" else "the issue is not on the short path"


def review_date(attempt: Attempt) -> str | None:
    return None if attempt.facts.get("review_on") else f"review_on: a date within {attempt.policy.hold_max_days} days"


def severity_known(attempt: Attempt) -> str | None:
    known = attempt.policy.severities
    return None if attempt.facts.get("severity") in known else f"severity: one of {', '.join(known)}"
