"""What an explanation says of the rules that judge more than the value by itself: missing data, and what is learned from a series."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
DAILY = YIELD | {"window": {"kind": "tumbling", "every": "day"}, "minimum_sample": 0, "allowed_lateness": "PT0S"}
LEARNING: tuple[dict[str, Any], ...] = (
    {"kind": "control_chart", "baseline_windows": 6},
    {"kind": "ewma", "baseline_windows": 6},
    {"kind": "cusum", "baseline_windows": 6},
)


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", DAILY)
        yield running


def day(number: int, passed: int = 96, each: int = 1) -> list[Inspection]:
    at = MONDAY + (number + 0.5) * DAY
    return [Inspection(f"A-{number}-{one}", at, "A", passed, 100) for one in range(each)]


def other(day: float) -> Inspection:
    """What lets the source come as far as a day."""
    return Inspection(f"other-{day}", MONDAY + day * DAY, "other", 96, 100)


def verdict(analytics: Alone, number: int) -> dict[str, Any]:
    start = (MONDAY + number * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = analytics.get(f"indicators/first-pass-yield/explain?subject.line=A&window_start={start}")
    [found] = shown["rules"]
    answer: dict[str, Any] = found
    return answer


def test_missing_data_is_explained_by_the_number_of_readings(analytics: Alone) -> None:
    analytics.put("rules/silent", {"indicator": "first-pass-yield", "kind": "missing_data", "minimum_readings": 3})
    analytics.send([*day(0, each=3), *day(1, each=2), *day(2, each=2), *day(3, each=4), other(4.1)])
    [anomaly] = analytics.anomalies("subject.line=A")
    said = [verdict(analytics, number) for number in range(4)]
    assert [(one["verdict"], one["limit"]) for one in said] == [
        ("in-order", 3),
        ("found", 3),
        ("found", 3),
        ("in-order", 3),
    ]
    assert [one["anomalies"] for one in said] == [[], [anomaly["id"]], [anomaly["id"]], []]
    assert said[1]["reasons"] == anomaly["reasons"]


def test_missing_data_is_judged_though_the_value_is_not(analytics: Alone) -> None:
    analytics.put("indicators/first-pass-yield", DAILY | {"minimum_sample": 250})
    analytics.put("rules/silent", {"indicator": "first-pass-yield", "kind": "missing_data", "minimum_readings": 3})
    analytics.send([*day(0, each=3), *day(1, each=2), *day(2, each=3), other(3.1)])
    [anomaly] = analytics.anomalies("subject.line=A")
    assert (verdict(analytics, 1)["verdict"], verdict(analytics, 1)["anomalies"]) == ("found", [anomaly["id"]])


def test_a_window_without_a_value_is_explained_by_the_anomaly_alone(analytics: Alone) -> None:
    analytics.put("rules/silent", {"indicator": "first-pass-yield", "kind": "missing_data"})
    analytics.send([*day(0), *day(2), other(3.1)])
    [anomaly] = analytics.anomalies("subject.line=A")
    assert [seen["window"]["start"] for seen in anomaly["values"]] == ["2026-03-03T00:00:00Z"]
    path = "indicators/first-pass-yield/explain?subject.line=A&window_start=2026-03-03T00:00:00Z"
    assert analytics.request("GET", path).status_code == 404


@pytest.mark.parametrize("rule", LEARNING)
def test_a_rule_that_learns_says_what_it_found(analytics: Alone, rule: dict[str, Any]) -> None:
    analytics.put("rules/steady", {"indicator": "first-pass-yield", **rule})
    analytics.send([one for number in range(12) for one in day(number, 95 + number % 2)])
    analytics.send([*day(14, 20), other(15.1)])
    [anomaly] = analytics.anomalies("subject.line=A")
    found = verdict(analytics, 14)
    assert (found["verdict"], found["anomalies"]) == ("found", [anomaly["id"]])
    assert found["limit"] == anomaly["values"][-1]["limit"]
    assert verdict(analytics, 11)["verdict"] == "in-order"


def test_a_rule_that_learns_knows_the_phase_that_people_have_begun(analytics: Alone) -> None:
    """By the old limits the new level is out of control, by its own it is not."""
    analytics.put("rules/steady", {"indicator": "first-pass-yield", "kind": "control_chart", "baseline_windows": 6})
    analytics.send([one for number in range(8) for one in day(number, 95 + number % 2)])
    analytics.send([one for number in range(8, 20) for one in day(number, 65 + number % 2)])
    assert verdict(analytics, 18)["verdict"] == "found"
    rebase = {"subject": {"line": "A"}, "from": "2026-03-10T00:00:00Z", "reason": "another machine"}
    assert analytics.request("POST", "indicators/first-pass-yield/phases", rebase).status_code == 201
    analytics.settle()
    assert verdict(analytics, 18)["verdict"] == "in-order"
