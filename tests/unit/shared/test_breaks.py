"""Breaks: what lies between two windows when nobody works, by example and against a plain walk."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendars.breaks import is_break, longest_break, only_break_between
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar
from shared.calendars.shift import Shift
from shared.calendars.windows import Every, next_window, shift_name, window_at
from shared.calendars.working_time import WorkingTime, add_working_time

DAYS = st.dates(date(2025, 12, 20), date(2026, 3, 10))
ALL_DAY = ((time(0), time(0)),)
SHIFTS = (Shift("early", time(6), time(14)), Shift("late", time(14), time(22)), Shift("night", time(22), time(6)))
SHANGHAI = Calendar(
    "shanghai",
    time_zone="Asia/Shanghai",
    holidays=frozenset(date(2026, 2, day) for day in range(15, 24)),
    working_days=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
    shifts=SHIFTS[:2],
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    holidays = draw(st.frozensets(DAYS, max_size=12))
    week = draw(st.sets(st.sampled_from(["monday", "tuesday", "thursday", "saturday", "sunday"]), min_size=1))
    return Calendar(
        "any",
        time_zone=draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"])),
        holidays=holidays,
        working_days=draw(st.frozensets(DAYS, max_size=5)) - holidays,
        working_hours=dict.fromkeys(week, ALL_DAY),
        shifts=draw(st.sampled_from([SHIFTS, SHIFTS[:2], SHIFTS[2:]])),
    )


@given(
    calendar=calendars(),
    every=st.sampled_from(["day", "shift", "hour", "week"]),
    day=DAYS,
    steps=st.integers(1, 30),
)
def test_there_is_only_a_break_between_windows_of_which_each_is_one(
    calendar: Calendar, every: Every, day: date, steps: int
) -> None:
    earlier = window_at(calendar, every, datetime.combine(day, time(1), UTC))
    between, later = [], next_window(calendar, every, earlier)
    for _ in range(steps):
        between.append(later)
        later = next_window(calendar, every, later)
    counted = [one for one in between if every != "shift" or shift_name(calendar, one.start) is not None]
    if every == "shift" and shift_name(calendar, later.start) is None:
        return  # no window of a shift
    wanted = bool(counted) and all(is_break(calendar, every, one) for one in counted)

    assert only_break_between(calendar, every, earlier=earlier, later=later) == wanted
    if wanted and every == "day":
        assert later.start - earlier.end <= longest_break(calendar) + timedelta(hours=2)


def test_a_weekend_lies_between_the_only_shifts_of_friday_and_monday() -> None:
    """Though Monday has begun when the time between the shifts ends."""
    nights = Calendar("nights", shifts=SHIFTS[2:])
    friday, monday = (window_at(nights, "shift", utc(f"2026-03-{day}T23:00")) for day in ("06", "09"))
    assert only_break_between(nights, "shift", earlier=friday, later=monday)
    thursday = window_at(nights, "shift", utc("2026-03-05T23:00"))
    assert not only_break_between(nights, "shift", earlier=thursday, later=friday)
    assert not only_break_between(nights, "shift", earlier=thursday, later=monday)


@pytest.mark.parametrize(
    ("calendar", "longest"),
    [
        (DEFAULT_CALENDAR, 2),
        (Calendar("easter", holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6)})), 4),
        (SHANGHAI, 9),
        (Calendar("always", working_hours=dict.fromkeys(("monday", "sunday"), ALL_DAY)), 5),
        (Calendar("never", working_hours={}), 0),
    ],
    ids=lambda known: getattr(known, "name", None),
)
def test_the_longest_break(calendar: Calendar, longest: int) -> None:
    assert longest_break(calendar) == timedelta(days=longest)


def test_a_working_weekend_is_no_break_and_has_the_hours_of_a_weekday() -> None:
    saturday = window_at(SHANGHAI, "day", utc("2026-02-14T04:00"))
    sunday = window_at(SHANGHAI, "day", utc("2026-02-15T04:00"))
    assert not is_break(SHANGHAI, "day", saturday)
    assert is_break(SHANGHAI, "day", sunday)
    assert SHANGHAI.hours_on(date(2026, 2, 14)) == SHANGHAI.hours_on(date(2026, 2, 13))


def test_a_day_of_work_reaches_over_the_new_year_and_into_the_working_weekend() -> None:
    one_day = WorkingTime(days=1)
    assert add_working_time(SHANGHAI, utc("2026-02-13T04:00"), one_day) == utc("2026-02-14T04:00")
    assert add_working_time(SHANGHAI, utc("2026-02-14T04:00"), one_day) == utc("2026-02-24T04:00")


def test_hours_may_end_with_the_day() -> None:
    never_stops = Calendar("plant", working_hours=dict.fromkeys(("monday", "tuesday"), ALL_DAY))
    monday = utc("2026-03-02T22:00")
    assert add_working_time(never_stops, monday, WorkingTime(hours=5)) == utc("2026-03-03T03:00")
    assert add_working_time(never_stops, monday, WorkingTime(days=2)) == utc("2026-03-09T22:00")


def test_a_calendar_that_never_works_has_no_breaks() -> None:
    never = Calendar("never", working_hours={})
    assert not is_break(never, "day", window_at(never, "day", utc("2026-03-01T00:00")))
