"""Deadlines in working time, clocks that stand still, and what is told of those that have run out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.issues.domain.advance import Advanced, advance
from services.issues.domain.attempt import Attempt
from services.issues.domain.deadlines import Clocks
from services.issues.domain.issue import ENDED, Issue, State
from services.issues.domain.opening import Identity, Trouble, open_issue
from services.issues.domain.overdue import Overdue, overdue_of
from services.issues.domain.routing import Route, Routing
from shared.calendars.calendar import calendar_from_definition
from tests.unit.issues.examples import CLOCKS, MANAGER, NOW, POLICIES, POLICY, action, issue, occurrence

SHANGHAI = calendar_from_definition(
    "plant-shanghai", {"time_zone": "Asia/Shanghai", "week_starts": "monday", "holidays": ["2026-11-24"]}
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opened(severity: str, clocks: Clocks = CLOCKS, now: datetime = NOW) -> Issue:
    trouble = Trouble("title", "anomaly", severity, "fingerprint", "first-pass-yield", {"line": "A"}, occurrence())
    return open_issue(trouble, Identity("issue-1", "I-000001"), routing=Routing(), clocks=clocks, now=now)


def moved(before: Issue, trigger: str, now: datetime, **facts: object) -> Issue:
    outcome = advance(Attempt(before, trigger, MANAGER, now, CLOCKS, facts))
    assert isinstance(outcome, Advanced), outcome
    return outcome.issue


@pytest.mark.parametrize(
    ("severity", "priority", "accept_by", "close_by"),
    [
        ("critical", "P1", "2026-11-23T11:00", "2027-02-01T09:00"),
        ("major", "P2", "2026-11-23T13:00", "2027-03-15T09:00"),
        ("moderate", "P3", "2026-11-24T09:00", "2027-05-03T09:00"),
        ("minor", "P4", "2026-11-25T09:00", "2027-07-19T09:00"),
    ],
)
def test_severity_sets_priority_and_dates(severity: str, priority: str, accept_by: str, close_by: str) -> None:
    issue = opened(severity)
    assert issue.priority == priority
    assert issue.milestone_due_at == at(accept_by)
    assert issue.due_at == at(close_by)


def test_hours_run_in_the_calendar_of_the_indicator() -> None:
    """09:00 UTC is 17:00 in Shanghai: the day is over, the next is a holiday, so two hours end on Wednesday at 11:00."""
    issue = opened("critical", Clocks(POLICY, SHANGHAI))
    assert issue.milestone_due_at == at("2026-11-25T03:00")


def test_a_calendar_without_working_hours_makes_everything_due_at_once() -> None:
    idle = calendar_from_definition("idle", {"working_hours": {}})
    assert opened("minor", Clocks(POLICY, idle)).due_at == NOW


def test_each_state_has_its_own_clock() -> None:
    triage = moved(opened("moderate"), "accept", NOW + timedelta(hours=3), owner="Chen Jie")
    assert triage.milestone_due_at == at("2026-11-26T12:00")
    assert triage.due_at == opened("moderate").due_at


def test_a_graver_severity_shortens_the_deadlines_from_now_on() -> None:
    graver = moved(opened("moderate"), "reclassify", NOW + timedelta(hours=1), severity="critical", reason="injury")
    assert (graver.severity, graver.priority) == ("critical", "P1")
    assert graver.milestone_due_at == at("2026-11-23T12:00")
    assert graver.due_at < opened("moderate").due_at


def test_on_hold_only_the_review_date_runs_and_deadlines_move_by_the_time_held() -> None:
    triage = moved(opened("moderate"), "accept", NOW, owner="Chen Jie")
    review = NOW + timedelta(days=20)
    held = moved(triage, "hold", NOW + timedelta(hours=1), reason="waits for parts", review_on=review.isoformat())
    assert held.clocks == {"on_hold": review}
    assert not held.is_overdue(review)
    assert held.is_overdue(review + timedelta(seconds=1))
    resumed = moved(held, "resume", NOW + timedelta(days=10, hours=1))
    assert resumed.state is State.TRIAGE
    assert triage.milestone_due_at is not None
    assert resumed.milestone_due_at == triage.milestone_due_at + timedelta(days=10)
    assert resumed.due_at == triage.due_at + timedelta(days=10)


def test_watching_the_effect_does_not_count_against_the_case() -> None:
    watching = issue(State.EFFECTIVENESS_MONITORING, milestone_due_at=None)
    assert not watching.is_overdue(NOW + timedelta(days=1000))
    reviewed = moved(watching, "begin-review", NOW + timedelta(days=40))
    assert reviewed.due_at == watching.due_at + timedelta(days=40)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_is_overdue_once_it_has_ended(state: State) -> None:
    assert not issue(state, ended_at=NOW).is_overdue(NOW + timedelta(days=1000))
    assert issue(state, ended_at=NOW).look_at is None


def told_at(before: Issue, now: datetime) -> tuple[Issue, Sequence[Overdue]]:
    found = overdue_of(before, CLOCKS, now)
    after = found[-1][0] if found else before
    assert after.look_at is None or after.look_at >= now
    return after, [overdue for _, overdue in found]


def test_a_missed_clock_is_told_once_per_level() -> None:
    due = at("2026-11-24T09:00")
    late = issue(milestone_due_at=due)
    assert told_at(late, due) == (late, [])
    levels = []
    for days in range(40):
        late, told = told_at(late, due + timedelta(days=days, seconds=1))
        levels += [(overdue.clock, overdue.level, days) for overdue in told]
    assert levels == [("detected", 0, 0), ("detected", 2, 2), ("detected", 5, 7), ("detected", 10, 14)]


def test_after_a_long_silence_only_the_level_reached_is_told_with_everybody_before_it() -> None:
    due = at("2026-11-24T09:00")
    _, (told,) = told_at(issue(milestone_due_at=due), due + timedelta(days=8))
    assert told.level == 5
    assert list(told.told) == ["action_owner", "owner", "department_liaison", "quality_manager"]


def test_a_deadline_that_has_moved_starts_anew() -> None:
    due = at("2026-11-24T09:00")
    late, _ = told_at(issue(milestone_due_at=due), due + timedelta(days=20))
    later = replace(late, milestone_due_at=due + timedelta(days=30))
    _, told = told_at(later, due + timedelta(days=31))
    assert [(overdue.clock, overdue.level) for overdue in told] == [("detected", 0)]


def test_the_case_and_an_action_have_clocks_of_their_own() -> None:
    running = issue(
        State.IMPLEMENTATION,
        milestone_due_at=None,
        actions=[action(state="in_progress"), action("a-2", state="verified"), action("a-3", state="draft")],
    )
    late, told = told_at(running, NOW + timedelta(days=14, seconds=1))
    assert [(overdue.clock, overdue.change) for overdue in told] == [("action a-1", "action.overdue")]
    assert not late.is_overdue(NOW + timedelta(days=14, seconds=1))
    _, told = told_at(late, NOW + timedelta(days=100, seconds=1))
    assert ("case", "issue.overdue") in [(overdue.clock, overdue.change) for overdue in told]


def test_versions_grow_by_one_with_each_thing_told() -> None:
    both = issue(due_at=NOW, milestone_due_at=NOW)
    found = overdue_of(both, CLOCKS, NOW + timedelta(seconds=1))
    assert [after.version for after, _ in found] == [2, 3]


def test_an_issue_keeps_the_policy_it_started_with() -> None:
    assert POLICIES.of(opened("minor").policy_version) is POLICY
    with pytest.raises(KeyError):
        POLICIES.of(99)


def test_the_whole_case_has_at_least_as_long_as_its_parts() -> None:
    """As the policy says: `close` covers the longest way through, watching the effect left out."""
    parts = ("accept", "triage", "containment", "analysis", "plan", "decision", "standardise", "closure")
    for priority, clocks in POLICY.deadlines.items():
        assert sum(clocks[part].days for part in parts) <= clocks["close"].days, priority


@pytest.mark.parametrize(
    ("indicator", "subject", "owner"),
    [
        ("first-pass-yield", {"line": "A", "product": "x"}, "Chen Jie"),
        ("first-pass-yield", {"line": "B"}, "role:department_liaison"),
        ("delay", {"line": "A"}, "Wu Gang"),
        ("delay", {}, "role:quality_manager"),
        (None, {}, "role:quality_manager"),
    ],
)
def test_the_first_row_that_matches_names_the_owner(indicator: str | None, subject: dict[str, str], owner: str) -> None:
    routing = Routing(
        1,
        [
            Route("Chen Jie", "first-pass-yield", {"line": "A"}),
            Route("role:department_liaison", "first-pass-yield"),
            Route("Wu Gang", None, {"line": "A"}),
        ],
    )
    assert routing.owner(indicator, subject, POLICY.fallback_owner) == owner
