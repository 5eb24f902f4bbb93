"""The guards of the workflow that look at facts: each says what is missing, or None. Pure functions with stable names.

A guard whose facts need approvals, computed verdicts or delegation is not here yet; it joins the table by its name.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from services.issues.domain.attempt import Attempt
from services.issues.domain.issue import ENDED_ACTIONS, PLANNED_KINDS, State
from services.issues.domain.roles import is_person

Guard = Callable[[Attempt], str | None]

REJECTION_REASONS = ("false_signal", "data_error", "not_a_requirement")
CANCELLATION_REASONS = ("withdrawn", "out_of_scope")
METHODS = ("fishbone", "five_whys", "both")
VERDICTS = ("effective", "partially_effective", "ineffective", "inconclusive")
_UNFINISHED = frozenset({"draft", "planned", "in_progress", "blocked"})


def owner_named(attempt: Attempt) -> str | None:
    """A person: named now, or by the routing table before."""
    owner = str(attempt.facts.get("owner") or attempt.issue.owner)
    return None if is_person(owner) else f"owner: name the person who is responsible; {owner} is not one yet"


def new_owner_named(attempt: Attempt) -> str | None:
    return None if attempt.facts.get("owner") else "owner: name who is responsible from now on"


def reason_given(attempt: Attempt) -> str | None:
    return None if attempt.facts.get("reason") else "reason: say why"


def rejection_reason(attempt: Attempt) -> str | None:
    found = attempt.facts.get("reason_code")
    return None if found in REJECTION_REASONS else f"reason_code: one of {', '.join(REJECTION_REASONS)}"


def cancellation_reason(attempt: Attempt) -> str | None:
    found = attempt.facts.get("reason_code")
    return None if found in CANCELLATION_REASONS else f"reason_code: one of {', '.join(CANCELLATION_REASONS)}"


def target_open(attempt: Attempt) -> str | None:
    target = attempt.target
    if target is None:
        return "target: name the other issue by its id or number"
    if target.id == attempt.issue.id:
        return "target: an issue cannot be merged into itself"
    return None if target.is_open else f"target: {target.number} has ended as {target.state}"


def problem_stated(attempt: Attempt) -> str | None:
    return None if attempt.fact("problem") else "problem: state what is wrong, where, and how many are affected"


def correction_allowed(attempt: Attempt) -> str | None:
    issue, policy = attempt.issue, attempt.policy
    if issue.severity in policy.correction_severities and issue.priority in policy.correction_priorities:
        return None
    return f"a {issue.severity} issue of priority {issue.priority} needs more than a correction; use classify-capa"


def not_recurrence(attempt: Attempt) -> str | None:
    recurs = attempt.issue.cycle > 1 or any(link.kind == "recurrence_of" for link in attempt.issue.links)
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
    done = "verified" in states and states <= ENDED_ACTIONS
    return None if done else "actions: at least one correction must be verified, and none may be unfinished"


def containment_done(attempt: Attempt) -> str | None:
    states = {action.state for action in attempt.actions("containment")}
    done = states & {"implemented", "verified"} and not states & _UNFINISHED
    return None if done else "actions: at least one containment action must be implemented, and none unfinished"


def extent_confirmed(attempt: Attempt) -> str | None:
    return None if attempt.fact("extent") else "extent: say what is affected, and how you know"


def method_named(attempt: Attempt) -> str | None:
    return None if attempt.fact("method") in METHODS else f"method: one of {', '.join(METHODS)}"


def occurrence_cause_verified(attempt: Attempt) -> str | None:
    verified = [cause for cause in attempt.issue.causes if cause.state == "verified" and cause.root]
    found = any(cause.point == "occurrence" for cause in verified)
    return None if found else "causes: verify at least one root cause of the occurrence, with evidence"


def escape_cause_settled(attempt: Attempt) -> str | None:
    verified = any(cause.point == "escape" and cause.state == "verified" for cause in attempt.issue.causes)
    settled = verified or attempt.fact("no_escape_cause")
    return None if settled else "no_escape_cause: verify an escape cause, or say why there is none"


def no_undecided_cause(attempt: Attempt) -> str | None:
    """On the way to a root: every statement of which a verified root is the deeper why."""
    by_id = {cause.id: cause for cause in attempt.issue.causes}
    undecided = set()
    for cause in attempt.issue.causes:
        step = cause if cause.root and cause.state == "verified" else None
        seen: set[str] = set()
        while step is not None and step.id not in seen:
            seen.add(step.id)
            if step.state == "hypothesis":
                undecided.add(step.id)
            step = by_id.get(step.answers_why_of or "")
    return f"causes: {', '.join(sorted(undecided))} are neither verified nor refuted" if undecided else None


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
    unfinished = [action.id for action in attempt.actions("containment") if action.state in _UNFINISHED]
    return f"actions: containment {', '.join(unfinished)} is unfinished" if unfinished else None


def causes_covered(attempt: Attempt) -> str | None:
    """Each verified root cause has a corrective action, and each cycle adds at least one."""
    live = [action for action in attempt.actions("corrective") if action.state != "cancelled"]
    if not any(action.cycle == attempt.issue.cycle for action in live):
        return "actions: this cycle has no corrective action"
    covered = {cause for action in live for cause in action.causes}
    roots = [cause.id for cause in attempt.issue.causes if cause.root and cause.state == "verified"]
    bare = [cause for cause in roots if cause not in covered]
    return f"causes: no corrective action names {', '.join(bare)}" if bare else None


def actions_complete(attempt: Attempt) -> str | None:
    for action in attempt.actions(*PLANNED_KINDS):
        for name in ("owner", "due_at", "expected_effect"):
            if action.state != "cancelled" and not getattr(action, name):
                return f"action {action.id}: {name} is missing"
    return None


def plan_voted_for(attempt: Attempt) -> str | None:
    return None if attempt.plan.get("approved_by") else "the plan has not been approved"


def plan_voted_back(attempt: Attempt) -> str | None:
    return None if attempt.plan.get("returned_by") else "the plan has not been returned"


def all_actions_verified(attempt: Attempt) -> str | None:
    """Every action of the plan is verified, or cancelled with each cause still covered."""
    unverified = [action.id for action in attempt.actions(*PLANNED_KINDS) if action.state not in ENDED_ACTIONS]
    return f"actions: {', '.join(unverified)} are not verified" if unverified else causes_covered(attempt)


def verdict_stated(attempt: Attempt) -> str | None:
    if attempt.facts.get("verdict") not in VERDICTS:
        return f"verdict: one of {', '.join(VERDICTS)}"
    return None if attempt.facts.get("evidence") else "evidence: name the KPI values before and after"


def verdict_undecided(attempt: Attempt) -> str | None:
    """A confirmed partial success is not judged again; somebody decides what follows from it."""
    decided = attempt.verdict == "partially_effective"
    return "the verdict has been confirmed as partially effective; use improve-further" if decided else None


def partial_confirmed(attempt: Attempt) -> str | None:
    confirmed = attempt.verdict == "partially_effective"
    return None if confirmed else "the confirmed verdict is not partially_effective"


def standard_recorded(attempt: Attempt) -> str | None:
    found = attempt.fact("standard")
    return None if found else "standard: name the procedure, its version and date, or the reason for none"


def no_action_open(attempt: Attempt) -> str | None:
    unfinished = [action.id for action in attempt.issue.actions if action.state not in ENDED_ACTIONS]
    return f"actions: {', '.join(unfinished)} are not ended" if unfinished else None


def verdict_confirmed(attempt: Attempt) -> str | None:
    """Not asked on the short path."""
    confirmed = on_short_path(attempt) is None or attempt.verdict is not None
    return None if confirmed else "the effect of the actions has no confirmed verdict"


def on_short_path(attempt: Attempt) -> str | None:
    return None if attempt.issue.facts.get("path") == "correction" else "the issue is not on the short path"


def on_long_path(attempt: Attempt) -> str | None:
    return "the issue is on the short path" if on_short_path(attempt) is None else None


def review_date(attempt: Attempt) -> str | None:
    """In the future, and not further away than the policy lets an issue rest."""
    given = attempt.facts.get("review_on")
    latest = attempt.now + timedelta(days=attempt.policy.hold_max_days)
    if given is not None and attempt.now < datetime.fromisoformat(given) <= latest:
        return None
    return f"review_on: a moment within {attempt.policy.hold_max_days} days from now"


def severity_known(attempt: Attempt) -> str | None:
    known = attempt.policy.severities
    return None if attempt.facts.get("severity") in known else f"severity: one of {', '.join(known)}"


def verdict_is(verdict: str) -> Guard:
    """Chooses between the ways of `confirm-verdict`."""

    def guard(attempt: Attempt) -> str | None:
        return None if attempt.facts.get("verdict") == verdict else f"the verdict is not {verdict}"

    return _named(guard, f"verdict_is_{verdict}")


def target_is(state: State, of: Collection[State]) -> Guard:
    """Chooses between the ways of `return-closure`; when none is chosen, all states `of` the choice are named."""

    def guard(attempt: Attempt) -> str | None:
        named = attempt.facts.get("target") == state.value
        return None if named else f"target: one of {', '.join(sorted(one.value for one in of))}"

    return _named(guard, f"target_is_{state.value}")


def _named(guard: Guard, name: str) -> Guard:
    guard.__name__ = name  # a guard's id is its function's name
    return guard
