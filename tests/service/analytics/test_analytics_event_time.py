"""Event time: the order in which a request's blocks are read changes nothing, not even on the way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.events.anomalies import AnomalySnapshot
from shared.events.kpi_values import KpiValueComputed
from shared.events.topics import ANOMALIES, KPI_VALUES
from tests.service.analytics.alone import Inspection, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
AT_ONCE = YIELD | {"allowed_lateness": "PT0S", "minimum_sample": 0}


def history(weeks: int) -> list[Inspection]:
    """Five inspections a week: four are bad and the largest is good, so that parts of a week look worse than all of it."""
    return [
        Inspection(f"{week}-{day}", MONDAY + timedelta(weeks=week, days=day), "A", *((0, 1) if day < 4 else (990, 996)))
        for week in range(weeks)
        for day in range(5)
    ]


@pytest.mark.parametrize("readings_batch", [1, 2, 500])
def test_one_request_over_many_weeks_is_final_at_once_and_raises_nothing_to_be_withdrawn(
    tmp_path: Path, readings_batch: int
) -> None:
    with alone(tmp_path, readings_batch=readings_batch) as analytics:
        analytics.put("indicators/first-pass-yield", AT_ONCE)
        analytics.put("rules/yield-below-95", BELOW_95 | {"target": 0.99, "for_windows": 1})
        analytics.settle()
        analytics.send(history(30))
        analytics.send([Inspection("last", MONDAY + timedelta(weeks=30), "A", 1, 1)])
        final = [value for _, value in analytics.events(KPI_VALUES, KpiValueComputed) if value.status != "provisional"]
        assert [(value.status, value.revision, value.numerator, value.sample_size) for value in final] == [
            ("final", 1, 990, 5)
        ] * 30
        assert analytics.events(ANOMALIES, AnomalySnapshot) == []
