"""Windows, periods and working time: examples from the calendar, properties for every moment."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar, InvalidCalendar, calendar_from_definition
from shared.calendars.periods import period, window_name
from shared.calendars.shift import Shift
from shared.calendars.windows import EVERY, Cut, Every, next_window, window_at, windows_covering
from shared.calendars.working_time import (
    NoWorkingTime,
    WorkingTime,
    add_working_time,
    parse_working_time,
    working_days_between,
)

NEW_YORK = Calendar("new-york", time_zone="America/New_York")
KOLKATA = Calendar("kolkata", time_zone="Asia/Kolkata", week_starts="sunday", fiscal_year_starts="04-01")
LORD_HOWE = Calendar("lord-howe", time_zone="Australia/Lord_Howe")
CALENDARS = [DEFAULT_CALENDAR, NEW_YORK, KOLKATA, LORD_HOWE]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MOMENTS = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    calendar=st.sampled_from([*CALENDARS, Calendar("uk-tax", fiscal_year_starts="04-06")]),
    every=st.sampled_from(["week", "month", "quarter", "year"]),
    moment=MOMENTS,
)
def test_a_window_is_found_by_its_name(calendar: Calendar, every: Every, moment: datetime) -> None:
    window = window_at(calendar, every, moment)
    assert period(calendar, window_name(calendar, every, window)) == window


@pytest.mark.parametrize(
    ("calendar", "every", "name"),
    [
        (NEW_YORK, "day", "2024-01-07"),
        (KOLKATA, "hour", "2024-01-08 05:00"),
        (KOLKATA, timedelta(minutes=15), "2024-01-08 05:15"),
        (Calendar("plant", shifts=(Shift("night", time(22), time(6)),)), "shift", "2024-01-07 night"),
        (Calendar("plant", shifts=(Shift("day", time(6), time(14)),)), "shift", "2024-01-07 14:00"),
    ],
)
def test_a_shorter_window_is_called_by_its_local_beginning(calendar: Calendar, every: Cut, name: str) -> None:
    window = window_at(calendar, every, utc("2024-01-07T23:59"))
    assert window_name(calendar, every, window) == name


@pytest.mark.parametrize(
    ("calendar", "every", "moment", "start", "end"),
    [
        (DEFAULT_CALENDAR, "week", "2024-01-07T23:59", "2024-01-01T00:00", "2024-01-08T00:00"),
        (KOLKATA, "week", "2024-01-07T23:59", "2024-01-06T18:30", "2024-01-13T18:30"),
        (LORD_HOWE, "hour", "2024-04-06T15:10", "2024-04-06T15:00", "2024-04-06T16:00"),  # clocks go back by 30 minutes
        (KOLKATA, "hour", "2024-01-07T23:45", "2024-01-07T23:30", "2024-01-08T00:30"),
        (KOLKATA, "year", "2024-03-31T12:00", "2023-03-31T18:30", "2024-03-31T18:30"),
        (KOLKATA, "quarter", "2024-02-01T12:00", "2023-12-31T18:30", "2024-03-31T18:30"),
        (NEW_YORK, "day", "2013-03-10T12:00", "2013-03-10T05:00", "2013-03-11T04:00"),  # 23 hours
        (NEW_YORK, "day", "2013-11-03T12:00", "2013-11-03T04:00", "2013-11-04T05:00"),  # 25 hours
        (NEW_YORK, "week", "2013-11-03T12:00", "2013-10-28T04:00", "2013-11-04T05:00"),
        (NEW_YORK, "month", "2013-03-01T04:59", "2013-02-01T05:00", "2013-03-01T05:00"),
        (DEFAULT_CALENDAR, "month", "2024-12-31T23:59", "2024-12-01T00:00", "2025-01-01T00:00"),
    ],
)
def test_a_window_begins_and_ends_where_the_local_calendar_says(
    calendar: Calendar, every: Every, moment: str, start: str, end: str
) -> None:
    assert window_at(calendar, every, utc(moment)) == (utc(start), utc(end))


@given(
    calendar=st.sampled_from(CALENDARS),
    every=st.sampled_from(EVERY),
    moment=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_windows_hold_their_moment_and_follow_without_gap(calendar: Calendar, every: Every, moment: datetime) -> None:
    window = window_at(calendar, every, moment)
    following = next_window(calendar, every, window)

    assert window.start <= moment < window.end
    assert following.start == window.end < following.end
    assert window_at(calendar, every, window.start) == window


def test_the_first_quarter_of_2024_has_exactly_thirteen_monday_weeks() -> None:
    quarter = period(DEFAULT_CALENDAR, "2024-Q1")
    assert (quarter.end - quarter.start).days == 91

    weeks = windows_covering(DEFAULT_CALENDAR, "week", start=quarter.start, end=quarter.end)
    assert (len(weeks), weeks[0].start, weeks[-1].end) == (13, quarter.start, quarter.end)

    sunday = Calendar("sunday", week_starts="sunday")
    straddling = windows_covering(sunday, "week", start=quarter.start, end=quarter.end)
    assert (len(straddling), straddling[0].start < quarter.start, straddling[-1].end > quarter.end) == (14, True, True)


@pytest.mark.parametrize(
    ("calendar", "name", "start", "end"),
    [
        (NEW_YORK, "2013", "2013-01-01T05:00", "2014-01-01T05:00"),
        (DEFAULT_CALENDAR, "2024-02", "2024-02-01T00:00", "2024-03-01T00:00"),
        (DEFAULT_CALENDAR, "2020-W53", "2020-12-28T00:00", "2021-01-04T00:00"),
        (DEFAULT_CALENDAR, "2013-W01", "2012-12-31T00:00", "2013-01-07T00:00"),
        (KOLKATA, "2024-Q4", "2024-12-31T18:30", "2025-03-31T18:30"),
    ],
)
def test_a_period_is_known_by_its_name(calendar: Calendar, name: str, start: str, end: str) -> None:
    assert period(calendar, name) == (utc(start), utc(end))


@pytest.mark.parametrize("name", ["", "13", "2013-Q5", "2013-13", "2013-00", "2021-W53", "2021-W00", "0000", "2013-5"])
def test_a_period_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"period|months|week"):
        period(DEFAULT_CALENDAR, name)


@pytest.mark.parametrize(
    ("start", "length", "due"),
    [
        ("2024-01-05T15:00", "1d", "2024-01-08T15:00"),  # Friday afternoon to Monday afternoon
        ("2024-01-05T16:00", "2h", "2024-01-08T10:00"),
        ("2024-01-06T12:00", "2h", "2024-01-08T11:00"),  # Saturday counts from Monday morning
        ("2024-01-05T18:00", "1d", "2024-01-09T09:00"),
        ("2024-01-05T15:00", "0h", "2024-01-05T15:00"),
    ],
)
def test_deadlines_run_in_working_time(start: str, length: str, due: str) -> None:
    assert add_working_time(DEFAULT_CALENDAR, utc(start), parse_working_time(length)) == utc(due)


def test_a_holiday_is_no_working_day() -> None:
    calendar = Calendar("with-holiday", holidays=frozenset({date(2024, 1, 8)}))
    assert add_working_time(calendar, utc("2024-01-05T15:00"), WorkingTime(days=1)) == utc("2024-01-09T15:00")


@given(
    start=st.datetimes(min_value=datetime(2023, 1, 1), max_value=datetime(2025, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    days=st.integers(0, 40),
    calendar=st.sampled_from(CALENDARS),
)
def test_working_days_are_counted_as_they_are_added(start: datetime, days: int, calendar: Calendar) -> None:
    due = add_working_time(calendar, start, WorkingTime(days=days))
    assert working_days_between(calendar, start, due) == days
    assert days == 0 or working_days_between(calendar, start, due - timedelta(microseconds=1)) == days - 1


def test_a_calendar_that_never_works_is_reported() -> None:
    with pytest.raises(NoWorkingTime):
        add_working_time(Calendar("idle", working_hours={}), utc("2024-01-05T15:00"), WorkingTime(hours=1))


def test_a_definition_is_read() -> None:
    calendar = calendar_from_definition(
        "plant",
        {
            "time_zone": "Asia/Shanghai",
            "week_starts": "sunday",
            "fiscal_year_starts": "04-01",
            "holidays": ["2026-10-01"],
            "working_hours": {"monday": ["08:00-12:00", "13:00-17:00"]},
        },
    )
    assert calendar.fiscal_start == (4, 1)
    assert calendar.hours_on(date(2026, 10, 5)) != ()
    assert calendar.hours_on(date(2026, 10, 1)) == ()


@pytest.mark.parametrize(
    ("definition", "pointer"),
    [
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"time_zone": 3}, "/time_zone"),
        ({"week_starts": "Montag"}, "/week_starts"),
        ({"fiscal_year_starts": "02-30"}, "/fiscal_year_starts"),
        ({"holidays": ["soon"]}, "/holidays"),
        ({"holidays": "2026-10-01"}, "/holidays"),
        ({"working_hours": {"monday": ["12:00-08:00"]}}, "/working_hours"),
        ({"working_hours": {"monday": ["08:00-12:00", "11:00-13:00"]}}, "/working_hours"),
        ({"working_hours": []}, "/working_hours"),
        ({"timezone": "UTC"}, "/timezone"),
    ],
)
def test_a_wrong_definition_names_the_field(definition: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidCalendar) as caught:
        calendar_from_definition("plant", definition)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]
