"""What rules may say beside their target, from PUT to the published anomaly."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.events.anomalies import AnomalySnapshot
from shared.events.topics import ANOMALIES
from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", YIELD)
        yield running


def weeks(*passed: float, of: float = 1000) -> list[Inspection]:
    """One inspection of line A in the middle of each week, and one more that closes the last."""
    figures = [*passed, of]
    return [
        Inspection(f"A-{number}", MONDAY + timedelta(days=7 * number + 3), "A", figure, of)
        for number, figure in enumerate(figures)
    ]


def test_two_of_three_weeks_observed(analytics: Alone) -> None:
    observing: dict[str, Any] = {
        "of": 3,
        "mode": "observe",
        "severity_by_size": [{"size": 0.04, "severity": "critical"}],
    }
    shown = analytics.put("rules/yield-below-95", BELOW_95 | observing)
    assert (shown["for_windows"], shown["of"], shown["mode"]) == (2, 3, "observe")
    analytics.send(weeks(940, 960, 900))
    [raised] = analytics.anomalies()
    assert (raised["opens_issue"], raised["severity"], raised["rule_kind"]) == (False, "critical", "target")
    [(_, published)] = analytics.events(ANOMALIES, AnomalySnapshot)
    assert (published.opens_issue, published.severity) == (False, "critical")
    assert published.reasons["zh"] == (
        "line=A 的一次交验合格率共有 2 周低于 95 %：2026-03-02 当周 94 %（940/1000）、2026-03-16 当周 90 %（900/1000）；目标 ≥ 95 %"
    )
    assert [seen.limit for seen in published.values] == [0.95, 0.95]


def test_small_samples_do_not_cry_wolf(analytics: Alone) -> None:
    analytics.put("rules/plain", BELOW_95 | {"for_windows": 1})
    shown = analytics.put("rules/sure", BELOW_95 | {"for_windows": 1, "significantly": {"confidence": 0.95}})
    assert shown["expected_false_alarms"]["windows_between"] == pytest.approx(20)
    assert analytics.get("rules/plain")["expected_false_alarms"] is None
    analytics.send(weeks(37, of=40))
    assert [found["rule"] for found in analytics.anomalies()] == ["plain"]


def test_a_mean_has_no_exact_bound(analytics: Alone) -> None:
    analytics.put("indicators/passed", YIELD | {"formula": {"kind": "mean", "measure": "passed"}})
    body = BELOW_95 | {"indicator": "passed", "significantly": {"confidence": 0.95}}
    problem = analytics.put("rules/sure", body, expect=422)
    assert problem["errors"][0]["pointer"] == "/significantly"


def test_a_change_for_the_worse_opens_an_issue_and_one_for_the_better_does_not(analytics: Alone) -> None:
    jump = {
        "indicator": "first-pass-yield",
        "kind": "change_from_previous",
        "more_than_share": 0.1,
        "opens_issue": True,
    }
    shown = analytics.put("rules/jump", jump)
    assert (shown["more_than_share"], shown["against"], shown["reports"]) == (0.1, "previous", "both")
    analytics.send(weeks(950, 800, 950))
    told = [data for _, data in analytics.events(ANOMALIES, AnomalySnapshot)]
    assert {(one.direction, one.meaning, one.opens_issue) for one in told} == {
        ("below", "deterioration", True),
        ("above", "improvement", False),
    }
    [worse, better] = sorted(analytics.anomalies(), key=lambda one: str(one["raised_window"]["start"]))
    assert (worse["state"], better["state"]) == ("cleared", "open")
    assert (worse["values"][0]["compared"], worse["comparator"]) == (0.95, ">=")


def test_the_window_after_a_restated_one_is_judged_again(analytics: Alone) -> None:
    jump = {"indicator": "first-pass-yield", "kind": "change_from_previous", "more_than_share": 0.1}
    analytics.put("rules/jump", jump)
    analytics.send(weeks(950, 800))
    assert len(analytics.anomalies("state=open")) == 1
    late = Inspection("late", MONDAY + timedelta(days=3), "A", 0, 150)
    analytics.send([late])
    assert analytics.anomalies() == []
    [undone] = analytics.anomalies("state=withdrawn")
    assert undone["reasons"]["zh"].endswith("；已撤回：现有数值已不再显示该异常")


def test_lists_and_events_show_what_cleared_an_anomaly(analytics: Alone) -> None:
    analytics.put("rules/yield-below-95", BELOW_95 | {"clear_after": 2})
    analytics.send(weeks(940, 940, 960))
    [going_on] = analytics.anomalies()
    assert (going_on["state"], going_on["clear_after"], going_on["cleared_because"]) == ("open", 2, None)
    analytics.send([Inspection("more", MONDAY + timedelta(days=7 * 4 + 3), "A", 980, 1000)])
    [shown] = analytics.anomalies()
    assert (shown["state"], shown["cleared_because"]) == ("cleared", "in_order")
    assert shown["cleared_window"] == shown["cleared_by"]["window"]
    assert (shown["cleared_window"]["start"], shown["cleared_by"]["value"]) == ("2026-03-23T00:00:00Z", 1.0)
    assert shown["reason"].endswith(
        "; cleared by 2 weeks running in order, the last 100 % (1000 of 1000) in the week of 2026-03-23"
    )
    assert shown["reasons"]["zh"].endswith("；连续 2 周正常后已由 2026-03-23 当周 100 %（1000/1000） 解除")
    *_, (_, told) = analytics.events(ANOMALIES, AnomalySnapshot)
    assert (told.clear_after, told.cleared_because) == (2, "in_order")
    assert told.cleared_by is not None
    assert told.cleared_by.value == 1.0


def test_a_changed_rule_is_a_version_that_its_anomalies_carry(analytics: Alone) -> None:
    analytics.put("rules/yield-below-95", BELOW_95)
    analytics.send(weeks(940, 940, 940))
    assert analytics.put("rules/yield-below-95", BELOW_95)["version"] == 1
    assert analytics.put("rules/yield-below-95", BELOW_95 | {"for_windows": 3})["version"] == 2
    analytics.settle()
    [shown] = analytics.anomalies()
    assert (shown["rule_version"], shown["raised_window"]["start"]) == (2, "2026-03-16T00:00:00Z")
    assert [told.rule_version for _, told in analytics.events(ANOMALIES, AnomalySnapshot)] == [1, 2]
    [first, second] = analytics.get("rules/yield-below-95/versions")["items"]
    assert (first["version"], first["changes"], first["definition"]["for_windows"]) == (1, [], 2)
    assert (second["version"], second["defined_at"]) == (2, "2026-11-23T09:00:00Z")
    assert second["changes"] == [{"field": "for_windows", "before": 2, "after": 3}]
    assert analytics.get("rules/nothing/versions", expect=404)["type"] == "/problems/unknown-rule"


def test_an_hour_has_no_like_one_year_before(analytics: Alone) -> None:
    analytics.put("indicators/hourly", YIELD | {"window": {"kind": "tumbling", "every": "hour"}})
    body = {"indicator": "hourly", "kind": "change_from_previous", "more_than": 0.1, "against": "year_before"}
    assert analytics.put("rules/jump", body, expect=422)["errors"][0]["pointer"] == "/against"
