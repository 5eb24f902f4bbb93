"""The machine of a cause statement, as a table; section 4.3 of the workflow."""

from collections.abc import Mapping
from dataclasses import replace

from services.issues.domain.advance import Refused, Why, not_yours
from services.issues.domain.issue import Cause, State
from services.issues.domain.part import PartAttempt, PartChanged, Step, missing_fact, possible, refused
from services.issues.domain.roles import DL, OWNER, QM, ST, may

STATED_IN = frozenset({State.CONTAINMENT, State.ROOT_CAUSE_ANALYSIS})
DECIDED_IN = STATED_IN | {State.ACTION_PLANNING}
"""While a plan is being decided on, what it rests on stands still: withdraw the plan first."""

CAUSE_TABLE: Mapping[str, Step] = {
    "verify": Step(["hypothesis"], "verified", [QM, DL, ST], ["method", "evidence"], "cause.verified"),
    "refute": Step(["hypothesis", "verified"], "refuted", [QM, DL, ST], ["method", "evidence"], "cause.refuted"),
}


def add_cause(attempt: PartAttempt, cause: Cause) -> PartChanged | Refused:
    """Add a hypothesis, while containment or analysis runs."""
    issue, roles = attempt.issue, frozenset({OWNER, QM, DL, ST})
    if not may(attempt.actor, roles, issue=issue):
        return refused(Why.NOT_YOUR_ROLE, not_yours(attempt.trigger, roles, attempt.actor))
    if issue.state not in STATED_IN:
        return refused(Why.NOT_IN_THIS_STATE, f"causes are not added in state {issue.state}")
    if cause.answers_why_of is not None and cause.answers_why_of not in {known.id for known in issue.causes}:
        return refused(Why.GUARD, f"answers_why_of: the issue has no cause {cause.answers_why_of}", "cause_known")
    grown = replace(issue, causes=[*issue.causes, cause], version=issue.version + 1)
    return PartChanged(grown, "cause.stated")


def advance_cause(attempt: PartAttempt, cause: Cause) -> PartChanged | Refused:
    """Try a trigger on a cause statement. Refuted ones stay on record."""
    issue = attempt.issue
    step = possible(attempt, CAUSE_TABLE, cause.state)
    if isinstance(step, Refused):
        return step
    if not may(attempt.actor, step.roles, issue=issue):
        return refused(Why.NOT_YOUR_ROLE, not_yours(attempt.trigger, frozenset(step.roles), attempt.actor))
    if issue.state not in DECIDED_IN:
        return refused(Why.NOT_IN_THIS_STATE, f"causes are not decided in state {issue.state}")
    if attempt.actor.name == cause.written_by:
        return refused(Why.GUARD, "somebody other than who wrote it decides on a cause", "verifier_not_proposer")
    return missing_fact(attempt, step) or _decided(attempt, cause, step)


def _decided(attempt: PartAttempt, cause: Cause, step: Step) -> PartChanged:
    """Only a verified statement is a root."""
    issue, facts = attempt.issue, attempt.facts
    changed = replace(
        cause,
        state=step.to or cause.state,
        method=str(facts["method"]),
        evidence=str(facts["evidence"]),
        root=step.to == "verified" and bool(facts.get("root", cause.root)),
        decided_by=attempt.actor.name,
    )
    causes = [changed if known.id == cause.id else known for known in issue.causes]
    return PartChanged(replace(issue, causes=causes, version=issue.version + 1), step.change)
