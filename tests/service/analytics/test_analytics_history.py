"""What is computed from readings that are kept: indicators that come later, and events that are corrected or retracted."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.service.analytics.alone import Alone, Inspection, Revision, alone
from tests.service.analytics.definitions import BELOW_95, YIELD
from tests.service.analytics.test_analytics_reference import define, episodes, readings, step_at_random, values
from tests.support.inspection_plant import DEFINITIONS, batches, expected

FIRST = datetime.fromisoformat("2026-03-02T08:00:00+00:00")
INDICATOR = "indicators/first-pass-yield"


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANDON_ANALYTICS_HISTORY_BATCH", "60")


@pytest.mark.parametrize("seed", range(3))
def test_an_indicator_that_comes_later_has_the_values_it_would_have_had(tmp_path: Path, seed: int) -> None:
    days = batches(seed, weeks=5)
    order = random.Random(seed)
    comes_after = order.randrange(len(days))
    with alone(tmp_path) as analytics:
        for number, batch in enumerate(days):
            if number == comes_after:
                define(analytics, "calendars", "indicators", "rules")
            analytics.send(readings(batch), settle=False)
            step_at_random(analytics, order)
            if order.random() < 0.05:
                analytics.restart()
        analytics.settle()
        wanted = expected(days)
        assert values(analytics) == wanted.values
        assert episodes(analytics) == wanted.episodes


def test_one_that_is_computed_otherwise_under_way_equals_one_that_always_was(tmp_path: Path) -> None:
    days = batches(7, weeks=5)
    order = random.Random(7)
    with alone(tmp_path) as analytics:
        define(analytics, "calendars")
        analytics.put(INDICATOR, DEFINITIONS[INDICATOR] | {"formula": {"kind": "count"}})
        define(analytics, "rules")
        for number, batch in enumerate(days):
            if number == len(days) // 2:
                analytics.put(INDICATOR, DEFINITIONS[INDICATOR])
            analytics.send(readings(batch), settle=False)
            step_at_random(analytics, order)
        analytics.settle()
        wanted = expected(days)
        assert values(analytics) == wanted.values
        assert episodes(analytics) == wanted.episodes


def inspection(number: int, passed: float, *, line: str = "A", week: int = 0) -> Inspection:
    return Inspection(f"e{number}", FIRST + timedelta(weeks=week, minutes=number), line, passed, 100)


def facts(analytics: Alone) -> dict[tuple[str, int], tuple[float, int]]:
    """(line, week) → (passed, sample size) of every window that has a value."""
    found = analytics.values("first-pass-yield")
    return {
        (
            item["subject"]["line"],
            (datetime.fromisoformat(item["window"]["start"]) - FIRST + timedelta(days=1)).days // 7,
        ): (item["numerator"], item["sample_size"])
        for item in found
        if item["sample_size"] > 0
    }


@pytest.fixture
def analytics(tmp_path: Path) -> Alone:  # type: ignore[misc]
    with alone(tmp_path) as found:
        found.put(INDICATOR, YIELD | {"minimum_sample": 0})
        yield found


def test_a_correction_takes_the_place_of_its_event(analytics: Alone) -> None:
    analytics.send([inspection(1, 90), inspection(2, 95)])
    analytics.revise([Revision("c1", FIRST, "e1", inspection(1, 70))])
    assert facts(analytics) == {("A", 0): (165, 2)}
    analytics.revise([Revision("c1", FIRST, "e1", inspection(1, 70))])
    assert facts(analytics) == {("A", 0): (165, 2)}


def test_a_correction_may_move_a_reading_to_another_subject_and_week(analytics: Alone) -> None:
    analytics.send([inspection(1, 90), inspection(2, 95)])
    analytics.revise([Revision("c1", FIRST, "e1", inspection(1, 80, line="B", week=1))])
    assert facts(analytics) == {("A", 0): (95, 1), ("B", 1): (80, 1)}


def test_a_window_whose_last_reading_is_retracted_has_no_value(analytics: Alone) -> None:
    analytics.send([inspection(1, 90)])
    analytics.revise([Revision("r1", FIRST, "e1")])
    [left] = analytics.values("first-pass-yield")
    assert (left["value"], left["sample_size"], left["judgement"]) == (None, 0, "insufficient")
    analytics.send([inspection(1, 90)])
    assert facts(analytics) == {}


def test_an_anomaly_that_rested_on_a_mistake_is_withdrawn(analytics: Alone) -> None:
    analytics.put("rules/yield-below-95", BELOW_95)
    analytics.send([inspection(week, 94, week=week) for week in range(2)])
    analytics.send([inspection(10, 99, week=12)])
    assert [item["state"] for item in analytics.anomalies()] == ["open"]
    analytics.revise([Revision("c1", FIRST, "e1", inspection(1, 99, week=1))])
    assert [item["state"] for item in analytics.anomalies("state=withdrawn")] == ["withdrawn"]


@pytest.mark.parametrize("seed", range(4))
def test_the_order_in_which_revisions_arrive_changes_nothing(tmp_path: Path, seed: int) -> None:
    order = random.Random(seed)
    events = [
        inspection(number, order.randint(80, 99), line=order.choice("AB"), week=order.randint(0, 3))
        for number in range(30)
    ]
    revisions = [_any_revision(order, number, order.choice(events)) for number in range(25)]
    sent: list[Inspection | Revision] = [*events, *revisions, *order.sample(events, 5), *order.sample(revisions, 5)]
    order.shuffle(sent)
    with alone(tmp_path) as analytics:
        later = order.random() < 0.5
        if not later:
            analytics.put(INDICATOR, YIELD | {"minimum_sample": 0})
        for one in sent:
            if isinstance(one, Inspection):
                analytics.send([one], settle=False)
            else:
                analytics.revise([one], settle=False)
            step_at_random(analytics, order)
        if later:
            analytics.put(INDICATOR, YIELD | {"minimum_sample": 0})
        analytics.settle()
        assert facts(analytics) == _holding(events, revisions)


def _any_revision(order: random.Random, number: int, event: Inspection) -> Revision:
    at = FIRST + timedelta(minutes=order.randint(0, 5))
    changed = replace(event, passed=order.randint(50, 79), line=order.choice("AB"))
    moved = replace(changed, at=event.at + timedelta(weeks=order.choice((0, 1))))
    return Revision(f"r{number}", at, event.id, order.choice((None, changed, moved)))


def _holding(events: Sequence[Inspection], revisions: Sequence[Revision]) -> dict[tuple[str, int], tuple[float, int]]:
    held: dict[str, Inspection | None] = {event.id: event for event in events}
    for revision in sorted(revisions, key=lambda one: (one.at, one.id)):
        held[revision.event_id] = revision.corrected
    found: dict[tuple[str, int], tuple[float, int]] = {}
    for event in held.values():
        if event is not None:
            key = (event.line, (event.at - FIRST).days // 7)
            passed, count = found.get(key, (0, 0))
            found[key] = (passed + event.passed, count + 1)
    return found


def behind(analytics: Alone, query: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    cursor = ""
    while True:
        page = analytics.get(f"{INDICATOR}/values/2026-03-02T00:00:00Z/readings?limit=2&{query}{cursor}")
        found += [(item["event_id"], item["measures"]["passed"]) for item in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_a_value_is_shown_with_the_readings_that_made_it(analytics: Alone) -> None:
    analytics.send([inspection(number, 80 + number) for number in range(5)])
    analytics.send([inspection(7, 70, line="B"), inspection(8, 70, week=1)])
    analytics.revise([Revision("c1", FIRST, "e1", inspection(1, 60)), Revision("r1", FIRST, "e3")])
    assert behind(analytics, "subject.line=A") == [("e0", 80), ("e1", 60), ("e2", 82), ("e4", 84)]
    assert behind(analytics, "subject.line=B") == [("e7", 70)]
    assert len(behind(analytics, "")) == 5
    unknown = f"{INDICATOR}/values/2026-01-05T00:00:00Z/readings"
    assert analytics.get(unknown, expect=404)["type"] == "/problems/unknown-window"
    assert analytics.get(f"{INDICATOR}/values/2026-03-02T00:00:00Z/readings?subject.shift=1", expect=400)
    assert analytics.get(f"{INDICATOR}/values/2026-03-02T00:00:00Z/readings?cursor=WyJhIl0", expect=400)
