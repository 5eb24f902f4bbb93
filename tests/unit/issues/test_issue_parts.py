"""Actions and cause statements: their tables, and who may do what."""

from datetime import timedelta
from typing import Any

import pytest

from services.issues.domain.advance import Refused, Why
from services.issues.domain.cause_statement import add_cause, advance_cause
from services.issues.domain.corrective_action import ACTION_TABLE, KINDS, add_action, advance_action
from services.issues.domain.issue import ENDED, Action, Cause, Issue, State
from services.issues.domain.part import PartChanged
from services.issues.domain.roles import ACTION_OWNER
from shared.runtime.actor import Actor
from tests.unit.issues.examples import (
    ADMIN,
    AUTHOR,
    MANAGER,
    NOW,
    OWNER,
    STATISTICIAN,
    WORKER,
    action,
    cause,
    issue,
    part_attempt,
)

FACTS: dict[str, Any] = {
    "owner": "Sun Na",
    "due_at": (NOW + timedelta(days=3)).isoformat(),
    "text": "half done",
    "reason": "because",
    "evidence": "50 cases, run 812",
    "result": "seen on the line",
}
STATES = ["draft", "planned", "in_progress", "blocked", "implemented", "verified", "cancelled"]


def working(*actions: Action, **changed: Any) -> Issue:
    standing: dict[str, Any] = {"owner": OWNER.name, "actions": actions, "causes": [cause()], **changed}
    return issue(State.IMPLEMENTATION, **standing)


def try_action(one: Action, trigger: str, actor: Actor, **facts: Any) -> PartChanged | Refused:
    return advance_action(part_attempt(working(one), trigger, actor, **facts), one)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("trigger", ACTION_TABLE)
def test_an_action_moves_as_its_table_says(trigger: str, state: str) -> None:
    step = ACTION_TABLE[trigger]
    one = action(kind="containment", state=state, state_before_block="in_progress" if state == "blocked" else None)
    actor = WORKER if ACTION_OWNER in step.roles else MANAGER
    outcome = try_action(one, trigger, actor, **FACTS)
    if state not in step.froms:
        assert isinstance(outcome, Refused)
        assert outcome.why is Why.NOT_IN_THIS_STATE
        return
    assert isinstance(outcome, PartChanged), outcome
    (after,) = outcome.issue.actions
    expected = "in_progress" if trigger == "unblock" else step.to or state
    assert (after.state, outcome.change, outcome.issue.version) == (expected, step.change, 2)
    assert after.notes[-1]["did"] == trigger


@pytest.mark.parametrize("trigger", ACTION_TABLE)
def test_an_administrator_may_nothing_with_actions(trigger: str) -> None:
    one = action(kind="containment", state=ACTION_TABLE[trigger].froms[0])
    outcome = try_action(one, trigger, ADMIN, **FACTS)
    assert isinstance(outcome, Refused)
    assert outcome.why is Why.NOT_YOUR_ROLE


@pytest.mark.parametrize(
    ("one", "trigger", "actor", "facts", "guard"),
    [
        (action(state="draft"), "assign", OWNER, FACTS, "kind_fits"),
        (action(kind="containment"), "assign", OWNER, {"owner": "Sun Na"}, "facts_given"),
        (action(state="in_progress"), "report-implemented", WORKER, {}, "facts_given"),
        (action(state="in_progress", target_quantity=50), "report-implemented", WORKER, {"evidence": "x", "done_quantity": 49}, "quantity_reached"),
        (action(state="in_progress", target_quantity=50), "note-progress", WORKER, {"text": "x", "done_quantity": 51}, "quantity_planned"),
        (action(state="implemented", owner=MANAGER.name), "verify", MANAGER, FACTS, "not_own_action"),
        (action(state="implemented", reported_by=MANAGER.name), "verify", MANAGER, FACTS, "not_own_action"),
        (action(state="implemented", former_owners=[MANAGER.name]), "send-back", MANAGER, FACTS, "not_own_action"),
        (action(state="planned", owner=MANAGER.name), "cancel-action", MANAGER, FACTS, "not_own_action"),
    ],
)  # fmt: skip
def test_guards_of_actions(one: Action, trigger: str, actor: Actor, facts: dict[str, Any], guard: str) -> None:
    outcome = try_action(one, trigger, actor, **facts)
    assert isinstance(outcome, Refused)
    assert (outcome.why, outcome.guard) == (Why.GUARD, guard)


def test_fifty_of_fifty_is_done() -> None:
    one = action(state="in_progress", target_quantity=50, done_quantity=49)
    outcome = try_action(one, "report-implemented", WORKER, evidence="run 812", done_quantity=50)
    assert isinstance(outcome, PartChanged)
    assert outcome.issue.actions[0].reported_by == WORKER.name


def test_only_a_draft_is_cancelled_by_the_owner_of_the_issue() -> None:
    assert isinstance(try_action(action(), "cancel-action", OWNER, reason="no need"), PartChanged)
    planned = try_action(action(state="planned"), "cancel-action", OWNER, reason="no need")
    assert isinstance(planned, Refused)
    assert planned.why is Why.NOT_YOUR_ROLE


def test_a_former_owner_stays_on_record() -> None:
    outcome = try_action(action(state="planned"), "reassign-action", OWNER, owner="Sun Na")
    assert isinstance(outcome, PartChanged)
    assert (outcome.issue.actions[0].owner, list(outcome.issue.actions[0].former_owners)) == ("Sun Na", [WORKER.name])


@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_moves_in_an_issue_that_has_ended(state: State) -> None:
    ended = issue(state, owner=OWNER.name, actions=[action(state="planned")], causes=[cause(state="hypothesis")])
    tried = [
        advance_action(part_attempt(ended, "start", WORKER), ended.actions[0]),
        advance_cause(part_attempt(ended, "verify", MANAGER, method="trial", evidence="run 1"), ended.causes[0]),
        add_action(part_attempt(ended, "add-action", OWNER), action()),
        add_cause(part_attempt(ended, "add-cause", OWNER), cause()),
    ]
    assert [isinstance(outcome, Refused) for outcome in tried] == [True] * 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", sorted(State))
def test_a_kind_of_action_is_added_in_its_states_only(kind: str, state: State) -> None:
    standing = issue(state, owner=OWNER.name, cycle=2)
    outcome = add_action(part_attempt(standing, "add-action", OWNER), action(kind=kind, causes=[]))
    assert isinstance(outcome, PartChanged) is (state in KINDS[kind])
    if isinstance(outcome, PartChanged):
        assert outcome.issue.actions[0].cycle == 2
        assert outcome.issue.facts.get("plan_authors", []) == (
            [OWNER.name] if kind in ("corrective", "preventive") else []
        )


def test_an_action_names_causes_that_there_are() -> None:
    planning = issue(State.ACTION_PLANNING, owner=OWNER.name, causes=[cause()])
    assert isinstance(add_action(part_attempt(planning, "add-action", OWNER), action()), PartChanged)
    unknown = add_action(part_attempt(planning, "add-action", OWNER), action(causes=["c-9"]))
    assert isinstance(unknown, Refused)
    assert unknown.guard == "causes_known"


def test_whoever_changes_a_drafted_plan_is_one_of_its_authors() -> None:
    planning = issue(State.ACTION_PLANNING, owner=OWNER.name, actions=[action()], facts={"plan_authors": ["Zhao Min"]})
    outcome = advance_action(part_attempt(planning, "reassign-action", OWNER, owner="Sun Na"), planning.actions[0])
    assert isinstance(outcome, PartChanged)
    assert outcome.issue.facts["plan_authors"] == sorted([AUTHOR.name, OWNER.name])


def analysed(*causes: Cause, state: State = State.ROOT_CAUSE_ANALYSIS) -> Issue:
    return issue(state, owner=OWNER.name, causes=causes)


def decide_on(one: Cause, trigger: str, actor: Actor = STATISTICIAN, **facts: Any) -> PartChanged | Refused:
    return advance_cause(part_attempt(analysed(one), trigger, actor, **facts), one)


def test_a_cause_is_verified_by_somebody_else_with_method_and_evidence() -> None:
    stated = cause(state="hypothesis", root=False)
    done = decide_on(stated, "verify", method="trial run", evidence="run 812", root=True)
    assert isinstance(done, PartChanged)
    (after,) = done.issue.causes
    assert (after.state, after.root, after.decided_by, done.change) == (
        "verified",
        True,
        STATISTICIAN.name,
        "cause.verified",
    )
    own = decide_on(stated, "verify", OWNER, method="trial run", evidence="run 812")
    assert isinstance(own, Refused)
    assert own.guard == "verifier_not_proposer"
    bare = decide_on(stated, "verify", method="trial run")
    assert isinstance(bare, Refused)
    assert bare.guard == "facts_given"


def test_a_refuted_cause_is_no_root_and_stays_on_record() -> None:
    done = decide_on(cause(), "refute", method="trial run", evidence="run 813")
    assert isinstance(done, PartChanged)
    assert [(one.state, one.root) for one in done.issue.causes] == [("refuted", False)]
    again = decide_on(cause(state="refuted", root=False), "verify", method="trial run", evidence="run 814")
    assert isinstance(again, Refused)
    assert again.why is Why.NOT_IN_THIS_STATE


@pytest.mark.parametrize("state", sorted(State))
def test_causes_are_stated_during_analysis_and_decided_until_the_plan_is_submitted(state: State) -> None:
    standing = analysed(cause(state="hypothesis"), state=state)
    stated = add_cause(part_attempt(standing, "add-cause", OWNER), cause("c-2", "hypothesis", answers_why_of="c-1"))
    decided = advance_cause(part_attempt(standing, "refute", MANAGER, method="m", evidence="e"), standing.causes[0])
    assert isinstance(stated, PartChanged) is (state in (State.CONTAINMENT, State.ROOT_CAUSE_ANALYSIS))
    assert isinstance(decided, PartChanged) is (
        state in (State.CONTAINMENT, State.ROOT_CAUSE_ANALYSIS, State.ACTION_PLANNING)
    )


def test_a_why_answers_a_cause_that_there_is() -> None:
    outcome = add_cause(part_attempt(analysed(), "add-cause", OWNER), cause("c-2", answers_why_of="c-1"))
    assert isinstance(outcome, Refused)
    assert outcome.guard == "cause_known"
