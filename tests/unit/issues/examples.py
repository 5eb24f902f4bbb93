"""Issues to try things on: one that is ready for anything, and the people around it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.issues.adapters.policy_file import shipped_policies
from services.issues.domain.attempt import Attempt
from services.issues.domain.deadlines import Clocks
from services.issues.domain.issue import Action, Cause, Issue, Occurrence, State
from services.issues.domain.part import PartAttempt
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.runtime.actor import Actor, service_actor

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""A Monday morning."""
POLICIES = shipped_policies()
POLICY = POLICIES.in_force
CLOCKS = Clocks(POLICY, DEFAULT_CALENDAR)


def person(name: str, *roles: str) -> Actor:
    return Actor(name, frozenset(roles))


OWNER = person("Chen Jie", "department_liaison")
WORKER = person("Wu Gang", "action_owner")
AUTHOR = person("Zhao Min", "quality_manager")
MANAGER = person("Li Wei", "quality_manager")
STATISTICIAN = person("Sun Na", "statistician")
DIRECTOR = person("Ma Lin", "director")
ADMIN = person("local", "admin")
SERVICE = service_actor("issues")


def occurrence(name: str = "anomaly-1", **changed: Any) -> Occurrence:
    seen = Occurrence(id=name, kind="anomaly", state="open", seen_at=NOW, by="analytics", rule="yield-below-95")
    return replace(seen, **changed)


def action(name: str = "a-1", kind: str = "corrective", state: str = "draft", **changed: Any) -> Action:
    made = Action(
        id=name,
        kind=kind,
        content="Add 50 boundary test cases",
        state=state,
        owner=WORKER.name,
        due_at=NOW + timedelta(days=14),
        expected_effect="yield back above 95 %",
        causes=["c-1"] if kind == "corrective" else [],
    )
    return replace(made, **changed)


def cause(name: str = "c-1", state: str = "verified", **changed: Any) -> Cause:
    stated = Cause(id=name, text="The test cases have gaps", state=state, written_by=OWNER.name, branch="method")
    return replace(stated, **{"root": state == "verified", **changed})


def issue(state: State = State.DETECTED, **changed: Any) -> Issue:
    """An issue as an anomaly opens it, put into a state."""
    opened = Issue(
        id="issue-1",
        number="I-000001",
        title="First-pass yield below 0.95: line=A",
        state=state,
        severity="moderate",
        likelihood="occasional",
        priority="P3",
        source="anomaly",
        indicator="first-pass-yield",
        subject={"line": "A"},
        fingerprint='["first-pass-yield",{"line":"A"},"below"]',
        owner="role:quality_manager",
        reported_by="analytics",
        detected_at=NOW,
        entered_at=NOW,
        due_at=NOW + timedelta(days=100),
        milestone_due_at=NOW + timedelta(days=1),
        policy_version=POLICY.version,
        anomaly_id="anomaly-1",
        evidence=[occurrence()],
    )
    return replace(opened, **changed)


def ready(state: State, **changed: Any) -> Issue:
    """An issue of which every guard about facts holds: all stated, verified and done, by other people than MANAGER."""
    facts: dict[str, Any] = {
        "problem": {"what": "yield fell"},
        "extent": "line A, weeks 46 and 47",
        "method": "five_whys",
        "no_escape_cause": "the inspection found it",
        "standard": "procedure 7.4, version 3",
        "path": "capa",
        "plan": {"authors": [AUTHOR.name], "submitted_by": MANAGER.name, "approved_by": "x", "returned_by": "x"},
        "verdict": {"verdict": "effective", "basis": "stated"},
        "resume_state": "triage",
        "held_at": NOW.isoformat(),
        "held_milestone": None,
        **changed.pop("facts", {}),
    }
    done: dict[str, Any] = {
        "owner": OWNER.name,
        "actions": [action(f"a-{kind}", kind, "verified") for kind in ("containment", "correction", "corrective")],
        "causes": [cause()],
    }
    return issue(state, **{**done, **changed, "facts": facts})


def attempt(on: Issue, trigger: str, actor: Actor = MANAGER, /, *, other: Issue | None = None, **facts: Any) -> Attempt:
    """`other` is the issue that `merge` names."""
    return Attempt(on, trigger, actor, NOW, CLOCKS, facts, other)


def part_attempt(on: Issue, trigger: str, actor: Actor = MANAGER, /, **facts: Any) -> PartAttempt:
    return PartAttempt(on, trigger, actor, NOW, facts)
