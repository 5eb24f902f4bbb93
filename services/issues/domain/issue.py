"""The issue: one nonconformity with an owner, a deadline and a workflow."""

from collections.abc import Iterable, Mapping, Sequence
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

PLANNED_KINDS = ("corrective", "preventive")
"""Kinds of action that a plan consists of, and that are carried out once it is approved."""

ENDED_ACTIONS = frozenset({"verified", "cancelled"})
_RUNNING_ACTIONS = frozenset({"planned", "in_progress", "blocked"})


@dataclass(frozen=True, slots=True)
class Action:
    """A corrective action: a piece of work of an issue.

    Attributes:
        kind: `containment`, `correction`, `corrective` or `preventive`.
        expected_effect: what it is to achieve, in words.
        target_quantity, done_quantity: where the work can be counted; None where it cannot.
        causes: ids of the cause statements that it is to remove.
        cycle: the cycle of the issue in which it was drafted.
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
    cycle: int = 1
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
        method, evidence: how it was verified or refuted, and by what.
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
    method: str | None = None
    evidence: str | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that the trouble was seen: an anomaly, or a person's report.

    Attributes:
        id: the anomaly's, or that of the report.
        kind: `anomaly` or `report`.
        state: of the anomaly as it now stands: `open`, `cleared` or `withdrawn`; a report is `open`.
        evidence_until: UTC; what it rests on ends here. None for a report.
    """

    id: str
    kind: str
    state: str
    seen_at: datetime
    by: str
    reason: str | None = None
    rule: str | None = None
    evidence_until: datetime | None = None
    values: Sequence[Mapping[str, Any]] = ()
    problem: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Something else that the issue belongs to; `id` is an issue's or a goal's.

    Attributes:
        kind: `recurrence_of`, `earlier_issue`, `merged_into`, `merged_from` or `goal`.
    """

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Told:
    """What has been told of a clock that has run out.

    Attributes:
        due_at: the deadline it was told of; a clock that has moved since starts anew.
        level: working days late, a level of the policy's escalation.
        next_at: when the next level is due, UTC; None after the last.
    """

    due_at: datetime
    level: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as it stands.

    Attributes:
        owner: a person's name, or `role:<role>`.
        due_at: deadline of the whole case, UTC. `milestone_due_at` is that of the present state, None where no clock runs.
        ended_at: UTC; None while it is open.
        goal_id: the goal whose miss it is about, if there is one.
        told: clock → what has been told of its running out.
        facts: what triggers have left behind: problem, plan, verdict, hold, earlier cycles; JSON values only.
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
    ended_at: datetime | None = None
    cycle: int = 1
    version: int = 1
    former_owners: Sequence[str] = ()
    evidence: Sequence[Occurrence] = ()
    actions: Sequence[Action] = ()
    causes: Sequence[Cause] = ()
    links: Sequence[Link] = ()
    told: Mapping[str, Told] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def occurrences(self) -> int:
        """How often the trouble was seen."""
        return len(self.evidence)

    @property
    def evidence_withdrawn(self) -> bool:
        """Whether restated data have undone everything that the issue rests on."""
        return all(occurrence.state == "withdrawn" for occurrence in self.evidence)

    @property
    def clocks(self) -> Mapping[str, datetime]:
        """Clock → when it runs out. `case` is the whole case; the present state's clock bears the state's name.

        Watching the effect takes as long as it takes: the case's clock stands still there, and on hold.
        """
        if not self.is_open:
            return {}
        milestone = {} if self.milestone_due_at is None else {self.state.value: self.milestone_due_at}
        if self.state in (State.ON_HOLD, State.EFFECTIVENESS_MONITORING):
            return milestone
        return {"case": self.due_at, **milestone}

    @property
    def action_clocks(self) -> Mapping[str, datetime]:
        """`action <id>` → due date, of the actions that are being carried out."""
        if not self.is_open or self.state is State.ON_HOLD:
            return {}
        running = [action for action in self.actions if action.state in _RUNNING_ACTIONS]
        return {f"action {action.id}": action.due_at for action in running if action.due_at is not None}

    @property
    def overdue_from(self) -> datetime | None:
        """The moment after which the issue is overdue, UTC; None while no clock runs."""
        return _earliest(self.clocks.values())

    def is_overdue(self, now: datetime) -> bool:
        """Derived, never stored: the case's or the present state's clock has run out."""
        return self.overdue_from is not None and now > self.overdue_from

    @property
    def look_at(self) -> datetime | None:
        """When something about its deadlines is to be told next, UTC; None if nothing ever is."""
        upcoming = [self._next_look(clock, due) for clock, due in {**self.clocks, **self.action_clocks}.items()]
        return _earliest(moment for moment in upcoming if moment is not None)

    def _next_look(self, clock: str, due_at: datetime) -> datetime | None:
        told = self.told.get(clock)
        return due_at if told is None or told.due_at != due_at else told.next_at


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


def _earliest(moments: Iterable[datetime]) -> datetime | None:
    return min(moments, default=None)
