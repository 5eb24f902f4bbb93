"""Rejection rate, timeliness and completeness of a source: counted exactly, judged by rules, promised by goals."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.inspection_plant import DEFINITIONS
from tests.support.platform import START, OneThread, one_thread
from tests.support.results import everything

MES = DEFINITIONS["sources/mes-7"]
PROMISED = DEFINITIONS | {"sources/mes-7": MES | {"cadence": "PT5M", "on_time_within": "PT10M"}}
MINUTE = timedelta(minutes=1)


def event(number: int, *, late: timedelta = timedelta(0), total: Any = 100, at: timedelta) -> dict[str, Any]:
    """One that is sent at START + `at`, and was observed so much earlier."""
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "mes-7",
        "type": "inspection.completed",
        "time": (START + at - late).isoformat(),
        "data": {"line": "A", "product": "pump", "total": total, "passed": 97},
    }


def quality(andon: OneThread, name: str) -> list[tuple[str, float | None, float, float]]:
    """(hour, value, numerator, denominator) of each window."""
    return [
        (value["window"]["start"][11:16], value["value"], value["numerator"], value["denominator"])
        for value in everything(andon.get, f"/v1/indicators/{name}/values")
        if value["subject"] == {"source": "mes-7"}
    ]


def hour_of_events(andon: OneThread) -> None:
    """Every five minutes of an hour one event: two of the twelve late by twenty minutes, and three refused beside them."""
    for number in range(12):
        at = number * 5 * MINUTE
        andon.clock.advance(START + at - andon.clock.now())
        late = 20 * MINUTE if number in (5, 8) else timedelta(0)
        andon.send([event(number, late=late, at=at)])
        if number in (2, 3, 4):
            andon.send([event(100 + number, total="many", at=at)])
        andon.settle()


def test_quality_is_measured_from_the_start(tmp_path: Path) -> None:
    with one_thread(tmp_path) as andon:
        andon.define(PROMISED)
        hour_of_events(andon)
        for _ in range(8):
            andon.pass_time(timedelta(minutes=15))
        assert quality(andon, "andon-rejection-rate") == [("09:00", 3 / 15, 3, 15)]
        assert quality(andon, "andon-timeliness") == [("09:00", 10 / 12, 10, 12)]
        hours = {hour: rest for hour, *rest in quality(andon, "andon-completeness")}
        assert hours["09:00"] == [1.0, 12, 12]
        assert hours["10:00"] == [0.0, 0, 12]
