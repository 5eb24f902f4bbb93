"""Indicators that exist from the start: shown, kept from being changed, and what may be computed beside them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.analytics.domain.built_in import BUILT_IN
from tests.service.analytics.alone import Alone, Inspection, alone

MONDAY = datetime(2026, 3, 23, 8, tzinfo=UTC)
BY_DAY: dict[str, Any] = {
    "reading_type": "andon-delivery",
    "formula": {"kind": "sum", "measure": "readings"},
    "by": ["source"],
    "window": {"kind": "tumbling", "every": "day"},
    "direction": "higher_is_better",
}


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.settle()
        yield running


def refused(analytics: Alone, path: str, body: dict[str, Any]) -> tuple[str, str]:
    """Pointer and detail of the one problem of a definition that is refused."""
    [problem] = analytics.put(path, body, expect=422)["errors"]
    return problem["pointer"], problem["detail"]


def inspections(count: int, *, begins: int = 0) -> list[Inspection]:
    return [Inspection(f"e{n}", MONDAY + timedelta(hours=n % 30), "A", 9, 10) for n in range(begins, begins + count)]


def test_they_are_in_the_dictionary_and_say_what_they_are(analytics: Alone) -> None:
    listed = {item["name"]: item for item in analytics.get("indicators")["items"]}
    assert listed.keys() == BUILT_IN.keys()
    assert {(item["built_in"], item["owner"], item["unit"]) for item in listed.values()} == {(True, "Andon", "%")}
    shown = listed["andon-rejection-rate"]["formula_text"]
    assert shown["en"] == "refused ÷ received, by source, each hour (default)"
    assert shown["zh"] == "refused ÷ received，按 source 分组，每小时（default）"


def test_they_are_defined_once(analytics: Alone) -> None:
    analytics.restart()
    analytics.settle()
    assert {item["version"] for item in analytics.get("indicators")["items"]} == {1}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_they_cannot_be_changed_and_it_is_said_what_can_be_done(analytics: Alone, name: str) -> None:
    pointer, detail = refused(analytics, f"indicators/{name}", BY_DAY)
    assert pointer == "/name"
    assert "judge it by rules and goals" in detail
    assert f"over the reading type {BUILT_IN[name]['reading_type']}" in detail


def test_their_names_are_kept_free(analytics: Alone) -> None:
    pointer, detail = refused(analytics, "indicators/andon-mine", BY_DAY)
    assert (pointer, "choose another name" in detail) == ("/name", True)


def test_what_sums_do_not_tell_is_refused(analytics: Alone) -> None:
    mean = BY_DAY | {"formula": {"kind": "mean", "measure": "readings"}}
    assert refused(analytics, "indicators/mine", mean) == (
        "/formula/kind",
        "rows of andon-delivery stand for many readings; use ratio or sum or count",
    )
    unknown = BY_DAY | {"formula": {"kind": "sum", "measure": "weight"}}
    assert refused(analytics, "indicators/mine", unknown) == (
        "/formula",
        "andon-delivery has no weight; its measures are readings, on_time, came, expected",
    )


def test_an_indicator_of_ones_own_counts_what_came_before_and_after_it(analytics: Alone) -> None:
    analytics.send(inspections(40))
    analytics.put("indicators/mine", BY_DAY)
    analytics.settle()
    analytics.send([*inspections(20), *inspections(20, begins=40)])
    analytics.pass_time(timedelta(days=2))
    values = [(value["value"], value["sample_size"]) for value in analytics.values("mine")]
    assert values == [(32, 32), (28, 28)]
    hours = [value["denominator"] for value in analytics.values("andon-timeliness")]
    assert sum(hours) == 60


def test_a_value_can_be_explained_by_what_came(analytics: Alone) -> None:
    analytics.send([*inspections(1), *inspections(1, begins=29)])
    [first, _] = analytics.values("andon-timeliness")
    assert (first["value"], first["sample_size"]) == (0.0, 1)
    start = first["window"]["start"]
    [row] = analytics.get(f"indicators/andon-timeliness/values/{start}/readings?subject.source=mes-7")["items"]
    assert (row["event_id"], row["measures"]) == ("e0", {"on_time": 0.0, "readings": 1.0})
