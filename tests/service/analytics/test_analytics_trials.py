"""Dry runs: what a rule would have raised, through HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.events.topics import ANOMALIES
from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", YIELD)
        yield running


def weeks(*passed: float, line: str = "A") -> list[Inspection]:
    """One inspection of a thousand in the middle of each week, and one more that closes the last."""
    return [
        Inspection(f"{line}-{number}", MONDAY + timedelta(days=7 * number + 3), line, figure, 1000)
        for number, figure in enumerate([*passed, 1000])
    ]


def try_rule(analytics: Alone, body: dict[str, Any] | None, query: str = "", *, expect: int = 200) -> dict[str, Any]:
    answer = analytics.request("POST", f"rules/yield-below-95/dry-run?{query}", body)
    assert answer.status_code == expect, answer.text
    found: dict[str, Any] = answer.json()
    return found


def facts(anomaly: dict[str, Any]) -> tuple[Any, ...]:
    names = ("subject", "state", "reasons", "values", "raised_window", "cleared_window", "severity", "opens_issue")
    return tuple(anomaly[name] for name in names)


def test_a_dry_run_over_all_history_equals_what_judging_raises(analytics: Alone) -> None:
    for line, yields in (("A", (940, 940, 960, 930, 930)), ("B", (960, 900, 900)), ("C", (990,))):
        analytics.send(weeks(*yields, line=line))
    before = try_rule(analytics, BELOW_95)
    assert analytics.anomalies() == []
    assert analytics.get("rules")["items"] == []
    analytics.put("rules/yield-below-95", BELOW_95)
    analytics.settle()
    raised = analytics.anomalies()
    assert len(raised) == 3
    assert sorted(map(facts, before["items"]), key=repr) == sorted(map(facts, raised), key=repr)
    assert sorted(map(facts, try_rule(analytics, None)["items"]), key=repr) == sorted(map(facts, raised), key=repr)


def test_it_writes_and_publishes_nothing(analytics: Alone) -> None:
    analytics.send(weeks(940, 940))
    told = len(analytics.records(ANOMALIES))
    assert try_rule(analytics, BELOW_95)["anomalies"] == 1
    analytics.settle()
    assert analytics.get("rules/yield-below-95", expect=404)["type"] == "/problems/unknown-rule"
    assert (analytics.anomalies(), len(analytics.records(ANOMALIES))) == ([], told)


def test_rates_are_of_the_span_of_final_values(analytics: Alone) -> None:
    analytics.send(weeks(940, 940, 960, 960))
    found = try_rule(analytics, BELOW_95 | {"mode": "observe", "significantly": {"confidence": 0.9}, "target": 0.96})
    assert found["span"] == {"start": "2026-03-02T00:00:00Z", "end": "2026-03-30T00:00:00Z"}
    months = 28 / (365.2425 / 12)
    assert (found["subjects"], found["judged"], found["anomalies"]) == (1, 4, 1)
    assert found["anomalies_a_month"] == pytest.approx(1 / months)
    assert found["issues_a_month"] == pytest.approx(1 / months)
    assert found["items"][0]["opens_issue"] is False
    expected = found["expected_false_alarms"]
    assert expected["windows_between"] == pytest.approx(110)
    assert expected["a_month"] == pytest.approx(4 / 110 / months)
    assert expected["reason"] is None


def test_a_rule_that_says_nothing_about_chance_has_no_theoretical_rate_and_says_why(analytics: Alone) -> None:
    found = try_rule(analytics, BELOW_95)
    assert found["span"] is None
    assert (found["anomalies"], found["anomalies_a_month"], found["issues_a_month"]) == (0, None, None)
    assert found["expected_false_alarms"]["windows_between"] is None
    assert "significantly" in found["expected_false_alarms"]["reason"]


def test_changes_for_the_better_are_no_issues(analytics: Alone) -> None:
    analytics.send(weeks(940, 990, 940))
    found = try_rule(analytics, {"indicator": "first-pass-yield", "kind": "change_from_previous", "more_than": 0.02})
    assert [one["meaning"] for one in found["items"]] == ["improvement", "deterioration"]
    assert found["issues_a_month"] == pytest.approx(found["anomalies_a_month"] / 2)


def test_the_difference_from_the_rule_in_force(analytics: Alone) -> None:
    analytics.send(weeks(940, 960, 940, 940, 960))
    analytics.put("rules/yield-below-95", BELOW_95)
    found = try_rule(analytics, BELOW_95 | {"for_windows": 1})
    difference = {"version_in_force": 1, "only_this": 1, "both": 1, "only_in_force": 0, "reason": None}
    assert found["difference"] == difference
    assert [one["found_by"] for one in found["items"]] == ["only_this", "both"]
    narrow = try_rule(analytics, BELOW_95 | {"target": 0.9})
    assert narrow["difference"]["only_in_force"] == 1
    assert [one["found_by"] for one in narrow["only_in_force"]] == ["only_in_force"]


def test_what_is_not_compared_says_why(analytics: Alone) -> None:
    assert try_rule(analytics, BELOW_95)["difference"]["reason"] == "no rule yield-below-95 is in force"
    analytics.put("rules/yield-below-95", BELOW_95)
    assert try_rule(analytics, {})["difference"]["reason"] == "this is the rule in force"
    analytics.put("indicators/other", YIELD)
    analytics.settle()
    other = try_rule(analytics, BELOW_95 | {"indicator": "other"})
    assert other["difference"]["reason"] == "the rule in force judges first-pass-yield"
    assert other["items"] == []


def test_subjects_come_page_by_page_and_parts_add_up(analytics: Alone) -> None:
    for line in "ABCDE":
        analytics.send(weeks(940, 940, line=line))
    whole = try_rule(analytics, BELOW_95)
    assert (whole["subjects"], whole["anomalies"], whole["next"]) == (5, 5, None)
    parts, query = [], "limit=2"
    while True:
        part = try_rule(analytics, BELOW_95, query)
        parts.append(part)
        if part["next"] is None:
            break
        query = f"limit=2&cursor={part['next']}"
    assert [part["subjects"] for part in parts] == [2, 2, 1]
    assert [one for part in parts for one in part["items"]] == whole["items"]
    assert sum(part["issues_a_month"] for part in parts) == pytest.approx(whole["issues_a_month"])
    one = try_rule(analytics, BELOW_95, "subject.line=C")
    assert [found["subject"] for found in one["items"]] == [{"line": "C"}]


def test_from_and_to_select_what_is_raised_there(analytics: Alone) -> None:
    analytics.send(weeks(940, 940, 960, 940, 940, 960))
    found = try_rule(analytics, BELOW_95, "from=2026-03-16T00:00:00Z&to=2026-03-30T00:00:00Z")
    assert (found["anomalies"], found["judged"]) == (0, 2)
    found = try_rule(analytics, BELOW_95, "from=2026-03-16T00:00:00Z&to=2026-04-06T00:00:00Z")
    assert [(one["raised_window"]["start"], one["state"]) for one in found["items"]] == [
        ("2026-03-30T00:00:00Z", "open")
    ]
    assert found["span"] == {"start": "2026-03-16T00:00:00Z", "end": "2026-04-06T00:00:00Z"}


WRONG: list[tuple[dict[str, Any] | None, str, int, str]] = [
    (None, "", 404, "send the definition"),
    (BELOW_95 | {"indicator": "nothing"}, "", 404, "PUT /v1/indicators/nothing first"),
    (BELOW_95 | {"target": "high"}, "", 422, "target"),
    (BELOW_95 | {"subject": {"shift": "night"}}, "", 422, "/subject/shift"),
    ({"kind": "target"}, "", 422, "/indicator"),
    (BELOW_95 | {"tagret": 1}, "", 422, "tagret"),
    (BELOW_95, "subject.shift=night", 400, "subject.line"),
    (BELOW_95, "from=2026-03-16T00:00:00Z&to=2026-03-16T00:00:00Z", 400, "`from` must lie before `to`"),
    (BELOW_95, "cursor=WzFd", 400, "as it was given"),
    (BELOW_95, "cursor=WyJ4eCJd", 400, "as it was given"),
    (BELOW_95, "limit=0", 422, "limit"),
]


def test_what_cannot_be_tried_says_field_and_remedy(analytics: Alone) -> None:
    for body, query, status, says in WRONG:
        problem = try_rule(analytics, body, query, expect=status)
        assert says in f"{problem['detail']} {problem['errors']}", (body, query)


def test_an_indicator_that_is_still_being_computed_has_no_history_yet(analytics: Alone) -> None:
    analytics.send(weeks(940, 940))
    analytics.put("indicators/new", YIELD)
    body = BELOW_95 | {"indicator": "new"}
    assert try_rule(analytics, body, expect=409)["type"] == "/problems/history-incomplete"
    analytics.settle()
    assert try_rule(analytics, body)["anomalies"] == 1
