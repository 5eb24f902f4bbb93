"""The dictionary of indicators over HTTP: who answers for what, what it computes, from which data."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.events.definitions import IndicatorDefined
from shared.events.topics import DEFINITIONS
from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
ENGLISH = "passed ÷ inspected, by line, each week (default)"


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        yield running


def refused(analytics: Alone, **changed: Any) -> tuple[str, str]:
    """Pointer and detail of the one problem of a definition that is refused."""
    problem = analytics.put("indicators/first-pass-yield", YIELD | changed, expect=422)
    [error] = problem["errors"]
    return error["pointer"], error["detail"]


def test_an_indicator_says_who_answers_for_it_and_what_it_computes(analytics: Alone) -> None:
    people = {"owner": "role:quality_manager", "deputy": "person:li"}
    created = analytics.put("indicators/first-pass-yield", YIELD | people, expect=201)
    assert {name: created[name] for name in people} == people
    assert created["formula_text"]["en"] == ENGLISH
    assert created["formula_text"]["zh"] == "passed ÷ inspected，按 line 分组，每周（default）"
    assert created["counting_period"] == {"en": "each week (default)", "zh": "每周（default）"}
    [listed] = analytics.own_indicators()
    assert listed == created == analytics.get("indicators/first-pass-yield")


def test_the_other_services_are_told_the_same(analytics: Alone) -> None:
    analytics.put("indicators/first-pass-yield", YIELD | {"owner": "person:wang", "data_source": "MES, line ends"})
    analytics.settle()
    [(_, told)] = analytics.events(DEFINITIONS, IndicatorDefined)
    assert (told.owner, told.deputy, told.data_source) == ("person:wang", None, "MES, line ends")
    assert told.formula_text["en"] == ENGLISH


def test_a_change_of_owner_keeps_the_values(analytics: Alone) -> None:
    analytics.put("indicators/first-pass-yield", YIELD)
    changed = analytics.put("indicators/first-pass-yield", YIELD | {"owner": "person:wang"})
    assert (changed["version"], changed["computed_as"]) == (2, 1)


def test_the_data_source_is_that_of_the_readings_unless_somebody_says_otherwise(analytics: Alone) -> None:
    assert analytics.put("indicators/first-pass-yield", YIELD)["data_source"] == "inspection"
    readings = [
        Inspection("1", MONDAY, "A", 950, 1000, source="mes-8"),
        Inspection("2", MONDAY + timedelta(hours=1), "A", 960, 1000, source="mes-7"),
    ]
    analytics.send(readings)
    assert analytics.get("indicators/first-pass-yield")["data_source"] == "mes-7, mes-8 (inspection)"
    said = analytics.put("indicators/first-pass-yield", YIELD | {"data_source": "inspection lots at line end"})
    assert said["data_source"] == "inspection lots at line end"


def test_indicators_are_found_by_owner_and_by_reading_type(analytics: Alone) -> None:
    for number in range(5):
        owner = "person:wang" if number % 2 else "person:li"
        analytics.put(f"indicators/yield-{number}", YIELD | {"owner": owner})
    analytics.put("indicators/answered", YIELD | {"reading_type": "ticket", "owner": "person:li"})

    def names(query: str) -> list[str]:
        return [item["name"] for item in analytics.get(f"indicators?{query}")["items"]]

    assert names("owner=person:wang") == ["yield-1", "yield-3"]
    assert names("reading_type=ticket") == ["answered"]
    assert names("owner=person:wang&reading_type=ticket") == []
    first = analytics.get("indicators?owner=person:li&limit=2")
    second = analytics.get(f"indicators?owner=person:li&limit=2&cursor={first['next']}")
    assert [item["name"] for item in first["items"]] == ["answered", "yield-0"]
    assert [item["name"] for item in second["items"]] == ["yield-2", "yield-4"]
    assert second["next"] is None


def test_a_unit_that_does_not_exist_is_refused(analytics: Alone) -> None:
    pointer, detail = refused(analytics, unit="furlongs-ish")
    assert pointer == "/unit"
    assert "write for example min, kg, degC" in detail


def test_a_count_has_no_unit(analytics: Alone) -> None:
    pointer, detail = refused(analytics, formula={"kind": "count"}, unit="min")
    assert (pointer, "leave the unit out" in detail) == ("/unit", True)


def test_a_deputy_is_somebody_else(analytics: Alone) -> None:
    pointer, detail = refused(analytics, owner="person:li", deputy="person:li")
    assert (pointer, "somebody who stands in" in detail) == ("/deputy", True)
