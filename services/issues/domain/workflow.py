"""The workflow of an issue as a table: (state, trigger) → what must hold, where it leads, what is published, who may.

Several ways of one trigger are tried in order; the first whose guards all hold is taken. The table is printed in
`docs/reference/issue-transitions.md`, and a test walks all of it.

A plan is decided by one vote until approvals have a machine of their own; the vote and what follows from it are therefore two
transitions. The verdict is stated by a person until analytics computes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.issues.domain import duties as d
from services.issues.domain import guards as g
from services.issues.domain.guards import Guard
from services.issues.domain.issue import OPEN, WORKING, State
from services.issues.domain.roles import DIR, DL, OWNER, QM, SERVICE, ST

SAME: State | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a transition. `to` is None where the state stays, or returns to the one before a hold (`resumes`)."""

    to: State | None
    guards: Sequence[Guard]
    change: str
    next_cycle: bool = False
    resumes: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """What a trigger does in one state, and whose it is."""

    roles: frozenset[str]
    ways: Sequence[Way]


Table = Mapping[tuple[State, str], Transition]


def _row(
    states: Iterable[State], trigger: str, roles: Sequence[str], *ways: Way
) -> dict[tuple[State, str], Transition]:
    return {(state, trigger): Transition(frozenset(roles), ways) for state in states}


_CAPA = (
    Way(State.CONTAINMENT, (g.problem_stated, g.containment_wanted), "issue.classified"),
    Way(State.ROOT_CAUSE_ANALYSIS, (g.problem_stated, g.containment_skippable), "issue.classified"),
)
_ANALYSED = (
    g.method_named,
    g.occurrence_cause_verified,
    g.escape_cause_settled,
    g.no_undecided_cause,
    g.no_bare_human_error,
    g.no_containment_unfinished,
)
_JUDGES = (d.human_only, d.not_action_owner, d.not_author, g.verdict_undecided, g.verdict_stated)
_SIGNS = (d.human_only, d.not_issue_owner, d.not_action_owner, d.not_author, g.no_action_open, g.verdict_confirmed)
_RETURNS = (State.STANDARDISATION, State.EFFECTIVENESS_REVIEW, State.ACTION_PLANNING)

_UP_TO_PLAN: Table = {
    **_row([State.DETECTED], "accept", [QM, DL], Way(State.TRIAGE, (g.owner_named,), "issue.accepted")),
    **_row([State.TRIAGE], "reject", [QM], Way(State.REJECTED, (g.rejection_reason,), "issue.rejected")),
    **_row([State.DETECTED, State.TRIAGE], "merge", [QM, DL], Way(State.MERGED, (g.target_open,), "issue.merged")),
    **_row([State.TRIAGE], "classify-correction", [QM, DL],
           Way(State.CORRECTION, (g.problem_stated, g.correction_allowed, g.not_recurrence), "issue.classified")),
    **_row([State.TRIAGE], "classify-capa", [QM, DL], *_CAPA),
    **_row([State.CORRECTION], "confirm-correction", [QM, OWNER],
           Way(State.CLOSURE_REVIEW, (g.corrections_verified,), "issue.correction_confirmed")),
    **_row([State.CORRECTION], "upgrade-to-capa", [QM, DL],
           *(Way(way.to, (g.reason_given, *way.guards), way.change) for way in _CAPA)),
    **_row([State.CONTAINMENT], "confirm-containment", [QM, OWNER],
           Way(State.ROOT_CAUSE_ANALYSIS, (g.containment_done, g.extent_confirmed), "issue.contained")),
    **_row([State.ROOT_CAUSE_ANALYSIS], "complete-analysis", [QM, OWNER],
           Way(State.ACTION_PLANNING, _ANALYSED, "issue.analysis_completed")),
    **_row([State.ACTION_PLANNING], "reopen-analysis", [QM, OWNER],
           Way(State.ROOT_CAUSE_ANALYSIS, (g.reason_given,), "issue.analysis_reopened")),
    **_row([State.ACTION_PLANNING], "submit-plan", [QM, OWNER],
           Way(State.PLAN_APPROVAL, (g.causes_covered, g.actions_complete), "plan.submitted")),
    **_row([State.PLAN_APPROVAL], "vote-approve", [QM], Way(SAME, (d.human_only, d.not_author), "approval.approved")),
    **_row([State.PLAN_APPROVAL], "vote-return", [QM],
           Way(SAME, (d.human_only, d.not_author, g.reason_given), "approval.returned")),
    **_row([State.PLAN_APPROVAL], "withdraw-plan", [QM, DL, OWNER],
           Way(State.ACTION_PLANNING, (d.submitter_only, g.reason_given), "plan.withdrawn")),
}  # fmt: skip

_FROM_PLAN: Table = {
    **_row([State.IMPLEMENTATION], "revise-plan", [QM, OWNER],
           Way(State.ACTION_PLANNING, (g.reason_given,), "plan.revision_opened")),
    **_row([State.EFFECTIVENESS_MONITORING], "begin-review", [QM, ST],
           Way(State.EFFECTIVENESS_REVIEW, (d.human_only,), "issue.review_begun")),
    **_row([State.EFFECTIVENESS_REVIEW], "confirm-verdict", [QM, ST],
           Way(State.STANDARDISATION, (*_JUDGES, g.verdict_is("effective")), "verdict.confirmed"),
           Way(SAME, (*_JUDGES, g.verdict_is("partially_effective")), "verdict.confirmed"),
           Way(State.ROOT_CAUSE_ANALYSIS, (*_JUDGES, g.verdict_is("ineffective")), "verdict.confirmed", next_cycle=True),
           Way(State.EFFECTIVENESS_MONITORING, (*_JUDGES, g.verdict_is("inconclusive")), "verdict.confirmed")),
    **_row([State.EFFECTIVENESS_REVIEW], "improve-further", [QM],
           Way(State.ACTION_PLANNING, (g.partial_confirmed,), "issue.cycle_started", next_cycle=True)),
    **_row([State.STANDARDISATION], "complete-standardisation", [QM, OWNER],
           Way(State.CLOSURE_REVIEW, (g.standard_recorded,), "standardisation.completed")),
    **_row([State.CLOSURE_REVIEW], "sign-closure", [QM], Way(State.CLOSED, _SIGNS, "issue.closed")),
    **_row([State.CLOSURE_REVIEW], "return-closure", [QM, DIR],
           Way(State.CORRECTION, (g.reason_given, g.on_short_path), "closure.returned"),
           *(Way(state, (g.reason_given, g.on_long_path, g.target_is(state, _RETURNS)), "closure.returned",
                 next_cycle=state is State.ACTION_PLANNING) for state in _RETURNS)),
}  # fmt: skip

_ANY_TIME: Table = {
    **_row(WORKING - {State.PLAN_APPROVAL, State.CLOSURE_REVIEW}, "hold", [QM],
           Way(State.ON_HOLD, (g.reason_given, g.review_date), "issue.held")),
    **_row([State.ON_HOLD], "resume", [QM], Way(SAME, (), "issue.resumed", resumes=True)),
    **_row(OPEN, "cancel", [QM], Way(State.CANCELLED, (g.cancellation_reason, g.reason_given), "issue.cancelled")),
    **_row(OPEN, "reassign", [QM], Way(SAME, (g.new_owner_named, g.owner_named), "issue.reassigned")),
    **_row(OPEN, "reclassify", [QM], Way(SAME, (g.severity_known, g.reason_given), "issue.reclassified")),
}  # fmt: skip

_BY_THE_SERVICE: Table = {
    **_row([State.PLAN_APPROVAL], "plan-approved", [SERVICE],
           Way(State.IMPLEMENTATION, (g.plan_voted_for,), "plan.approved")),
    **_row([State.PLAN_APPROVAL], "plan-returned", [SERVICE],
           Way(State.ACTION_PLANNING, (g.plan_voted_back,), "plan.returned")),
    **_row([State.IMPLEMENTATION], "all-actions-verified", [SERVICE],
           Way(State.EFFECTIVENESS_MONITORING, (g.all_actions_verified,), "actions.all_verified")),
    **_row([State.CLOSED], "recur", [SERVICE], Way(State.ROOT_CAUSE_ANALYSIS, (), "issue.reopened", next_cycle=True)),
}  # fmt: skip

TABLE: Table = {**_UP_TO_PLAN, **_FROM_PLAN, **_ANY_TIME, **_BY_THE_SERVICE}

HUMAN_TRIGGERS = tuple(dict.fromkeys(trigger for _, trigger in {**_UP_TO_PLAN, **_FROM_PLAN, **_ANY_TIME}))
"""In the order in which an issue meets them. The others are applied by the service, and nobody can call them."""

AUTOMATIC = ("plan-approved", "plan-returned", "all-actions-verified")
"""Tried after every change of an issue, in the same transaction: what follows by itself."""
