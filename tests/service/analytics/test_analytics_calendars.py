"""Calendars through HTTP: public holidays and working weekends, what is published of them, and runs that they do not break."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.calendars.calendar import calendar_from_definition
from shared.events.definitions import CALENDAR_DEFINED, CalendarDefined
from shared.events.topics import DEFINITIONS
from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

SHANGHAI: dict[str, Any] = {"time_zone": "Asia/Shanghai", "public_holidays": {"country": "CN"}}
BEFORE_THE_FESTIVAL = datetime(2026, 2, 14, 4, tzinfo=UTC)  # a Saturday that is worked
AFTER_THE_FESTIVAL = datetime(2026, 2, 24, 4, tzinfo=UTC)


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        yield running


def test_holidays_are_worked_out_once_shown_and_published(analytics: Alone) -> None:
    shown = analytics.put("calendars/plant", SHANGHAI | {"holidays": ["2026-12-24"]}, expect=201)
    assert shown["public_holidays"]["country"] == "CN"
    assert "2026-02-17" in shown["public_holidays"]["holidays"]
    assert "2026-02-14" in shown["public_holidays"]["working_days"]
    assert shown["holidays"] == ["2026-12-24"]
    assert analytics.get("calendars/plant") == shown

    analytics.settle()
    [(_, told)] = [one for one in analytics.events(DEFINITIONS, CalendarDefined) if one[0] == CALENDAR_DEFINED]
    calendar = calendar_from_definition("plant", told.definition)
    days = {datetime.fromisoformat(day).date() for day in ("2026-02-17", "2026-12-24")}
    assert days <= calendar.holidays
    assert calendar.is_working_day(BEFORE_THE_FESTIVAL.date())

    again = analytics.put("calendars/plant", SHANGHAI | {"holidays": ["2026-12-24"]}, expect=200)
    assert again["version"] == 1


def test_an_unknown_country_is_named_with_the_remedy(analytics: Alone) -> None:
    refused = analytics.request("PUT", "calendars/plant", {"public_holidays": {"country": "Germany"}})
    assert refused.status_code == 422
    [problem] = refused.json()["errors"]
    assert problem["pointer"] == "/public_holidays/country"
    assert "write an ISO 3166 code" in problem["detail"]


def days_below(analytics: Alone) -> None:
    """Two working days below the target, the holidays between them, and much later something that closes them."""
    moments = [BEFORE_THE_FESTIVAL, AFTER_THE_FESTIVAL]
    readings = [Inspection(f"i-{number}", at, "A", 940, 1000) for number, at in enumerate(moments)]
    analytics.send([*readings, Inspection("last", AFTER_THE_FESTIVAL + timedelta(days=30), "last", 1, 1)])


def test_two_days_running_may_have_a_holiday_between_them(analytics: Alone) -> None:
    analytics.put("calendars/plant", SHANGHAI)
    analytics.put(
        "indicators/first-pass-yield", YIELD | {"window": {"kind": "tumbling", "every": "day"}, "calendar": "plant"}
    )
    analytics.put("rules/yield-below-95", BELOW_95)
    days_below(analytics)
    [anomaly] = analytics.anomalies()
    assert (anomaly["state"], anomaly["windows_missed"]) == ("open", 2)
    assert "in 2 days running" in anomaly["reason"]


def test_a_calendar_that_changes_is_judged_by_at_once(analytics: Alone) -> None:
    analytics.put("calendars/plant", {"time_zone": "Asia/Shanghai"})
    analytics.put(
        "indicators/first-pass-yield", YIELD | {"window": {"kind": "tumbling", "every": "day"}, "calendar": "plant"}
    )
    analytics.put("rules/yield-below-95", BELOW_95)
    days_below(analytics)
    assert analytics.anomalies() == []

    analytics.put("calendars/plant", SHANGHAI)
    analytics.settle()
    assert [one["state"] for one in analytics.anomalies()] == ["open"]

    analytics.put("calendars/plant", SHANGHAI | {"working_days": ["2026-02-18"]})
    analytics.settle()
    assert [one["state"] for one in analytics.anomalies()] == []
    assert [one["state"] for one in analytics.anomalies("state=withdrawn")] == ["withdrawn"]
