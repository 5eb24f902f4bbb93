"""A source falls silent over a holiday, and then over a working day: one anomaly, and one issue with a deadline in working time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.inspection_plant import DEFINITIONS
from tests.support.platform import OneThread, one_thread
from tests.support.results import everything

# Monday, 23 November 2026, is where the clock stands; Thursday is Thanksgiving, and the company has Friday off.
PLANT = {"time_zone": "America/Chicago", "public_holidays": {"country": "US"}, "holidays": ["2026-11-27"]}
DAILY = DEFINITIONS["indicators/first-pass-yield"] | {
    "window": {"kind": "tumbling", "every": "day"},
    "allowed_lateness": "PT0S",
}
SILENT = {"indicator": "first-pass-yield", "kind": "missing_data", "severity": "major", "opens_issue": True}
MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def send(andon: OneThread, day: int) -> None:
    andon.clock.advance(MONDAY + day * DAY - andon.clock.now())
    data = {"line": "A", "product": "pump", "total": 100, "passed": 99}
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"day-{day}",
        "source": "mes-7",
        "type": "inspection.completed",
        "time": (MONDAY + day * DAY).isoformat(),
        "data": data,
    }
    andon.send([event])
    andon.settle()


def test_a_holiday_is_no_breach_and_a_silent_working_day_is_one(tmp_path: Path) -> None:
    with one_thread(tmp_path) as andon:
        definitions = DEFINITIONS | {
            "calendars/plant-shanghai": PLANT,
            "indicators/first-pass-yield": DAILY,
            "rules/silent": SILENT,
        }
        andon.define(definitions)
        for day in range(3):
            send(andon, day)
        for _ in range(4 * 4):  # four days, six hours at a time: to Sunday
            andon.pass_time(timedelta(hours=6))
        assert everything(andon.get, "/v1/anomalies") == []

        for _ in range(4 * 3):  # to Wednesday: Monday and Tuesday are worked
            andon.pass_time(timedelta(hours=6))
        [anomaly] = everything(andon.get, "/v1/anomalies")
        assert (anomaly["rule"], anomaly["state"], anomaly["windows_missed"]) == ("silent", "open", 2)
        [issue] = everything(andon.get, "/v1/issues")
        assert issue["title"] == "First-pass yield lacks data: line=A"
        assert (issue["source"], issue["anomaly_id"], issue["severity"]) == ("anomaly", anomaly["id"], "major")

        send(andon, 10)
        [anomaly] = everything(andon.get, "/v1/anomalies")
        assert anomaly["state"] == "cleared"
        assert len(everything(andon.get, "/v1/issues")) == 1
