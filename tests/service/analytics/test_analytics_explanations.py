"""Where one figure comes from: numbers, panes, readings, closing, rules; and the versions of its definition."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
START_OF_WEEK = "2026-03-02T00:00:00Z"


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", YIELD)
        yield running


def explained(analytics: Alone, indicator: str = "first-pass-yield", start: str = START_OF_WEEK) -> dict[str, Any]:
    answer: dict[str, Any] = analytics.get(f"indicators/{indicator}/explain?subject.line=A&window_start={start}")
    return answer


def two_bad_weeks(analytics: Alone) -> None:
    weeks = [
        Inspection(f"A-{number}-{part}", MONDAY + number * WEEK + part * DAY, "A", 470, 500)
        for number in range(2)
        for part in range(2)
    ]
    analytics.send([*weeks, Inspection("last", MONDAY + 4 * WEEK, "A", 0, 1)])


def test_a_value_is_traced_back_to_its_readings(analytics: Alone) -> None:
    two_bad_weeks(analytics)
    shown = explained(analytics)
    assert (shown["value"]["value"], shown["value"]["status"]) == (0.94, "final")
    assert shown["with_numbers"] == {"en": "940 ÷ 1000 = 0.94", "zh": "940 ÷ 1000 = 0.94"}
    assert shown["formula_text"]["en"] == "passed ÷ inspected, by line, each week (default)"
    [pane] = shown["panes"]
    assert (pane["start"], pane["readings"], pane["numerator"], pane["denominator"]) == (START_OF_WEEK, 2, 940, 1000)
    assert [reading["event_id"] for reading in shown["readings"]["first"]] == ["A-0-0", "A-0-1"]
    assert shown["readings"]["count"] == 2
    everything = analytics.get(shown["readings"]["all"].removeprefix("/v1/"))
    assert everything["items"] == shown["readings"]["first"]


def test_an_explanation_names_the_definition_and_what_closed_the_window(analytics: Alone) -> None:
    two_bad_weeks(analytics)
    analytics.put("indicators/first-pass-yield", YIELD | {"title": "Yield"})
    shown = explained(analytics)
    definition = shown["definition"]
    assert (definition["version"], definition["computed_as"], definition["calendar"]) == (2, 1, "default")
    assert definition["defined_by"] == "local"
    closing = shown["closing"]
    assert (closing["at"], closing["watermark"], closing["held_by"]) == (
        "2026-03-09T02:00:00Z",
        "2026-03-30T00:00:00Z",
        "mes-7",
    )


def test_each_rule_says_what_it_found(analytics: Alone) -> None:
    analytics.put("rules/yield-below-95", BELOW_95)
    analytics.put("rules/yield-below-90", BELOW_95 | {"target": 0.9})
    analytics.put("rules/of-line-b", BELOW_95 | {"subject": {"line": "B"}})
    analytics.put("rules/large-samples", BELOW_95 | {"minimum_sample": 5000})
    two_bad_weeks(analytics)
    verdicts = {one["rule"]: one for one in explained(analytics)["rules"]}
    said = {name: (one["verdict"], one["because"], one["limit"]) for name, one in verdicts.items()}
    assert said == {
        "yield-below-95": ("found", None, 0.95),
        "yield-below-90": ("in-order", None, 0.9),
        "of-line-b": ("left-out", "other-subject", None),
        "large-samples": ("left-out", "cannot-judge", None),
    }
    [anomaly] = analytics.anomalies()
    assert verdicts["yield-below-95"]["anomalies"] == [anomaly["id"]]
    assert verdicts["yield-below-95"]["reasons"] == anomaly["reasons"]
    assert verdicts["yield-below-90"]["anomalies"] == []


def test_an_open_and_a_small_window_are_left_out_by_rules(analytics: Alone) -> None:
    analytics.put("rules/yield-below-95", BELOW_95)
    two_bad_weeks(analytics)
    [verdict] = explained(analytics, start="2026-03-30T00:00:00Z")["rules"]
    assert (verdict["verdict"], verdict["because"]) == ("left-out", "provisional")
    analytics.put("indicators/first-pass-yield", YIELD | {"minimum_sample": 2000})
    analytics.settle()
    [verdict] = explained(analytics)["rules"]
    assert (verdict["verdict"], verdict["because"]) == ("left-out", "insufficient")


def test_an_open_window_shows_the_panes_that_are_held(analytics: Alone) -> None:
    two_bad_weeks(analytics)
    analytics.send([Inspection("later", MONDAY + 4 * WEEK + DAY, "A", 94, 99)])
    shown = explained(analytics, start="2026-03-30T00:00:00Z")
    assert shown["value"]["status"] == "provisional"
    [pane] = shown["panes"]
    assert (pane["start"], pane["readings"], pane["numerator"], pane["denominator"]) == (
        "2026-03-30T00:00:00Z",
        2,
        94,
        100,
    )


def test_a_rolling_window_shows_the_panes_that_were_added(analytics: Alone) -> None:
    rolling = YIELD | {"window": {"kind": "rolling", "length": "P7D", "step": "P1D"}}
    analytics.put("indicators/rolling-yield", rolling)
    two_bad_weeks(analytics)
    shown = explained(analytics, "rolling-yield")
    assert [(pane["start"], pane["numerator"]) for pane in shown["panes"]] == [
        ("2026-03-02T00:00:00Z", 470),
        ("2026-03-03T00:00:00Z", 470),
    ]
    assert shown["with_numbers"]["en"] == "940 ÷ 1000 = 0.94"


@pytest.mark.parametrize(
    ("formula", "english", "chinese"),
    [
        ({"kind": "sum", "measure": "passed"}, "sum of passed (2 readings) = 940", "passed 之和（2 个读数）= 940"),
        ({"kind": "mean", "measure": "passed"}, "940 ÷ 2 = 470", "940 ÷ 2 = 470"),
        ({"kind": "count"}, "number of readings (2 readings) = 2", "读数个数（2 个读数）= 2"),
        ({"kind": "standard_deviation", "measure": "passed"}, "standard deviation of passed (2 readings) = 0", None),
    ],
)
def test_every_formula_shows_its_numbers(analytics: Alone, formula: Any, english: str, chinese: str | None) -> None:
    analytics.put("indicators/other", YIELD | {"formula": formula, "minimum_sample": 0})
    two_bad_weeks(analytics)
    shown = explained(analytics, "other")["with_numbers"]
    assert shown["en"] == english
    assert chinese is None or shown["zh"] == chinese


def test_an_explanation_is_of_one_value(analytics: Alone) -> None:
    two_bad_weeks(analytics)
    path = "indicators/first-pass-yield/explain"
    of_all = analytics.get(f"{path}?window_start={START_OF_WEEK}", expect=400)
    assert "subject.line=…" in of_all["detail"]
    nowhere = analytics.get(f"{path}?subject.line=A&window_start=2026-03-03T00:00:00Z", expect=404)
    assert nowhere["type"] == "/problems/unknown-window"
    assert analytics.get("indicators/none/explain?window_start=2026-03-02", expect=404)["type"].endswith(
        "unknown-indicator"
    )
    assert analytics.get(f"{path}?subject.line=A", expect=422)


def test_versions_say_who_changed_what_and_when(analytics: Alone) -> None:
    analytics.put("indicators/first-pass-yield", YIELD | {"minimum_sample": 50, "owner": "person:li"})
    analytics.put("indicators/first-pass-yield", YIELD | {"by": [], "minimum_sample": 50, "owner": "person:li"})
    first, second, third = analytics.get("indicators/first-pass-yield/versions")["items"]
    assert (first["version"], first["computed_as"], first["changes"], first["defined_by"]) == (1, 1, [], "local")
    assert second["changes"] == [
        {"field": "minimum_sample", "before": 30, "after": 50},
        {"field": "owner", "before": None, "after": "person:li"},
    ]
    assert (second["version"], second["computed_as"]) == (2, 1)
    assert (third["computed_as"], third["changes"]) == (3, [{"field": "by", "before": ["line"], "after": []}])
    assert third["definition"]["by"] == []
    assert analytics.get("indicators/none/versions", expect=404)["type"].endswith("unknown-indicator")


def test_a_version_that_only_follows_its_calendar_changes_no_field(analytics: Alone) -> None:
    analytics.put("calendars/plant", {"week_starts": "monday"})
    analytics.put("indicators/of-plant", YIELD | {"calendar": "plant"})
    analytics.put("calendars/plant", {"week_starts": "sunday"})
    _, moved = analytics.get("indicators/of-plant/versions")["items"]
    assert (moved["version"], moved["computed_as"], moved["changes"]) == (2, 2, [])
