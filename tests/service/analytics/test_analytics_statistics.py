"""How rules prove themselves: what analytics hears of issues, shown with the rules and as gauges."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.events.issue_changes import IssueChanged, issue_change_type
from shared.events.topics import ISSUE_CHANGES
from tests.service.analytics.alone import START, Alone, Inspection, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", YIELD)
        running.put("rules/yield-below-95", BELOW_95)
        yield running


def weeks(*passed: float, line: str = "A") -> list[Inspection]:
    return [
        Inspection(f"{line}-{number}", MONDAY + timedelta(days=7 * number + 3), line, figure, 1000)
        for number, figure in enumerate([*passed, 1000])
    ]


def tell(analytics: Alone, issue: str, change: str, repeat: int = 1, **details: Any) -> None:
    """What issues publishes of one change, numbered, `repeat` times over."""
    data = IssueChanged(
        change=change,
        issue_id=issue,
        number=issue,
        title="First-pass yield below target",
        state="triage",
        severity="major",
        priority="P2",
        source="anomaly",
        indicator="first-pass-yield",
        subject={"line": "A"},
        fingerprint=issue,
        anomaly_id=None,
        goal_id=None,
        owner="role:quality_manager",
        due_at=START,
        occurrences=1,
        cycle=1,
        version=1,
        actor="issues",
        reason=None,
        details=details,
    )
    kind = issue_change_type(change)
    analytics.publish(ISSUE_CHANGES, kind, data, key=issue, producer="issues", repeat=repeat)


def detected(analytics: Alone, issue: str, anomaly: str, rule: str = "yield-below-95") -> None:
    tell(analytics, issue, "issue.detected", occurrence=anomaly, kind="anomaly", rule=rule)


def issues(analytics: Alone, rule: str = "yield-below-95") -> dict[str, int]:
    """Verdict → number, of those that there are."""
    found = analytics.get(f"rules/{rule}/statistics")["issues"]
    return {verdict: count for verdict, count in found.items() if count}


def test_a_rule_shows_what_became_of_its_anomalies(analytics: Alone) -> None:
    assert analytics.get("rules/yield-below-95")["statistics"]["issues_a_month"] is None
    analytics.send(weeks(940, 940, 960, 940, 940))
    for number, anomaly in enumerate(analytics.anomalies()):
        detected(analytics, f"I{number}", anomaly["id"])
    analytics.settle()
    shown = analytics.get("rules/yield-below-95")["statistics"]
    assert shown["anomalies"] == {"raised": 2, "open": 1, "cleared": 1, "withdrawn": 0}
    assert shown["issues"] == {"total": 2, "undecided": 2, "confirmed": 0, "rejected_as_false": 0, "data_error": 0}
    assert shown["issues_a_month"] == pytest.approx(2 / (35 / (365.2425 / 12)))
    assert shown["false_alarm_share"] is None
    [listed] = analytics.get("rules")["items"]
    assert listed["statistics"] == shown == analytics.get("rules/yield-below-95/statistics")


def test_what_people_make_of_issues_counts_once_whatever_is_repeated_or_restarted(analytics: Alone) -> None:
    for number in range(4):
        detected(analytics, f"I{number}", f"a{number}")
    tell(analytics, "I0", "issue.classified", 3)
    tell(analytics, "I1", "issue.rejected", 2, reason_code="false_signal")
    tell(analytics, "I2", "issue.rejected", reason_code="data_error")
    analytics.settle()
    analytics.restart()
    analytics.settle()
    analytics.send(weeks(940, 940))
    counts = {"total": 4, "undecided": 1, "confirmed": 1, "rejected_as_false": 1, "data_error": 1}
    assert issues(analytics) == counts
    assert analytics.get("rules/yield-below-95")["statistics"]["false_alarm_share"] == 0.5


def test_an_issue_counts_for_every_rule_that_has_an_anomaly_in_it(analytics: Alone) -> None:
    analytics.put("rules/below-94", BELOW_95 | {"target": 0.945})
    analytics.send(weeks(940, 940))
    tell(analytics, "I0", "issue.detected", occurrence="report-1", kind="report")
    tell(analytics, "I0", "issue.classified")
    for rule in ("yield-below-95", "below-94", "below-94"):
        tell(analytics, "I0", "issue.occurrence_added", occurrence=f"a-{rule}", kind="anomaly", rule=rule)
    analytics.settle()
    assert issues(analytics) == issues(analytics, "below-94") == {"total": 1, "confirmed": 1}


def test_a_merged_issue_counts_with_the_one_that_has_taken_it_over(analytics: Alone) -> None:
    analytics.send(weeks(940, 940))
    detected(analytics, "I0", "a0")
    detected(analytics, "I1", "a1")
    tell(analytics, "I0", "issue.merged", target="I1")
    tell(analytics, "I1", "issue.occurrence_added", merged_from="I0", occurrences=2)
    tell(analytics, "I1", "issue.rejected", reason_code="false_signal")
    analytics.settle()
    assert issues(analytics) == {"total": 1, "rejected_as_false": 1}


def test_words_of_people_under_the_names_of_details_are_not_believed(analytics: Alone) -> None:
    detected(analytics, "I0", "a0")
    tell(analytics, "I0", "issue.held", rule="another", occurrence="a1", merged_from="I1")
    tell(analytics, "I0", "issue.occurrence_added", rule=7, occurrence=["a"], merged_from={})
    analytics.settle()
    analytics.get("rules/another/statistics", expect=404)


def test_changes_that_cannot_be_read_are_put_aside(analytics: Alone) -> None:
    for value in (b"", b"{}", b'{"type": "andon.issue.detected.v1"}', b'{"type": "other.v1"}'):
        analytics.append(ISSUE_CHANGES, value, key="I0", producer="issues")
    detected(analytics, "I0", "a0")
    analytics.send(weeks(940, 940))
    assert issues(analytics) == {"total": 1, "undecided": 1}


def test_statistics_of_an_unknown_rule_say_so(analytics: Alone) -> None:
    assert analytics.get("rules/nothing/statistics", expect=404)["type"] == "/problems/unknown-rule"
    assert analytics.get("rules/goal:nothing/statistics", expect=404)["type"] == "/problems/unknown-rule"


def test_gauges_show_rules_and_leave_out_those_that_raise_least(analytics: Alone) -> None:
    analytics.put("rules/jumps", {"indicator": "first-pass-yield", "kind": "change_from_previous", "more_than": 0.5})
    analytics.send(weeks(940, 940))
    detected(analytics, "I0", "a0")
    tell(analytics, "I0", "issue.classified")
    analytics.pass_time(timedelta(seconds=15))
    labels = {"rule": "yield-below-95"}
    assert analytics.metric("rule_anomalies", state="open", **labels) == 1.0
    assert analytics.metric("rule_issues", verdict="confirmed", **labels) == 1.0
    assert analytics.metric("rules_dropped") == 0.0
    assert analytics.metric("rule_anomalies", state="open", rule="jumps") is None
