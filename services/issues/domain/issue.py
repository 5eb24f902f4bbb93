"""The issue: one nonconformity with an owner, a deadline and a workflow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Where an issue stands; section 4.1 of the workflow."""

    DETECTED = "detected"
    TRIAGE = "triage"
    CONTAINMENT = "containment"
    CORRECTION = "correction"
    ROOT_CAUSE_ANALYSIS = "root_cause_analysis"
    ACTION_PLANNING = "action_planning"
    PLAN_APPROVAL = "plan_approval"
    IMPLEMENTATION = "implementation"
    EFFECTIVENESS_MONITORING = "effectiveness_monitoring"
    EFFECTIVENESS_REVIEW = "effectiveness_review"
    STANDARDISATION = "standardisation"
    CLOSURE_REVIEW = "closure_review"
    CLOSED = "closed"
    ON_HOLD = "on_hold"
    REJECTED = "rejected"
    MERGED = "merged"
    CANCELLED = "cancelled"


ENDED = frozenset({State.CLOSED, State.REJECTED, State.MERGED, State.CANCELLED})
OPEN = frozenset(State) - ENDED
WORKING = OPEN - {State.DETECTED, State.ON_HOLD}


@dataclass(frozen=True, slots=True)
class Action:
    """A corrective action: a piece of work of an issue.

    Attributes:
        kind: `containment`, `correction`, `corrective` or `preventive`.
        expected_effect: what it is to achieve, in words.
        target_quantity, done_quantity: where the work can be counted; None where it cannot.
        former_owners: everyone who ever owned it, for the separation of duties.
    """

    id: str
    kind: str
    content: str
    state: str
    owner: str | None = None
    due_at: datetime | None = None
    expected_effect: str | None = None
    target_quantity: float | None = None
    done_quantity: float = 0.0
    causes: Sequence[str] = ()
    former_owners: Sequence[str] = ()
    reported_by: str | None = None
    state_before_block: str | None = None
    notes: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """A statement of cause: `hypothesis`, `verified` or `refuted`.

    Attributes:
        point: `occurrence` (why it arose) or `escape` (why it was not caught).
        answers_why_of: the cause of which this is the deeper why.
    """

    id: str
    text: str
    state: str
    written_by: str
    branch: str | None = None
    point: str = "occurrence"
    code: str | None = None
    root: bool = False
    answers_why_of: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as it stands.

    Attributes:
        owner: a person's name, or `role:<role>`.
        due_at: deadline of the whole case, UTC. `milestone_due_at` is that of the present state, None where no clock runs.
        facts: what triggers have left behind: problem, plan, verdict, hold, links; JSON values only.
    """

    id: str
    number: str
    title: str
    state: State
    severity: str
    likelihood: str
    priority: str
    source: str
    indicator: str | None
    subject: Mapping[str, str]
    fingerprint: str
    owner: str
    reported_by: str
    detected_at: datetime
    entered_at: datetime
    due_at: datetime
    milestone_due_at: datetime | None
    policy_version: int
    anomaly_id: str | None = None
    goal_id: str | None = None
    occurrences: int = 1
    cycle: int = 1
    version: int = 1
    owner_named: bool = False
    overdue_told_at: datetime | None = None
    former_owners: Sequence[str] = ()
    actions: Sequence[Action] = ()
    causes: Sequence[Cause] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def is_overdue(self, now: datetime) -> bool:
        """Derived, never stored: the case or the present state's clock has run out."""
        if not self.is_open or self.state is State.ON_HOLD:
            return False
        return now > self.due_at or (self.milestone_due_at is not None and now > self.milestone_due_at)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of an issue's history; lines are only ever added."""

    issue_id: str
    version: int
    at: datetime
    actor: str
    trigger: str
    change: str
    from_state: str | None
    to_state: str
    reason: str | None
    policy_version: int
    details: Mapping[str, Any]
