"""Units of indicators against those that ingest tells of, over HTTP and the topic of reading types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.events.reading_types import READING_TYPE_DEFINED, MeasureDefined, ReadingTypeDefined
from shared.events.topics import READING_TYPES
from tests.service.analytics.alone import Alone, alone

INDICATOR = "indicators/repair-time"
MEAN: dict[str, Any] = {
    "reading_type": "repair",
    "formula": {"kind": "mean", "measure": "duration"},
    "window": {"kind": "tumbling", "every": "day"},
    "direction": "lower_is_better",
}


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        yield running


def tell(analytics: Alone, version: int, unit: str) -> None:
    data = ReadingTypeDefined("repair", version, ["line"], {"duration": MeasureDefined(unit)})
    analytics.publish(READING_TYPES, READING_TYPE_DEFINED, data, key="repair", producer="ingest")


def test_a_unit_that_the_measure_does_not_have_is_refused(analytics: Alone) -> None:
    tell(analytics, 1, "min")
    refused = analytics.put(INDICATOR, MEAN | {"unit": "h"}, expect=422)
    [problem] = refused["errors"]
    assert problem["pointer"] == "/unit"
    assert problem["detail"].startswith(
        "the values are in min by the reading type repair, not in h; write min, or give"
    )
    created = analytics.put(INDICATOR, MEAN | {"unit": "min"}, expect=201)
    assert created["problems"] == []


def test_a_type_that_nobody_has_told_of_is_not_checked_and_shown_when_somebody_has(analytics: Alone) -> None:
    assert analytics.put(INDICATOR, MEAN | {"unit": "h"}, expect=201)["problems"] == []
    tell(analytics, 1, "min")
    [problem] = analytics.get(INDICATOR)["problems"]
    assert problem.startswith("its unit: the values are in min")
    assert analytics.put(INDICATOR, MEAN | {"unit": "h"}, expect=200)["version"] == 1, "what is in force is not refused"
    tell(analytics, 2, "h")
    assert analytics.get(INDICATOR)["problems"] == []


def test_a_unit_that_is_left_out_is_taken_and_shown(analytics: Alone) -> None:
    tell(analytics, 1, "min")
    [problem] = analytics.put(INDICATOR, MEAN, expect=201)["problems"]
    assert "not in 1; write min" in problem


def test_an_older_version_changes_nothing(analytics: Alone) -> None:
    tell(analytics, 2, "h")
    tell(analytics, 1, "min")
    analytics.restart()
    assert analytics.put(INDICATOR, MEAN | {"unit": "h"}, expect=201)["problems"] == []
