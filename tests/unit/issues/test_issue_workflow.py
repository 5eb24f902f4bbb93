"""The workflow's table: every pair of state and trigger, every way through it, and what holds whatever is tried."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.issues.domain.advance import Advanced, Refused, Why, advance, allowed_triggers
from services.issues.domain.issue import ENDED, OPEN, Issue, Link, State
from services.issues.domain.roles import OWNER as OWNER_OF_ISSUE
from services.issues.domain.roles import SERVICE as BY_SERVICE
from services.issues.domain.workflow import AUTOMATIC, HUMAN_TRIGGERS, TABLE, Way
from tests.unit.issues.examples import (
    ADMIN,
    AUTHOR,
    DIRECTOR,
    MANAGER,
    NOW,
    OWNER,
    SERVICE,
    STATISTICIAN,
    WORKER,
    attempt,
    issue,
    ready,
)
from tools.reference import issue_transitions
from tools.reference.document import ROOT

TRIGGERS = sorted({trigger for _, trigger in TABLE})
FACTS: dict[str, Any] = {
    "owner": "Chen Jie",
    "reason": "because",
    "severity": "major",
    "evidence": "94.1 % before, 97.3 % after",
    "review_on": (NOW + timedelta(days=7)).isoformat(),
}
ELSEWHERE = replace(issue(), id="issue-2", number="I-000002")

CHOICES: dict[tuple[str, State | None], tuple[dict[str, Any], dict[str, Any]]] = {
    ("reject", State.REJECTED): ({"reason_code": "false_signal"}, {}),
    ("cancel", State.CANCELLED): ({"reason_code": "withdrawn"}, {}),
    ("classify-capa", State.ROOT_CAUSE_ANALYSIS): ({"skip_reason": "nothing was shipped"}, {"actions": []}),
    ("upgrade-to-capa", State.ROOT_CAUSE_ANALYSIS): ({"skip_reason": "nothing was shipped"}, {"actions": []}),
    ("confirm-verdict", State.STANDARDISATION): ({"verdict": "effective"}, {}),
    ("confirm-verdict", None): ({"verdict": "partially_effective"}, {}),
    ("confirm-verdict", State.ROOT_CAUSE_ANALYSIS): ({"verdict": "ineffective"}, {}),
    ("confirm-verdict", State.EFFECTIVENESS_MONITORING): ({"verdict": "inconclusive"}, {}),
    ("improve-further", State.ACTION_PLANNING): ({}, {"facts": {"verdict": {"verdict": "partially_effective"}}}),
    ("return-closure", State.CORRECTION): ({}, {"facts": {"path": "correction"}}),
    ("return-closure", State.STANDARDISATION): ({"target": "standardisation"}, {}),
    ("return-closure", State.EFFECTIVENESS_REVIEW): ({"target": "effectiveness_review"}, {}),
    ("return-closure", State.ACTION_PLANNING): ({"target": "action_planning"}, {}),
}
"""What one way of several needs besides FACTS and an issue that is ready: facts to send, and how the issue stands."""

WAYS = [
    pytest.param(state, trigger, way, id=f"{state} {trigger} {way.to}")
    for (state, trigger), transition in TABLE.items()
    for way in transition.ways
]


def taken(state: State, trigger: str, way: Way) -> tuple[Issue, Advanced | Refused]:
    facts, standing = CHOICES.get((trigger, way.to), ({}, {}))
    before = ready(state, **dict(standing))
    actor = SERVICE if BY_SERVICE in TABLE[state, trigger].roles else MANAGER
    return before, advance(attempt(before, trigger, actor, other=ELSEWHERE, **{**FACTS, **facts}))


@pytest.mark.parametrize(("state", "trigger", "way"), WAYS)
def test_every_way_can_be_taken(state: State, trigger: str, way: Way) -> None:
    before, outcome = taken(state, trigger, way)
    assert isinstance(outcome, Advanced), outcome
    after = outcome.issue
    expected = State(before.facts["resume_state"]) if way.resumes else way.to or state
    assert (after.state, outcome.change, after.version) == (expected, way.change, before.version + 1)
    assert after.cycle == before.cycle + way.next_cycle
    assert (after.ended_at is not None) == (after.state in ENDED)


@pytest.mark.parametrize(("state", "trigger"), [pair for pair in product(State, TRIGGERS) if pair not in TABLE])
def test_a_pair_that_is_not_in_the_table_is_refused_for_everybody(state: State, trigger: str) -> None:
    for actor in (MANAGER, SERVICE):
        refused = advance(attempt(ready(state), trigger, actor, **FACTS))
        assert isinstance(refused, Refused)
        assert refused.why is Why.NOT_IN_THIS_STATE
        assert refused.allowed == allowed_triggers(ready(state), actor)


@pytest.mark.parametrize(("state", "trigger"), list(TABLE))
def test_only_the_roles_of_the_table_may(state: State, trigger: str) -> None:
    roles = TABLE[state, trigger].roles
    for actor in (MANAGER, OWNER, STATISTICIAN, DIRECTOR, WORKER, ADMIN, SERVICE):
        theirs = bool(actor.roles & roles) or (OWNER_OF_ISSUE in roles and actor is OWNER)
        outcome = advance(attempt(ready(state), trigger, actor, **FACTS))
        refused_by_role = isinstance(outcome, Refused) and outcome.why is Why.NOT_YOUR_ROLE
        assert refused_by_role is not theirs, actor
        assert (trigger in allowed_triggers(ready(state), actor)) == (theirs and trigger in HUMAN_TRIGGERS), actor


def test_an_administrator_has_no_trigger_anywhere() -> None:
    assert {allowed_triggers(ready(state), ADMIN) for state in State} == {()}


def test_every_state_but_the_ends_has_a_way_out_and_every_state_can_be_reached() -> None:
    reached = {way.to for transition in TABLE.values() for way in transition.ways}
    assert reached >= set(State) - {State.DETECTED}
    assert {state for state, _ in TABLE} == OPEN | {State.CLOSED}


def test_nobody_can_call_what_the_service_applies() -> None:
    served = {trigger for (_, trigger), transition in TABLE.items() if transition.roles == {BY_SERVICE}}
    assert served == {*AUTOMATIC, "recur"}
    assert served.isdisjoint(HUMAN_TRIGGERS)


def test_the_reference_shows_the_table_as_it_is() -> None:
    (document,) = issue_transitions.documents()
    assert (ROOT / document.path).read_text(encoding="utf-8") == document.text


def test_a_refusal_names_the_guard_of_the_way_that_came_furthest() -> None:
    refused = advance(attempt(issue(State.TRIAGE), "classify-capa", problem={"what": "yield fell"}))
    assert isinstance(refused, Refused)
    assert (refused.why, refused.guard) == (Why.GUARD, "containment_skippable")
    assert "skip_reason" in refused.missing
    assert "classify-correction" in refused.allowed


def test_the_next_cycle_keeps_the_one_before_whole_and_begins_without_its_plan() -> None:
    _, outcome = taken(State.CLOSED, "recur", TABLE[State.CLOSED, "recur"].ways[0])
    assert isinstance(outcome, Advanced)
    facts = outcome.issue.facts
    assert facts["earlier_cycles"][0]["cycle"] == 1
    assert facts["earlier_cycles"][0]["verdict"]["verdict"] == "effective"
    assert "plan" not in facts
    assert "verdict" not in facts
    assert facts["path"] == "capa"


def test_reassigning_keeps_the_former_owner() -> None:
    first = advance(attempt(issue(), "accept", owner="Chen Jie"))
    assert isinstance(first, Advanced)
    second = advance(attempt(first.issue, "reassign", owner="Sun Na"))
    assert isinstance(second, Advanced)
    assert (second.issue.owner, list(second.issue.former_owners)) == ("Sun Na", ["Chen Jie"])


def test_a_merged_issue_says_into_which() -> None:
    merged = advance(attempt(issue(), "merge", other=ELSEWHERE))
    assert isinstance(merged, Advanced)
    assert list(merged.issue.links) == [Link("merged_into", "issue-2")]


facts_sent = st.fixed_dictionaries(
    {},
    optional={
        "owner": st.sampled_from(["Chen Jie", "Li Wei", "role:quality_manager"]),
        "reason": st.just("because"),
        "reason_code": st.sampled_from(["false_signal", "withdrawn", "whim"]),
        "severity": st.sampled_from(["minor", "critical", "unheard-of"]),
        "likelihood": st.sampled_from(["unlikely", "frequent"]),
        "problem": st.just({"what": "yield fell"}),
        "skip_reason": st.just("nothing was shipped"),
        "extent": st.just("line A"),
        "method": st.sampled_from(["fishbone", "dice"]),
        "no_escape_cause": st.just("found at once"),
        "verdict": st.sampled_from(["effective", "partially_effective", "ineffective", "inconclusive", "good"]),
        "evidence": st.just("94.1 % → 97.3 %"),
        "standard": st.just("procedure 7.4"),
        "target": st.sampled_from(["standardisation", "effectiveness_review", "action_planning"]),
        "review_on": st.sampled_from([NOW + timedelta(days=3), NOW + timedelta(days=300)]).map(lambda m: m.isoformat()),
    },
)
tries = st.tuples(
    st.sampled_from(TRIGGERS), st.sampled_from([MANAGER, OWNER, AUTHOR, STATISTICIAN, DIRECTOR, SERVICE]), facts_sent
)


@settings(deadline=None)
@given(start=st.sampled_from(State), moves=st.lists(tries, max_size=30))
def test_whatever_is_tried_the_issue_stays_sound(start: State, moves: list[tuple[str, Any, dict[str, Any]]]) -> None:
    current = ready(start)
    for trigger, actor, facts in moves:
        outcome = advance(attempt(current, trigger, actor, other=ELSEWHERE, **facts))
        if isinstance(outcome, Refused):
            assert set(outcome.allowed) == set(allowed_triggers(current, actor))
            continue
        after = outcome.issue
        assert after.state in set(State)
        assert after.version == current.version + 1
        assert after.cycle in (current.cycle, current.cycle + 1)
        assert (after.ended_at is not None) == (after.state in ENDED)
        assert set(current.former_owners) <= set(after.former_owners)
        assert current.state not in ENDED or trigger == "recur"
        current = after
