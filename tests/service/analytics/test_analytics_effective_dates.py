"""Versions with a date of effect: values against plain Python, which chooses the version of each window, whatever the order of events."""

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.events.kpi_values import KpiValueComputed
from shared.events.topics import KPI_VALUES
from tests.service.analytics.alone import Alone, Inspection, Revision, alone
from tests.service.analytics.definitions import YIELD
from tests.service.analytics.test_analytics_reference import step_at_random

DAY = timedelta(days=1)
FIRST = datetime.fromisoformat("2026-11-02T00:00:00+00:00")
DAYS = 12
NAME = "first-pass-yield"
INDICATOR = f"indicators/{NAME}"
DAILY = YIELD | {"window": {"kind": "tumbling", "every": "day"}, "minimum_sample": 0, "allowed_lateness": "PT0S"}
FORMULAS: list[dict[str, Any]] = [
    {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
    {"kind": "ratio", "numerator": "inspected", "denominator": "passed"},
    {"kind": "ratio", "numerator": "passed", "denominator": "inspected", "where": {"line": ["A"]}},
]


@dataclass(frozen=True)
class Version:
    """A definition: one of FORMULAS, a least sample, and from which day on it counts; None for all windows."""

    formula: int
    sample: int
    day: int | None

    @property
    def body(self) -> dict[str, Any]:
        date = {} if self.day is None else {"effective_from": (FIRST + self.day * DAY + timedelta(hours=5)).isoformat()}
        return DAILY | {"minimum_sample": self.sample, "formula": FORMULAS[self.formula]} | date


Facts = dict[tuple[str, int], tuple[float, float, int, str]]
"""(Line, day) → numerator, denominator, sample size, judgement."""


def wanted(versions: Sequence[Version], held: Sequence[Inspection]) -> Facts:
    found: Facts = {}
    for reading in held:
        day = (reading.at - FIRST).days
        # Windows begin at midnight, so a version of five o'clock counts from the next day on.
        ruling = next((one for one in reversed(versions) if one.day is None or one.day < day), None)
        if ruling is None or (ruling.formula == 2 and reading.line != "A"):
            continue
        top, bottom, sample, _ = found.get((reading.line, day), (0.0, 0.0, 0, ""))
        both = (reading.passed, reading.inspected) if ruling.formula != 1 else (reading.inspected, reading.passed)
        top, bottom = top + both[0], bottom + both[1]
        judgement = "judged" if bottom >= ruling.sample else "insufficient"
        found[reading.line, day] = (top, bottom, sample + 1, judgement)
    return found


def facts(analytics: Alone) -> Facts:
    return {
        (item["subject"]["line"], (datetime.fromisoformat(item["window"]["start"]) - FIRST).days): (
            item["numerator"],
            item["denominator"],
            item["sample_size"],
            item["judgement"],
        )
        for item in analytics.values(NAME)
        if item["sample_size"]
    }


VERSIONS = st.builds(Version, st.integers(0, 2), st.sampled_from([0, 150, 250]), st.none() | st.integers(-2, DAYS + 2))


@given(st.lists(VERSIONS, min_size=1, max_size=4), st.integers(0, 2**32))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_value_is_that_of_the_version_that_counts_for_its_window(
    monkeypatch: pytest.MonkeyPatch, versions: list[Version], seed: int
) -> None:
    monkeypatch.setenv("ANDON_ANALYTICS_HISTORY_BATCH", "7")
    order = random.Random(seed)
    events = [_any_event(order, number) for number in range(30)]
    revised = order.sample(events, 6)
    held = {event.id: event for event in events}
    changed = {event.id: replace(event, passed=order.randint(1, 79), line=order.choice("AB")) for event in revised}
    revisions = [Revision(f"r{event.id}", FIRST, event.id, changed[event.id]) for event in revised]
    sent: list[Inspection | Revision | Version] = [*sorted(events, key=lambda one: one.at), *versions[1:]]
    sent.insert(order.randint(0, len(sent)), versions[0])
    again: list[Inspection | Revision] = [*revisions, *order.sample(events, 4)]
    for late in again:
        sent.insert(order.randint(0, len(sent)), late)
    in_order = iter(versions)
    with tempfile.TemporaryDirectory() as folder, alone(Path(folder)) as analytics:
        for one in _shuffled_a_little(order, sent):
            if isinstance(one, Version):
                analytics.put(INDICATOR, next(in_order).body)
            elif isinstance(one, Inspection):
                analytics.send([one], settle=False)
            else:
                analytics.revise([one], settle=False)
            step_at_random(analytics, order)
            if order.random() < 0.03:
                analytics.restart()
        analytics.settle()
        assert facts(analytics) == wanted(versions, list((held | changed).values()))


def _any_event(order: random.Random, number: int) -> Inspection:
    at = FIRST + timedelta(hours=order.randrange(24 * DAYS), minutes=number)
    return Inspection(f"e{number}", at, order.choice("AB"), order.randint(1, 99), 100)


def _shuffled_a_little(order: random.Random, sent: list[Any]) -> list[Any]:
    """Near their places, so that windows close under way and later readings restate some of them."""
    places = {id(one): place + order.uniform(0, 8) for place, one in enumerate(sent)}
    return sorted(sent, key=lambda one: places[id(one)])


def inspection(number: int, passed: float, *, day: int, line: str = "A") -> Inspection:
    return Inspection(f"e{number}", FIRST + day * DAY + timedelta(minutes=number), line, passed, 100)


def put(analytics: Alone, formula: int, day: int | None = None, **others: Any) -> dict[str, Any]:
    date = {} if day is None else {"effective_from": (FIRST + day * DAY).isoformat()}
    return analytics.put(INDICATOR, DAILY | {"formula": FORMULAS[formula]} | date | others)


@pytest.fixture
def analytics(tmp_path: Path) -> Alone:  # type: ignore[misc]
    with alone(tmp_path) as found:
        put(found, 0)
        found.send([inspection(day, 80, day=day) for day in range(6)])
        yield found


def told(analytics: Alone) -> list[tuple[int, float | None, str, int, int | None]]:
    """(Day, value, status, revision, version of the formula) of each value published that is not provisional."""
    events = [data for _, data in analytics.events(KPI_VALUES, KpiValueComputed) if data.status != "provisional"]
    return [
        ((data.window.start - FIRST).days, data.value, data.status, data.revision, data.formula_version)
        for data in events
    ]


def test_a_date_in_the_past_restates_windows_from_it_on_and_leaves_those_before_alone(analytics: Alone) -> None:
    before = told(analytics)
    assert sorted(before) == [(day, 0.8, "final", 1, None) for day in range(5)]
    assert put(analytics, 1, day=3)["computed_as"] == 1
    analytics.settle()
    assert sorted(told(analytics)[len(before) :]) == [(day, 1.25, "restated", 2, 2) for day in (3, 4)]
    shown = [(item["value"], item["indicator_version"], item["formula_version"]) for item in analytics.values(NAME)]
    assert shown == [(0.8, 1, 1)] * 3 + [(1.25, 1, 2)] * 3


def test_what_is_being_computed_anew_says_so(analytics: Alone) -> None:
    put(analytics, 1, day=3)
    assert [item["formula_version"] for item in analytics.values(NAME)] == [1, 1, 1, None, None, None]
    explain = f"{INDICATOR}/explain?subject.line=A&window_start="
    refused = analytics.get(f"{explain}2026-11-05T00:00:00Z", expect=409)
    assert refused["type"] == "/problems/history-incomplete"
    assert analytics.get(f"{explain}2026-11-04T00:00:00Z")["definition"]["version"] == 1
    analytics.settle()
    assert analytics.get(f"{explain}2026-11-05T00:00:00Z")["definition"]["version"] == 2


def test_a_date_in_the_future_comes_by_itself(analytics: Alone) -> None:
    put(analytics, 1, day=8)
    analytics.settle()
    assert {item["value"] for item in analytics.values(NAME)} == {0.8}
    analytics.send([inspection(10 + day, 80, day=day) for day in range(6, 11)])
    assert [(day, value, version) for day, value, _, _, version in told(analytics)[-4:]] == [
        (6, 0.8, 1),
        (7, 0.8, 1),
        (8, 1.25, 2),
        (9, 1.25, 2),
    ]


def test_a_window_that_has_no_reading_by_the_new_formula_loses_its_value(analytics: Alone) -> None:
    analytics.send([inspection(20 + day, 70, day=day, line="B") for day in (1, 4, 5)])
    put(analytics, 2, day=3)
    analytics.settle()
    of_b = [(item["value"], item["sample_size"], item["status"]) for item in analytics.values(NAME, "subject.line=B")]
    assert of_b == [(0.7, 1, "final"), (None, 0, "restated"), (None, 0, "provisional")]


def test_an_indicator_that_is_new_has_no_values_before_its_date(tmp_path: Path) -> None:
    with alone(tmp_path) as analytics:
        analytics.send([inspection(day, 80, day=day) for day in range(6)])
        put(analytics, 0, day=3)
        analytics.send([inspection(10 + day, 80, day=day) for day in range(1, 5)])
        assert sorted(facts(analytics)) == [("A", 3), ("A", 4), ("A", 5)]
        assert told(analytics)[0][4] == 1


def test_the_same_body_is_the_same_version_and_another_title_computes_nothing(analytics: Alone) -> None:
    put(analytics, 1, day=3)
    analytics.settle()
    count = len(told(analytics))
    assert put(analytics, 1, day=3)["version"] == 2
    renamed = put(analytics, 1, day=3, title={"en": "Yield"})
    analytics.settle()
    assert (renamed["version"], renamed["computed_as"]) == (3, 1)
    assert len(told(analytics)) == count


def test_what_is_taken_back_from_the_same_date_on_is_as_it_was(analytics: Alone) -> None:
    put(analytics, 1, day=3)
    analytics.settle()
    put(analytics, 0, day=3)
    analytics.settle()
    assert {item["value"] for item in analytics.values(NAME)} == {0.8}
    assert [item["formula_version"] for item in analytics.values(NAME)] == [1, 1, 1, 3, 3, 3]


def test_a_version_without_a_date_counts_for_all_windows_and_begins_a_series(analytics: Alone) -> None:
    put(analytics, 1, day=3)
    analytics.settle()
    assert put(analytics, 1)["computed_as"] == 3
    analytics.settle()
    shown = [(item["value"], item["indicator_version"], item["formula_version"]) for item in analytics.values(NAME)]
    assert shown == [(1.25, 3, 3)] * 6
    former = [(item["value"], item["formula_version"]) for item in analytics.values(NAME, "version=1")]
    assert former == [(0.8, 1)] * 3 + [(1.25, 2)] * 3


def test_a_value_is_explained_by_the_version_that_made_it(analytics: Alone) -> None:
    put(analytics, 1, day=3)
    put(analytics, 1, day=3, title={"en": "Yield"})
    analytics.settle()

    def explained(day: int) -> dict[str, Any]:
        start = (FIRST + day * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        return analytics.get(f"{INDICATOR}/explain?subject.line=A&window_start={start}")

    old, new = explained(2), explained(3)
    assert old["with_numbers"]["en"] == "80 ÷ 100 = 0.8"
    assert old["formula_text"]["en"].startswith("passed ÷ inspected")
    assert (old["definition"]["version"], old["definition"]["effective_from"]) == (1, None)
    assert new["with_numbers"]["en"] == "100 ÷ 80 = 1.25"
    assert (new["definition"]["version"], new["definition"]["effective_from"]) == (3, "2026-11-05T00:00:00Z")
    versions = analytics.get(f"{INDICATOR}/versions")["items"]
    assert [item["effective_from"] for item in versions] == [None, "2026-11-05T00:00:00Z", "2026-11-05T00:00:00Z"]


def test_readings_behind_a_value_are_those_that_its_version_counts(analytics: Alone) -> None:
    analytics.send([inspection(20 + day, 70, day=day, line="B") for day in (1, 4)])
    put(analytics, 2, day=3)
    analytics.settle()
    found = analytics.get(f"{INDICATOR}/values/2026-11-03T00:00:00Z/readings")["items"]
    assert [item["event_id"] for item in found] == ["e1", "e21"]
    found = analytics.get(f"{INDICATOR}/values/2026-11-06T00:00:00Z/readings")["items"]
    assert [item["event_id"] for item in found] == ["e4"]


def test_rules_are_asked_again_and_charts_begin_a_phase(analytics: Alone) -> None:
    rule = {"indicator": NAME, "kind": "target", "comparator": ">=", "target": 0.9, "severity": "minor"}
    analytics.put("rules/at-least-90", rule)
    analytics.put("rules/steady", {"indicator": NAME, "kind": "change_from_previous", "more_than_share": 0.1})
    analytics.settle()
    [one] = analytics.anomalies("rule=at-least-90")
    assert (one["state"], one["windows_missed"]) == ("open", 5)
    put(analytics, 1, day=3)
    analytics.settle()
    [same] = analytics.anomalies("rule=at-least-90")
    assert (same["id"], same["state"], same["windows_missed"]) == (one["id"], "cleared", 3)
    assert analytics.anomalies("rule=steady") == [], "another formula is no change of the process"
    chart = analytics.get(f"{INDICATOR}/chart?subject.line=A")
    reasons = [None if phase["rebase"] is None else phase["rebase"]["reason"] for phase in chart["phases"]]
    assert reasons == [None, "computed by version 2 from here on"]


def test_what_cannot_have_a_date_is_refused_by_field_and_remedy(analytics: Alone) -> None:
    body = YIELD | {"effective_from": FIRST.isoformat(), "by": []}
    refused = analytics.put(INDICATOR, body, expect=422)
    pointers = {problem["pointer"] for problem in refused["errors"]}
    assert pointers == {"/by", "/window"}


def test_a_date_from_which_readings_are_no_longer_kept_is_refused(tmp_path: Path) -> None:
    with alone(tmp_path, readings_kept_days=3) as analytics:
        put(analytics, 0, day=1)
        analytics.send([inspection(day, 80, day=day) for day in range(6)])
        analytics.pass_time(timedelta(days=10))
        assert put(analytics, 0, day=1, title={"en": "Yield"})["version"] == 2, "nothing is to be computed anew"
        body = DAILY | {"formula": FORMULAS[1], "effective_from": (FIRST + 2 * DAY).isoformat()}
        refused = analytics.put(INDICATOR, body, expect=422)
        [problem] = refused["errors"]
        assert problem["pointer"] == "/effective_from"
        assert "write a later date" in problem["detail"]


def test_a_calendar_that_changes_keeps_the_dates(analytics: Alone) -> None:
    analytics.put("calendars/plant", {"time_zone": "UTC"})
    put(analytics, 0, calendar="plant")
    put(analytics, 1, day=3, calendar="plant")
    analytics.put("calendars/plant", {"time_zone": "Etc/GMT-1"})
    analytics.settle()
    shown = [(item["window"]["start"], item["value"]) for item in analytics.values(NAME)]
    assert [value for _, value in shown] == [0.8] * 4 + [1.25] * 2, "the fourth day begins an hour before the date now"
    assert shown[0][0] == "2026-11-01T23:00:00Z"
    assert {item["indicator_version"] for item in analytics.values(NAME)} == {4}


def score(analytics: Alone, expression: str, day: int | None = None) -> None:
    date = {} if day is None else {"effective_from": (FIRST + day * DAY).isoformat()}
    formula = {"kind": "derived", "expression": expression}
    derived = {"formula": formula, "by": ["line"], "window": DAILY["window"], "direction": "higher_is_better"}
    analytics.put("indicators/score", derived | date)
    analytics.settle()


def scores(analytics: Alone) -> list[tuple[float | None, str, int]]:
    """Of windows that have closed."""
    found = [(item["value"], item["status"], item["formula_version"]) for item in analytics.values("score")]
    return [one for one in found if one[1] != "provisional"]


def test_a_derived_indicator_changes_its_formula_and_its_parts_at_a_date(analytics: Alone) -> None:
    mean = DAILY | {"formula": {"kind": "mean", "measure": "passed"}}
    analytics.put("indicators/passed-mean", mean)
    score(analytics, "first-pass-yield * 10")
    assert scores(analytics) == [(8.0, "final", 1)] * 5
    score(analytics, "passed-mean * 2", day=3)
    assert scores(analytics) == [(8.0, "final", 1)] * 3 + [(160.0, "restated", 2)] * 2
    analytics.send([inspection(10 + day, 40, day=day) for day in (1, 4, 6, 7)])
    assert [value for value, _, _ in scores(analytics)] == [8.0, 6.0, 8.0, 160.0, 120.0, 160.0, 80.0]
    explain = "indicators/score/explain?subject.line=A&window_start="
    assert [part["indicator"] for part in analytics.get(f"{explain}2026-11-04T00:00:00Z")["parts"]] == [NAME]
    new = analytics.get(f"{explain}2026-11-05T00:00:00Z")
    assert ([part["indicator"] for part in new["parts"]], new["definition"]["version"]) == (["passed-mean"], 2)


def test_a_derived_indicator_follows_the_date_of_its_part(analytics: Alone) -> None:
    score(analytics, "first-pass-yield * 10")
    put(analytics, 1, day=3)
    analytics.settle()
    assert [value for value, _, _ in scores(analytics)] == [8.0] * 3 + [12.5] * 2


def test_a_derived_window_without_the_new_part_loses_its_value(analytics: Alone) -> None:
    of_line_b = DAILY | {"formula": {"kind": "mean", "measure": "passed", "where": {"line": ["B"]}}}
    analytics.put("indicators/passed-mean", of_line_b)
    score(analytics, "first-pass-yield * 10")
    score(analytics, "passed-mean * 2", day=3)
    assert [(value, status) for value, status, _ in scores(analytics)] == [(8.0, "final")] * 3 + [
        (None, "restated")
    ] * 2


def test_what_an_earlier_version_rests_on_cannot_come_to_rest_on_it(analytics: Alone) -> None:
    analytics.put("indicators/passed-mean", DAILY | {"formula": {"kind": "mean", "measure": "passed"}})
    score(analytics, "passed-mean * 10")
    score(analytics, "first-pass-yield * 2", day=3)
    derived = {"formula": {"kind": "derived", "expression": "score + 1"}, "by": ["line"], "window": DAILY["window"]}
    refused = analytics.put("indicators/passed-mean", derived | {"direction": "higher_is_better"}, expect=422)
    assert "comes back to passed-mean itself" in refused["errors"][0]["detail"]
