"""A moment as the detector looks at it."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from services.analytics.domain.seasonal.point import Observation, observed_at

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_week_begins_on_monday_at_midnight_of_the_moments_zone() -> None:
    moment = datetime(2026, 1, 6, 1, 45, 36, tzinfo=timezone(timedelta(hours=8)))
    assert observed_at(moment, 7.0) == Observation(moment.timestamp(), 25.76, 7.0)


def test_after_the_clock_has_changed_noon_is_still_noon() -> None:
    before, after = (datetime(2026, 3, day, 12, 0, tzinfo=BERLIN) for day in (27, 30))
    assert observed_at(after, None).hour_of_week == 12.0
    assert observed_at(before, None).hour_of_week == 4 * 24 + 12.0
    assert observed_at(after, None).time - observed_at(before, None).time == (3 * 24 - 1) * 3600.0


def test_the_hour_that_comes_twice_is_two_moments() -> None:
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC).astimezone(BERLIN) for hour in (0, 1)]
    first, second = (observed_at(moment, 1.0) for moment in twice)
    assert first.hour_of_week == second.hour_of_week
    assert second.time - first.time == 3600.0


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        observed_at(datetime(2026, 1, 6), 1.0)  # noqa: DTZ001  # what is refused
