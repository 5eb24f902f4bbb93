"""The workflow of issues: every state and trigger, the documents, and the ways that people take most."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.issues.adapters.policy_file import shipped_policies
from services.issues.domain.advance import Advanced, Refused, Why, advance, allowed_triggers
from services.issues.domain.attempt import Attempt
from services.issues.domain.deadlines import Clocks
from services.issues.domain.fingerprint import Opening, decide, fingerprint_of
from services.issues.domain.issue import Action, Cause, Issue, Occurrence, State
from services.issues.domain.opening import Identity, Trouble, open_issue
from services.issues.domain.routing import Route, Routing
from services.issues.domain.workflow import HUMAN_TRIGGERS, TABLE
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.runtime.actor import Actor

TRIGGERS = tuple(dict.fromkeys(trigger for _, trigger in TABLE))
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
POLICY = shipped_policies().in_force
CLOCKS = Clocks(POLICY, DEFAULT_CALENDAR)
EVERY_ROLE = frozenset(role for row in TABLE.values() for role in row.roles)
MANAGER = Actor("Li Wei", frozenset({"quality_manager"}))
SIGN = Occurrence("a-0", "anomaly", "open", MONDAY, "analytics")
PROBLEM = {"what": "threads are cut too deep"}


def issue(severity: str = "major", **facts: Any) -> Issue:
    trouble = Trouble(
        title="First-pass yield below target",
        source="anomaly",
        severity=severity,
        fingerprint=fingerprint_of("first-pass-yield", {"line": "A"}, "below"),
        indicator="first-pass-yield",
        subject={"line": "A"},
        occurrence=SIGN,
        facts=facts,
    )
    routing = Routing(1, [Route("Chen Jie", "first-pass-yield", {"line": "A"})])
    return open_issue(trouble, Identity("i-1", "I-000001"), routing=routing, clocks=CLOCKS, now=MONDAY)


def go(found: Issue, trigger: str, actor: Actor = MANAGER, **facts: Any) -> Issue:
    outcome = advance(Attempt(found, trigger, actor, MONDAY, CLOCKS, facts))
    assert isinstance(outcome, Advanced), outcome
    return outcome.issue


def refusal(found: Issue, trigger: str, actor: Actor = MANAGER, facts: Mapping[str, Any] | None = None) -> Refused:
    outcome = advance(Attempt(found, trigger, actor, MONDAY, CLOCKS, facts or {}))
    assert isinstance(outcome, Refused)
    return outcome


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_trigger_that_the_table_does_not_have_is_refused_with_what_is_allowed(state: State, trigger: str) -> None:
    found = replace(
        issue(), state=state, facts={"resume_state": "triage", "held_at": MONDAY.isoformat(), "held_milestone": None}
    )
    actor = Actor("anybody", EVERY_ROLE)
    outcome = advance(Attempt(found, trigger, actor, MONDAY, CLOCKS, {}))
    if (state, trigger) not in TABLE:
        assert isinstance(outcome, Refused)
        assert outcome.why is Why.NOT_IN_THIS_STATE
        assert trigger not in outcome.allowed
    elif isinstance(outcome, Advanced):
        assert outcome.issue.version == found.version + 1
        assert outcome.issue.state in State
    else:
        assert outcome.why is Why.GUARD
        assert outcome.guard


@pytest.mark.parametrize(("state", "trigger"), sorted(TABLE))
def test_a_viewer_may_do_nothing(state: State, trigger: str) -> None:
    viewer = Actor("Guest", frozenset({"viewer"}))
    assert refusal(replace(issue(), state=state, owner="somebody"), trigger, viewer).why is Why.NOT_YOUR_ROLE


def test_an_admin_has_no_business_trigger() -> None:
    assert allowed_triggers(issue(), Actor("local", frozenset({"admin"}))) == ()


def test_every_state_but_the_ends_has_a_way_out() -> None:
    stuck = {state for state in State if not any(row[0] is state for row in TABLE)}
    assert stuck == {State.REJECTED, State.MERGED, State.CANCELLED}


def test_severity_and_likelihood_give_priority_and_deadlines() -> None:
    found = issue("major")
    assert (found.priority, found.owner) == ("P2", "Chen Jie")
    assert found.milestone_due_at == MONDAY + timedelta(hours=4)
    assert found.due_at > MONDAY + timedelta(days=80)


def test_accepting_needs_an_owner() -> None:
    nobody = replace(issue(), owner="role:quality_manager")
    assert refusal(nobody, "accept").guard == "owner_named"
    assert go(issue(), "accept", owner="Chen Jie").state is State.TRIAGE


def test_a_small_matter_takes_the_short_path_to_closure() -> None:
    found = go(go(issue("minor"), "accept", owner="Chen Jie"), "classify-correction", problem=PROBLEM)
    assert found.state is State.CORRECTION
    assert refusal(found, "confirm-correction").guard == "corrections_verified"
    corrected = replace(found, actions=[Action("a", "correction", "rework the batch", "verified", owner="Chen Jie")])
    review = go(corrected, "confirm-correction")
    assert refusal(review, "sign-closure", Actor("Chen Jie", frozenset({"quality_manager"}))).guard == "not_issue_owner"
    assert go(review, "sign-closure").state is State.CLOSED


def test_a_grave_matter_may_not_take_the_short_path() -> None:
    triaged = go(issue("major"), "accept", owner="Chen Jie")
    assert refusal(triaged, "classify-correction", facts={"problem": PROBLEM}).guard == "correction_allowed"


def through_analysis() -> Issue:
    found = go(go(issue("major"), "accept", owner="Chen Jie"), "classify-capa", problem=PROBLEM)
    assert found.state is State.CONTAINMENT
    contained = replace(found, actions=[Action("c", "containment", "stop the line", "implemented", owner="Wu")])
    analysing = go(contained, "confirm-containment", extent="412 pieces of batch 7")
    assert refusal(analysing, "complete-analysis", facts={"method": "five_whys"}).guard == "occurrence_cause_verified"
    cause = Cause("k", "worn tap", "verified", "Wu", root=True)
    return go(
        replace(analysing, causes=[cause]), "complete-analysis", method="five_whys", no_escape_cause="seen at once"
    )


def with_plan(found: Issue, state: str = "draft") -> Issue:
    action = Action("a", "corrective", "change taps by count", state, "Wu", MONDAY, "yield back to 97 %", causes=["k"])
    return replace(found, actions=[replace(found.actions[0], state="verified"), action])


def test_a_cure_is_planned_approved_carried_out_proved_and_signed() -> None:
    planned = with_plan(through_analysis())
    assert refusal(through_analysis(), "submit-plan").guard == "causes_covered"
    submitted = go(planned, "submit-plan")
    assert refusal(submitted, "vote-approve").guard == "not_author"
    other = Actor("Zhao", frozenset({"quality_manager"}))
    service = Actor("issues", frozenset({"service"}))
    approved = go(go(submitted, "vote-approve", other), "plan-approved", service)
    assert [action.state for action in approved.actions if action.kind == "corrective"] == ["planned"]

    done = with_plan(approved, "verified")
    monitored = go(done, "all-actions-verified", Actor("issues", frozenset({"service"})))
    judge = Actor("Sun", frozenset({"statistician"}))
    review = go(monitored, "begin-review", judge)
    evidence = {"verdict": "effective", "evidence": "92 % before, 97 % after"}
    assert refusal(review, "confirm-verdict", Actor("Wu", judge.roles), evidence).guard == "not_action_owner"
    standard = go(review, "confirm-verdict", judge, **evidence)
    assert standard.facts["verdict"]["basis"] == "stated"
    closed = go(go(standard, "complete-standardisation", standard="WI-12 v3"), "sign-closure", other)
    assert closed.state is State.CLOSED


def test_a_cure_that_failed_begins_a_new_cycle() -> None:
    review = replace(with_plan(through_analysis(), "verified"), state=State.EFFECTIVENESS_REVIEW)
    judge = Actor("Sun", frozenset({"statistician"}))
    again = go(review, "confirm-verdict", judge, verdict="ineffective", evidence="92 % before and after")
    assert (again.state, again.cycle) == (State.ROOT_CAUSE_ANALYSIS, 2)


def test_a_hold_stops_the_clocks() -> None:
    triaged = go(issue(), "accept", owner="Chen Jie")
    held = go(triaged, "hold", reason="waiting for the supplier", review_on=(MONDAY + timedelta(days=5)).isoformat())
    assert not held.is_overdue(MONDAY + timedelta(days=4))
    later = MONDAY + timedelta(days=10)
    outcome = advance(Attempt(held, "resume", MANAGER, later, CLOCKS, {}))
    assert isinstance(outcome, Advanced)
    assert (outcome.issue.state, outcome.issue.due_at - triaged.due_at) == (State.TRIAGE, timedelta(days=10))


@pytest.mark.parametrize(
    ("state", "closed_days_ago", "known", "expected"),
    [
        (None, 0, False, Opening.OPEN),
        (State.DETECTED, 0, False, Opening.ADD_OCCURRENCE),
        (State.DETECTED, 0, True, Opening.REFRESH),
        (State.CLOSED, 45, False, Opening.REOPEN),
        (State.CLOSED, 120, False, Opening.RECUR),
        (State.REJECTED, 0, False, Opening.OPEN),
    ],
)
def test_the_newest_issue_of_a_fingerprint_decides(
    state: State | None, closed_days_ago: int, known: bool, expected: Opening
) -> None:
    sign = replace(SIGN, id="a-0" if known else "a-1")
    ended_at = MONDAY - timedelta(days=closed_days_ago)
    newest = None if state is None else replace(issue(), state=state, ended_at=ended_at)
    assert decide(sign, newest, policy=POLICY, now=MONDAY).opening is expected


@given(st.lists(st.sampled_from(HUMAN_TRIGGERS), max_size=30))
def test_no_sequence_of_triggers_leaves_the_table(triggers: list[str]) -> None:
    found = issue("minor")
    facts = {
        "owner": "Chen Jie", "reason": "because", "reason_code": "withdrawn", "problem": PROBLEM, "target": "i-2",
        "severity": "moderate", "skip_reason": "none made", "review_on": MONDAY.isoformat(), "standard": "WI-12",
    }  # fmt: skip
    for trigger in triggers:
        outcome = advance(Attempt(found, trigger, Actor("Li Wei", EVERY_ROLE), MONDAY, CLOCKS, facts))
        if isinstance(outcome, Advanced):
            assert outcome.issue.version == found.version + 1
            found = outcome.issue
