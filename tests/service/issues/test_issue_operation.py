"""What runs beside people: deadlines that are told, calendars, goals, metrics."""

from datetime import timedelta
from typing import Any

from shared.events.definitions import CALENDAR_DEFINED, INDICATOR_DEFINED, CalendarDefined, IndicatorDefined
from shared.events.goal_changes import GOAL_BREACHED, BreachRule, GoalHealthChanged, GoalSetChanged, GoalTarget
from shared.events.kpi_values import WindowSpan
from shared.events.topics import DEFINITIONS, GOAL_CHANGES
from tests.service.issues.alone import OWNER, START, Alone
from tests.service.issues.paths import Walk

RULE = BreachRule(comparator=">=", target=0.95, for_windows=2, severity="moderate")


def goal(name: str, line: str = "A") -> GoalTarget:
    return GoalTarget(
        goal_id=f"goal-{name}",
        name=name,
        parent=None,
        indicator="first-pass-yield",
        subject={"line": line},
        comparator=">=",
        target=0.98,
        owner="Chen Jie",
        breach_rule=RULE,
    )


def tell_goals(andon: Alone, *goals: GoalTarget, state: str = "active") -> None:
    period = WindowSpan(start=START - timedelta(days=300), end=START + timedelta(days=65))
    data = GoalSetChanged(
        goal_set="2026", state=state, version=1, period=period, goals=list(goals), actor="Li Wei", reason=None
    )
    andon.publish(GOAL_CHANGES, "andon.goals.activated.v1", data, key="2026", producer="goals")


def breach(andon: Alone, goal_id: str) -> None:
    data = GoalHealthChanged(
        goal_set="2026",
        goal_id=goal_id,
        health="off_track",
        before="at_risk",
        reason="0.94 is below 0.98 two weeks running",
        issue_ids=[],
        at=START,
    )
    andon.publish(GOAL_CHANGES, GOAL_BREACHED, data, key="2026", producer="goals")


def define_shanghai(andon: Alone) -> None:
    calendar = CalendarDefined(name="plant-shanghai", version=1, definition={"time_zone": "Asia/Shanghai"})
    andon.publish(DEFINITIONS, CALENDAR_DEFINED, calendar, key="plant-shanghai", producer="analytics")
    indicator = IndicatorDefined(
        name="first-pass-yield",
        version=1,
        title={},
        reading_type="inspection",
        formula="ratio",
        by=["line"],
        calendar="plant-shanghai",
        direction="higher_is_better",
        minimum_sample=30,
        unit="1",
    )
    andon.publish(DEFINITIONS, INDICATOR_DEFINED, indicator, key="first-pass-yield", producer="analytics")


def test_deadlines_run_in_the_calendar_of_the_indicator(andon: Alone) -> None:
    """09:00 UTC is 17:00 in Shanghai, the end of the working day: two hours end the next morning at 11:00 there."""
    andon.anomaly("anomaly-1", severity="critical")
    define_shanghai(andon)
    andon.anomaly("anomaly-2", line="B", severity="critical")
    assert [issue["milestone_due_at"] for issue in andon.issues()] == ["2026-11-23T11:00:00Z", "2026-11-24T03:00:00Z"]


def overdue_of(andon: Alone, issue_id: str) -> list[dict[str, Any]]:
    return [
        line["details"] for line in andon.get(f"issues/{issue_id}")["timeline"] if line["change"].endswith("overdue")
    ]


def test_a_missed_deadline_is_told_once_per_level(andon: Alone) -> None:
    andon.anomaly()
    (issue,) = andon.issues()
    andon.pass_time(timedelta(days=1))
    assert overdue_of(andon, issue["id"]) == []
    for _ in range(30):
        andon.pass_time(timedelta(hours=1))
    assert andon.issues()[0]["overdue"]
    assert [(one["clock"], one["working_days_late"]) for one in overdue_of(andon, issue["id"])] == [("detected", 0)]
    andon.restart()
    andon.pass_time(timedelta(days=30))
    levels = overdue_of(andon, issue["id"])
    assert [one["working_days_late"] for one in levels] == [0, 10]
    assert levels[-1]["told"][-1] == "director"
    assert [change.change for change in andon.published()] == ["issue.detected", "issue.overdue", "issue.overdue"]


def test_an_action_that_is_late_is_told_too(andon: Alone) -> None:
    andon.anomaly()
    walk = Walk(andon, andon.issues()[0]["id"])
    walk.take("accept", owner="Chen Jie")
    action = walk.act("containment")
    walk.on_action(action, "assign", OWNER, owner="Wu Gang", due_at=(START + timedelta(hours=1)).isoformat())
    andon.pass_time(timedelta(hours=2))
    assert [(one["clock"], one["working_days_late"]) for one in overdue_of(andon, walk.id)] == [(f"action {action}", 0)]
    assert not walk.shown()["overdue"]


def test_an_issue_on_the_subject_of_an_active_goal_is_linked_to_it(andon: Alone) -> None:
    tell_goals(andon, goal("yield-A"), goal("yield-B", "B"))
    andon.anomaly()
    (issue,) = andon.issues()
    assert issue["goal_id"] == "goal-yield-A"
    assert andon.get(f"issues/{issue['id']}")["links"] == [{"kind": "goal", "id": "goal-yield-A", "name": "yield-A"}]


def test_a_goal_that_is_not_judged_is_not_linked(andon: Alone) -> None:
    tell_goals(andon, goal("yield-A"), state="draft")
    andon.anomaly()
    assert andon.issues()[0]["goal_id"] is None


def test_a_breach_links_the_open_issue_once_and_opens_none(andon: Alone) -> None:
    andon.anomaly()
    tell_goals(andon, goal("yield-A"), goal("yield-B", "B"))
    breach(andon, "goal-yield-A")
    breach(andon, "goal-yield-A")
    breach(andon, "goal-yield-B")
    breach(andon, "goal-unheard-of")
    (issue,) = andon.issues()
    assert issue["goal_id"] == "goal-yield-A"
    changes = [(line["change"], line["actor"]) for line in andon.get(f"issues/{issue['id']}")["timeline"]]
    assert changes == [("issue.detected", "analytics"), ("issue.goal_linked", "goals")]


def test_goals_that_a_set_no_longer_has_are_forgotten(andon: Alone) -> None:
    tell_goals(andon, goal("yield-A"))
    tell_goals(andon, goal("yield-B", "B"))
    andon.anomaly()
    assert andon.issues()[0]["goal_id"] is None


def test_open_issues_are_gauged_and_changes_counted(andon: Alone) -> None:
    andon.anomaly("anomaly-1")
    andon.anomaly("anomaly-2", line="B", severity="critical")
    andon.pass_time(timedelta(seconds=5))
    assert andon.metric("open", severity="moderate", state="detected") == 1
    assert andon.metric("open", severity="critical", state="detected") == 1
    andon.post(f"issues/{andon.issues()[0]['id']}/accept", {"owner": "Chen Jie"})
    andon.post(f"issues/{andon.issues()[0]['id']}/accept", {"owner": "Chen Jie"}, expect=409)
    andon.settle()
    andon.pass_time(timedelta(seconds=5))
    assert andon.metric("open", severity="moderate", state="detected") is None
    assert andon.metric("open", severity="moderate", state="triage") == 1
    assert andon.metric("opened_total", source="anomaly") == 2
    assert andon.metric("changes_total", change="issue.accepted") == 1
    assert andon.metric("commands_total", outcome="ok") == 1
    assert andon.metric("commands_total", outcome="transition-refused") == 1
    assert andon.metric("outbox_oldest_age_seconds") == 0
