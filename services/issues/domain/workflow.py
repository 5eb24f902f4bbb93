"""The workflow of an issue as a table: (state, trigger) → what must hold, where it leads, what is published, who may.

Several ways of one trigger are tried in order; the first whose guards all hold is taken. The table is printed in
`docs/reference/issue-transitions.md`, and a test walks all of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.issues.domain import guards as g
from services.issues.domain.guards import Guard
from services.issues.domain.issue import OPEN, WORKING, State

QM, DL, ST, DIR = "quality_manager", "department_liaison", "statistician", "director"
OWNER = "owner"
"""The issue's owner, whichever role that person holds."""
SERVICE = "service"

SAME: State | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a transition. `to` is None where the state stays; `resume` returns to the state before a hold."""

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
_JUDGES = (g.human_only, g.not_action_owner, g.not_author, g.verdict_stated)
_SIGNS = (g.human_only, g.not_issue_owner, g.not_action_owner, g.not_author, g.no_action_open, g.verdict_confirmed)

TABLE: Table = {
    **_row([State.DETECTED], "accept", [QM, DL], Way(State.TRIAGE, (g.owner_named,), "issue.accepted")),
    **_row([State.TRIAGE], "reject", [QM], Way(State.REJECTED, (g.rejection_reason,), "issue.rejected")),
    **_row([State.DETECTED, State.TRIAGE], "merge", [QM, DL], Way(State.MERGED, (g.target_named,), "issue.merged")),
    **_row(
        [State.TRIAGE],
        "classify-correction",
        [QM, DL],
        Way(State.CORRECTION, (g.problem_stated, g.correction_allowed, g.not_recurrence), "issue.classified"),
    ),
    **_row([State.TRIAGE], "classify-capa", [QM, DL], *_CAPA),
    **_row(
        [State.CORRECTION],
        "confirm-correction",
        [QM, OWNER],
        Way(State.CLOSURE_REVIEW, (g.corrections_verified,), "issue.correction_confirmed"),
    ),
    **_row(
        [State.CORRECTION],
        "upgrade-to-capa",
        [QM, DL],
        *(Way(way.to, (g.reason_given, *way.guards), way.change) for way in _CAPA),
    ),
    **_row(
        [State.CONTAINMENT],
        "confirm-containment",
        [QM, OWNER],
        Way(State.ROOT_CAUSE_ANALYSIS, (g.containment_done, g.extent_confirmed), "issue.contained"),
    ),
    **_row(
        [State.ROOT_CAUSE_ANALYSIS],
        "complete-analysis",
        [QM, OWNER],
        Way(
            State.ACTION_PLANNING,
            (
                g.method_named,
                g.occurrence_cause_verified,
                g.escape_cause_settled,
                g.no_undecided_cause,
                g.no_bare_human_error,
                g.no_containment_unfinished,
            ),
            "issue.analysis_completed",
        ),
    ),
    **_row(
        [State.ACTION_PLANNING],
        "reopen-analysis",
        [QM, OWNER],
        Way(State.ROOT_CAUSE_ANALYSIS, (g.reason_given,), "issue.analysis_reopened"),
    ),
    **_row(
        [State.ACTION_PLANNING],
        "submit-plan",
        [QM, OWNER],
        Way(State.PLAN_APPROVAL, (g.causes_covered, g.actions_complete), "plan.submitted"),
    ),
    **_row(
        [State.PLAN_APPROVAL],
        "vote-approve",
        [QM],
        Way(State.IMPLEMENTATION, (g.human_only, g.not_author), "plan.approved"),
    ),
    **_row(
        [State.PLAN_APPROVAL],
        "vote-return",
        [QM],
        Way(State.ACTION_PLANNING, (g.human_only, g.not_author, g.reason_given), "plan.returned"),
    ),
    **_row(
        [State.PLAN_APPROVAL],
        "withdraw-plan",
        [QM, DL, OWNER],
        Way(State.ACTION_PLANNING, (g.submitter_only, g.reason_given), "plan.withdrawn"),
    ),
    **_row(
        [State.IMPLEMENTATION],
        "revise-plan",
        [QM],
        Way(State.ACTION_PLANNING, (g.reason_given,), "plan.revision_opened"),
    ),
    **_row(
        [State.IMPLEMENTATION],
        "all-actions-verified",
        [SERVICE],
        Way(State.EFFECTIVENESS_MONITORING, (g.all_actions_verified,), "actions.all_verified"),
    ),
    **_row(
        [State.EFFECTIVENESS_MONITORING],
        "begin-review",
        [QM, ST],
        Way(State.EFFECTIVENESS_REVIEW, (g.human_only,), "check.evaluated"),
    ),
    **_row(
        [State.EFFECTIVENESS_REVIEW],
        "confirm-verdict",
        [QM, ST],
        Way(State.STANDARDISATION, (*_JUDGES, g.verdict_effective), "verdict.confirmed"),
        Way(State.ROOT_CAUSE_ANALYSIS, (*_JUDGES, g.verdict_ineffective), "verdict.confirmed", next_cycle=True),
        Way(State.ACTION_PLANNING, (*_JUDGES, g.verdict_partial), "verdict.confirmed", next_cycle=True),
    ),
    **_row(
        [State.STANDARDISATION],
        "complete-standardisation",
        [QM, OWNER],
        Way(State.CLOSURE_REVIEW, (g.standard_recorded,), "standardisation.completed"),
    ),
    **_row([State.CLOSURE_REVIEW], "sign-closure", [QM], Way(State.CLOSED, _SIGNS, "issue.closed")),
    **_row(
        [State.CLOSURE_REVIEW],
        "return-closure",
        [QM, DIR],
        Way(State.CORRECTION, (g.reason_given, g.on_short_path), "closure.returned"),
        Way(State.STANDARDISATION, (g.reason_given,), "closure.returned"),
    ),
    **_row(
        WORKING - {State.PLAN_APPROVAL, State.CLOSURE_REVIEW},
        "hold",
        [QM],
        Way(State.ON_HOLD, (g.reason_given, g.review_date), "issue.held"),
    ),
    **_row([State.ON_HOLD], "resume", [QM], Way(SAME, (), "issue.resumed", resumes=True)),
    **_row(
        OPEN,
        "cancel",
        [QM],
        Way(State.CANCELLED, (g.cancellation_reason, g.reason_given), "issue.cancelled"),
    ),
    **_row(OPEN, "reassign", [QM], Way(SAME, (g.owner_named,), "issue.reassigned")),
    **_row(OPEN, "reclassify", [QM], Way(SAME, (g.severity_known, g.reason_given), "issue.reclassified")),
    **_row([State.CLOSED], "recur", [SERVICE], Way(State.ROOT_CAUSE_ANALYSIS, (), "issue.reopened", next_cycle=True)),
}

TRIGGERS = tuple(dict.fromkeys(trigger for _, trigger in TABLE))
HUMAN_TRIGGERS = tuple(name for name in TRIGGERS if name not in ("all-actions-verified", "recur"))

MILESTONES: Mapping[State, str] = {
    State.DETECTED: "accept",
    State.TRIAGE: "triage",
    State.CONTAINMENT: "containment",
    State.CORRECTION: "correction",
    State.ROOT_CAUSE_ANALYSIS: "analysis",
    State.ACTION_PLANNING: "plan",
    State.PLAN_APPROVAL: "decision",
    State.EFFECTIVENESS_REVIEW: "decision",
    State.STANDARDISATION: "standardise",
    State.CLOSURE_REVIEW: "closure",
}
"""State → the policy's clock that runs in it."""


def table_as_text() -> str:
    """The table as it stands in the documents."""
    lines = ["| from | trigger | who | guards | to | published |", "|---|---|---|---|---|---|"]
    for (state, trigger), transition in sorted(
        TABLE.items(), key=lambda row: (list(State).index(row[0][0]), row[0][1])
    ):
        for way in transition.ways:
            names = ", ".join(f"`{guard.__name__}`" for guard in way.guards) or "–"
            to = "state before the hold" if way.resumes else f"`{way.to}`" if way.to else "same"
            cycle = ", cycle + 1" if way.next_cycle else ""
            who = ", ".join(sorted(transition.roles))
            lines.append(f"| `{state}` | `{trigger}` | {who} | {names} | {to}{cycle} | `{way.change}` |")
    return "\n".join(lines) + "\n"
