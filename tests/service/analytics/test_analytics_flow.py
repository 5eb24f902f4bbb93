"""Blocks of readings in; KPI values, anomalies and published events out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.events.anomalies import ANOMALY_CLEARED, ANOMALY_RAISED, ANOMALY_UPDATED, AnomalySnapshot
from shared.events.kpi_values import KpiValueComputed
from shared.events.topics import ANOMALIES, KPI_VALUES
from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", YIELD)
        running.put("rules/yield-below-95", BELOW_95)
        yield running


def week(number: int, passed: float, *, line: str = "A", of: float = 1000, copy: str = "") -> Inspection:
    """One inspection in the middle of a week."""
    at = MONDAY + number * WEEK + timedelta(days=3)
    return Inspection(f"{line}-{number}{copy}", at, line, passed, of)


def test_two_weeks_below_target_raise_and_a_good_one_clears(analytics: Alone) -> None:
    analytics.send([week(0, 943), week(1, 941)])
    assert analytics.anomalies() == []
    analytics.send([week(2, 930)])
    [raised] = analytics.anomalies()
    assert (raised["state"], raised["rule"], raised["subject"]) == ("open", "yield-below-95", {"line": "A"})
    assert [value["value"] for value in raised["values"]] == [0.943, 0.941]
    assert raised["reason"] == (
        "First-pass yield of line=A was below 95 % in 2 weeks running: 94.3 % (943 of 1000) in the week of 2026-03-02, "
        "94.1 % (941 of 1000) in the week of 2026-03-09; target ≥ 95 %"
    )
    analytics.send([week(3, 990)])
    analytics.send([week(4, 990)])
    [cleared] = analytics.anomalies()
    assert (cleared["id"], cleared["state"]) == (raised["id"], "cleared")
    assert cleared["cleared_window"]["start"] == "2026-03-23T00:00:00Z"
    assert [value["value"] for value in cleared["values"]] == [0.943, 0.941, 0.93]
    published = analytics.events(ANOMALIES, AnomalySnapshot)
    assert [kind for kind, _ in published] == [ANOMALY_RAISED, ANOMALY_UPDATED, ANOMALY_CLEARED]


def test_values_are_shown_and_published(analytics: Alone) -> None:
    analytics.send([week(0, 943), week(1, 20, of=20)])
    [first, second] = analytics.values("first-pass-yield", "subject.line=A")
    assert first == {
        "subject": {"line": "A"},
        "window": {"start": "2026-03-02T00:00:00Z", "end": "2026-03-09T00:00:00Z"},
        "value": 0.943,
        "numerator": 943.0,
        "denominator": 1000.0,
        "sample_size": 1,
        "status": "final",
        "judgement": "judged",
        "revision": 1,
        "indicator_version": 1,
        "formula_version": 1,
    }
    assert (second["status"], second["revision"], second["judgement"]) == ("provisional", 0, "insufficient")
    published = [data for _, data in analytics.events(KPI_VALUES, KpiValueComputed)]
    assert [(data.value, data.status) for data in published] == [(0.943, "final"), (1.0, "provisional")]


def test_late_readings_restate_and_withdraw(analytics: Alone) -> None:
    analytics.send([week(0, 943), week(1, 941), week(2, 990), week(3, 990)])
    assert [found["state"] for found in analytics.anomalies()] == ["cleared"]
    analytics.send([week(1, 1000, copy="-late")])
    assert analytics.anomalies() == []
    [withdrawn] = analytics.anomalies("state=withdrawn")
    assert withdrawn["withdrawn_at"] == "2026-11-23T09:00:00Z"
    restated = analytics.values("first-pass-yield", "status=restated")
    assert [(value["numerator"], value["revision"]) for value in restated] == [(1941.0, 2)]


def test_a_source_that_falls_idle_closes_its_last_windows(analytics: Alone) -> None:
    analytics.send([week(0, 943), week(1, 941)])
    assert [value["status"] for value in analytics.values("first-pass-yield")] == ["final", "provisional"]
    analytics.pass_time(timedelta(minutes=59))
    assert [value["status"] for value in analytics.values("first-pass-yield")] == ["final", "provisional"]
    analytics.pass_time(timedelta(minutes=1))
    assert [value["status"] for value in analytics.values("first-pass-yield")] == ["final", "final"]
    assert [found["state"] for found in analytics.anomalies()] == ["open"]


def test_many_small_blocks_count_like_a_large_one(analytics: Alone) -> None:
    one_by_one = [week(0, 940, line="A", copy=str(number)) for number in range(40)]
    for inspection in [*one_by_one, *one_by_one[:7]]:
        analytics.send([inspection], settle=False)
    analytics.settle()
    analytics.send([week(0, 940, line="B", copy=str(number)) for number in range(40)])
    by_line = {item["subject"]["line"]: item for item in analytics.values("first-pass-yield")}
    figures = {line: (item["numerator"], item["sample_size"]) for line, item in by_line.items()}
    assert figures == {"A": (37600, 40), "B": (37600, 40)}
    assert analytics.metric("blocks_total") == 47 + 4
    assert analytics.metric("readings_total", outcome="duplicate") == 7
