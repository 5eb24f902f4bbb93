"""Guards, each where it holds and where it does not: the facts, and the separation of duties."""

from datetime import timedelta
from typing import Any

import pytest

from services.issues.domain import duties, guards
from services.issues.domain.attempt import Attempt
from services.issues.domain.guards import Guard
from services.issues.domain.issue import Issue, Link, State
from tests.unit.issues.examples import (
    AUTHOR,
    MANAGER,
    NOW,
    OWNER,
    SERVICE,
    WORKER,
    action,
    attempt,
    cause,
    issue,
    ready,
)

LATER, TOO_LATE = (NOW + timedelta(days=30)).isoformat(), (NOW + timedelta(days=31)).isoformat()
FINE, MISSING = True, False


def on(standing: Issue, **facts: Any) -> Attempt:
    return attempt(standing, "x", **facts)


def with_actions(*actions: Any, **changed: Any) -> Attempt:
    return on(issue(State.IMPLEMENTATION, actions=actions, **changed))


def with_causes(*causes: Any) -> Attempt:
    return on(issue(State.ROOT_CAUSE_ANALYSIS, causes=causes))


SHALLOW = cause("c-1", "hypothesis")
DEEP = cause("c-2", answers_why_of="c-1")
HUMAN = cause("c-1", branch="people", code="human_error")

FACTS: list[tuple[Guard, Attempt, bool]] = [
    (guards.owner_named, on(issue(), owner="Chen Jie"), FINE),
    (guards.owner_named, on(issue(owner="Chen Jie")), FINE),
    (guards.owner_named, on(issue()), MISSING),
    (guards.owner_named, on(issue(), owner="role:director"), MISSING),
    (guards.new_owner_named, on(issue(owner="Chen Jie")), MISSING),
    (guards.reason_given, on(issue(), reason="because"), FINE),
    (guards.reason_given, on(issue(), reason=""), MISSING),
    (guards.rejection_reason, on(issue(), reason_code="data_error"), FINE),
    (guards.rejection_reason, on(issue(), reason_code="out_of_scope"), MISSING),
    (guards.cancellation_reason, on(issue(), reason_code="out_of_scope"), FINE),
    (guards.cancellation_reason, on(issue(), reason_code="data_error"), MISSING),
    (guards.target_open, attempt(issue(), "merge", other=issue(id="issue-2")), FINE),
    (guards.target_open, attempt(issue(), "merge", other=issue()), MISSING),
    (guards.target_open, attempt(issue(), "merge", other=issue(State.CLOSED, id="issue-2")), MISSING),
    (guards.target_open, attempt(issue(), "merge"), MISSING),
    (guards.problem_stated, on(issue(), problem={"what": "yield fell"}), FINE),
    (guards.problem_stated, on(issue(facts={"problem": {"what": "yield fell"}})), FINE),
    (guards.problem_stated, on(issue()), MISSING),
    (guards.correction_allowed, on(issue(severity="minor", priority="P4")), FINE),
    (guards.correction_allowed, on(issue(severity="minor", priority="P2")), MISSING),
    (guards.correction_allowed, on(issue(severity="major", priority="P3")), MISSING),
    (guards.not_recurrence, on(issue()), FINE),
    (guards.not_recurrence, on(issue(links=[Link("earlier_issue", "issue-0")])), FINE),
    (guards.not_recurrence, on(issue(links=[Link("recurrence_of", "issue-0")])), MISSING),
    (guards.not_recurrence, on(issue(cycle=2)), MISSING),
    (guards.containment_wanted, on(issue(severity="major")), FINE),
    (guards.containment_wanted, with_actions(action(kind="containment")), FINE),
    (guards.containment_wanted, on(issue(severity="moderate")), MISSING),
    (guards.containment_skippable, on(issue(), skip_reason="nothing was shipped"), FINE),
    (guards.containment_skippable, on(issue()), MISSING),
    (guards.containment_skippable, on(issue(severity="critical"), skip_reason="nothing was shipped"), MISSING),
    (guards.corrections_verified, with_actions(action("a", "correction", "verified"), action("b", "correction", "cancelled")), FINE),
    (guards.corrections_verified, with_actions(action("a", "correction", "verified"), action("b", "correction", "implemented")), MISSING),
    (guards.corrections_verified, with_actions(action("a", "correction", "cancelled")), MISSING),
    (guards.containment_done, with_actions(action("a", "containment", "implemented")), FINE),
    (guards.containment_done, with_actions(action("a", "containment", "implemented"), action("b", "containment")), MISSING),
    (guards.containment_done, with_actions(), MISSING),
    (guards.extent_confirmed, on(issue(), extent="line A"), FINE),
    (guards.extent_confirmed, on(issue()), MISSING),
    (guards.method_named, on(issue(), method="fishbone"), FINE),
    (guards.method_named, on(issue(), method="dice"), MISSING),
    (guards.occurrence_cause_verified, with_causes(cause()), FINE),
    (guards.occurrence_cause_verified, with_causes(cause(root=False)), MISSING),
    (guards.occurrence_cause_verified, with_causes(cause(point="escape")), MISSING),
    (guards.occurrence_cause_verified, with_causes(cause(state="hypothesis")), MISSING),
    (guards.escape_cause_settled, with_causes(cause(point="escape")), FINE),
    (guards.escape_cause_settled, on(issue(), no_escape_cause="found at once"), FINE),
    (guards.escape_cause_settled, with_causes(cause()), MISSING),
    (guards.no_undecided_cause, with_causes(SHALLOW, cause("c-2")), FINE),
    (guards.no_undecided_cause, with_causes(SHALLOW, DEEP), MISSING),
    (guards.no_undecided_cause, with_causes(cause("c-1", answers_why_of="c-2"), cause("c-2", answers_why_of="c-1")), FINE),
    (guards.no_bare_human_error, with_causes(HUMAN, DEEP), FINE),
    (guards.no_bare_human_error, with_causes(HUMAN), MISSING),
    (guards.no_bare_human_error, with_causes(HUMAN, cause("c-2", "hypothesis", answers_why_of="c-1")), MISSING),
    (guards.no_containment_unfinished, with_actions(action("a", "containment", "implemented")), FINE),
    (guards.no_containment_unfinished, with_actions(action("a", "containment", "blocked")), MISSING),
    (guards.causes_covered, with_actions(action(), causes=[cause()]), FINE),
    (guards.causes_covered, with_actions(action(), causes=[cause(), cause("c-2")]), MISSING),
    (guards.causes_covered, with_actions(action(state="cancelled"), causes=[cause()]), MISSING),
    (guards.causes_covered, with_actions(action(), causes=[cause()], cycle=2), MISSING),
    (guards.causes_covered, with_actions(action(), action("a-2", cycle=2), causes=[cause()], cycle=2), FINE),
    (guards.actions_complete, with_actions(action(), action("b", "preventive")), FINE),
    (guards.actions_complete, with_actions(action(owner=None)), MISSING),
    (guards.actions_complete, with_actions(action(due_at=None)), MISSING),
    (guards.actions_complete, with_actions(action(expected_effect=None)), MISSING),
    (guards.actions_complete, with_actions(action(), action("b", state="cancelled", owner=None)), FINE),
    (guards.plan_voted_for, on(issue(facts={"plan": {"approved_by": "Li Wei"}})), FINE),
    (guards.plan_voted_for, on(issue(facts={"plan": {}})), MISSING),
    (guards.plan_voted_back, on(issue(facts={"plan": {"returned_by": "Li Wei"}})), FINE),
    (guards.plan_voted_back, on(issue()), MISSING),
    (guards.all_actions_verified, with_actions(action(state="verified"), causes=[cause()]), FINE),
    (guards.all_actions_verified, with_actions(action(state="verified"), action("b", state="implemented")), MISSING),
    (guards.all_actions_verified, with_actions(action(state="cancelled"), causes=[cause()]), MISSING),
    (guards.verdict_stated, on(issue(), verdict="effective", evidence="94.1 % → 97.3 %"), FINE),
    (guards.verdict_stated, on(issue(), verdict="effective"), MISSING),
    (guards.verdict_stated, on(issue(), verdict="good", evidence="94.1 % → 97.3 %"), MISSING),
    (guards.verdict_undecided, on(issue(facts={"verdict": {"verdict": "inconclusive"}})), FINE),
    (guards.verdict_undecided, on(issue(facts={"verdict": {"verdict": "partially_effective"}})), MISSING),
    (guards.partial_confirmed, on(issue(facts={"verdict": {"verdict": "partially_effective"}})), FINE),
    (guards.partial_confirmed, on(issue()), MISSING),
    (guards.standard_recorded, on(issue(), standard="procedure 7.4, version 3"), FINE),
    (guards.standard_recorded, on(issue()), MISSING),
    (guards.no_action_open, with_actions(action(state="verified"), action("b", state="cancelled")), FINE),
    (guards.no_action_open, with_actions(action("a", "containment", "implemented")), MISSING),
    (guards.verdict_confirmed, on(issue(facts={"path": "correction"})), FINE),
    (guards.verdict_confirmed, on(issue(facts={"path": "capa", "verdict": {"verdict": "effective"}})), FINE),
    (guards.verdict_confirmed, on(issue(facts={"path": "capa"})), MISSING),
    (guards.review_date, on(issue(), review_on=LATER), FINE),
    (guards.review_date, on(issue(), review_on=TOO_LATE), MISSING),
    (guards.review_date, on(issue(), review_on=NOW.isoformat()), MISSING),
    (guards.review_date, on(issue()), MISSING),
    (guards.severity_known, on(issue(), severity="critical"), FINE),
    (guards.severity_known, on(issue(), severity="terrible"), MISSING),
    (guards.target_is(State.STANDARDISATION, [State.STANDARDISATION, State.ACTION_PLANNING]), on(issue(), target="standardisation"), FINE),
    (guards.target_is(State.STANDARDISATION, [State.STANDARDISATION, State.ACTION_PLANNING]), on(issue(), target="action_planning"), MISSING),
]  # fmt: skip

PEOPLE: list[tuple[Guard, Attempt, bool]] = [
    (duties.human_only, attempt(issue(), "x", MANAGER), FINE),
    (duties.human_only, attempt(issue(), "x", SERVICE), MISSING),
    (duties.not_author, attempt(ready(State.PLAN_APPROVAL), "x", MANAGER), FINE),
    (duties.not_author, attempt(ready(State.PLAN_APPROVAL), "x", AUTHOR), MISSING),
    (duties.submitter_only, attempt(ready(State.PLAN_APPROVAL), "x", MANAGER), FINE),
    (duties.submitter_only, attempt(ready(State.PLAN_APPROVAL), "x", OWNER), MISSING),
    (duties.not_action_owner, attempt(ready(State.CLOSURE_REVIEW), "x", MANAGER), FINE),
    (duties.not_action_owner, attempt(ready(State.CLOSURE_REVIEW), "x", WORKER), MISSING),
    (duties.not_action_owner, attempt(issue(actions=[action(owner="other", former_owners=[WORKER.name])]), "x", WORKER), MISSING),
    (duties.not_action_owner, attempt(issue(actions=[action(owner="other", reported_by=WORKER.name)]), "x", WORKER), MISSING),
    (duties.not_action_owner, attempt(issue(actions=[action(kind="containment")]), "x", WORKER), FINE),
    (duties.not_issue_owner, attempt(ready(State.CLOSURE_REVIEW), "x", MANAGER), FINE),
    (duties.not_issue_owner, attempt(ready(State.CLOSURE_REVIEW), "x", OWNER), MISSING),
    (duties.not_issue_owner, attempt(ready(State.CLOSURE_REVIEW, owner="other", former_owners=[OWNER.name]), "x", OWNER), MISSING),
]  # fmt: skip


@pytest.mark.parametrize(("guard", "tried", "fine"), FACTS, ids=[f"{g.__name__}-{fine}" for g, _, fine in FACTS])
def test_facts(guard: Guard, tried: Attempt, fine: bool) -> None:
    assert (guard(tried) is None) is fine, guard(tried)


@pytest.mark.parametrize(("guard", "tried", "fine"), PEOPLE, ids=[f"{g.__name__}-{fine}" for g, _, fine in PEOPLE])
def test_duties(guard: Guard, tried: Attempt, fine: bool) -> None:
    assert (guard(tried) is None) is fine, guard(tried)


def test_every_guard_of_the_module_is_tried() -> None:
    by_choice = {"verdict_is", "target_is", "on_short_path", "on_long_path"}  # the table's ways try these
    functions = {name for module in (guards, duties) for name, value in vars(module).items() if callable(value)}
    ours = {name for name in functions if getattr(vars(guards).get(name, vars(duties).get(name)), "__module__", "").endswith(("guards", "duties"))}  # fmt: skip
    tried = {guard.__name__ for guard, _, _ in [*FACTS, *PEOPLE]}
    assert {name for name in ours if not name.startswith("_")} - tried == by_choice
