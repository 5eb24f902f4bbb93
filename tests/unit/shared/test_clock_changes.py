"""Windows where clocks change, years have 53 weeks, weeks begin on Sunday and fiscal years in April or July."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendars.calendar import Calendar, InvalidCalendar, calendar_from_definition
from shared.calendars.local_time import local_moment
from shared.calendars.shift import Shift, read_shifts, shifts_body
from shared.calendars.windows import Cut, Every, Window, follows, shift_name, window_at, windows_covering

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
THREE_SHIFTS = (
    Shift("early", time(6), time(14)),
    Shift("late", time(14), time(22)),
    Shift("night", time(22), time(6)),
)
# zone, local day of a change, hours of that day
CHANGES: list[tuple[str, date, float]] = [
    ("Europe/Berlin", date(2026, 3, 29), 23),
    ("Europe/Berlin", date(2026, 10, 25), 25),
    ("America/New_York", date(2026, 3, 8), 23),
    ("America/New_York", date(2026, 11, 1), 25),
    ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
    ("Asia/Shanghai", date(2026, 3, 29), 24),
]


def plant(zone: str, shifts: tuple[Shift, ...] = THREE_SHIFTS) -> Calendar:
    return Calendar("plant", time_zone=zone, shifts=shifts)


def local(zone: str, day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_a_day_is_as_long_as_it_is(zone: str, day: date, hours: float) -> None:
    window = window_at(plant(zone), "day", local(zone, day, 12))
    assert (window.start, window.end) == (local(zone, day, 0), local(zone, day + DAY, 0))
    assert (window.end - window.start) == hours * HOUR


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_a_day_is_cut_into_hours_that_have_passed(zone: str, day: date, hours: float) -> None:
    """Thirty minutes that the clocks add or take leave a last window of half an hour."""
    calendar = plant(zone)
    span = window_at(calendar, "day", local(zone, day, 12))
    lengths = [end - start for start, end in windows_covering(calendar, "hour", start=span.start, end=span.end)]
    assert lengths == [HOUR] * int(hours) + [HOUR / 2] * (hours % 1 != 0)


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_the_night_shift_is_longer_or_shorter_by_the_change(zone: str, day: date, hours: float) -> None:
    calendar = plant(zone)
    night = window_at(calendar, "shift", local(zone, day, 4))
    assert night == Window(local(zone, day - DAY, 22), local(zone, day, 6))
    assert night.end - night.start == (8 + hours - 24) * HOUR
    assert shift_name(calendar, night.start) == "night"
    early = window_at(calendar, "shift", night.end)
    assert (early.end - early.start, shift_name(calendar, early.start)) == (8 * HOUR, "early")


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_weeks_and_months_with_a_change_begin_and_end_at_local_midnight(zone: str, day: date, hours: float) -> None:
    moment = local(zone, day, 12)
    week, month = window_at(plant(zone), "week", moment), window_at(plant(zone), "month", moment)
    assert week.end - week.start == 7 * DAY + (hours - 24) * HOUR
    assert month.start == local(zone, day.replace(day=1), 0)


def test_a_time_that_the_clocks_skip_is_the_moment_at_which_they_skip_it() -> None:
    calendar = plant("Europe/Berlin")
    skipped = date(2026, 3, 29)
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert [local_moment(calendar, skipped, time(2, minute)) for minute in (0, 15, 59)] == [change] * 3
    assert local_moment(calendar, skipped, time(3)) == change
    assert local_moment(calendar, date(2026, 10, 25), time(2, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_shift_that_the_clocks_skip_does_not_take_place() -> None:
    calendar = plant("Europe/Berlin", (Shift("short", time(2, 10), time(2, 50)), Shift("day", time(8), time(16))))
    between = window_at(calendar, "shift", local("Europe/Berlin", date(2026, 3, 29), 3, 30))
    assert (between.start, between.end) == (
        local("Europe/Berlin", date(2026, 3, 28), 16),
        local("Europe/Berlin", date(2026, 3, 29), 8),
    )
    assert shift_name(calendar, between.start) is None


def test_what_lies_between_shifts_is_a_window_without_a_name_and_separates_none() -> None:
    calendar = plant("UTC", (Shift("early", time(6), time(14)), Shift("late", time(14), time(22))))
    day = datetime(2026, 3, 2, tzinfo=UTC)
    early, late = (window_at(calendar, "shift", day + hours * HOUR) for hours in (7, 15))
    night, next_early = (window_at(calendar, "shift", day + hours * HOUR) for hours in (23, 31))
    assert [shift_name(calendar, one.start) for one in (early, late, night, next_early)] == [
        "early",
        "late",
        None,
        "early",
    ]
    assert follows(calendar, "shift", earlier=early, later=late)
    assert follows(calendar, "shift", earlier=late, later=night)
    assert follows(calendar, "shift", earlier=late, later=next_early)
    assert not follows(calendar, "shift", earlier=early, later=next_early)


CALENDARS = st.builds(
    lambda zone, starts, lengths: plant(zone, disjoint(starts, lengths)),
    st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
    ),
    st.lists(st.integers(0, 95), min_size=1, max_size=5, unique=True).map(sorted),
    st.lists(st.integers(1, 96), min_size=5, max_size=5),
)
CUTS: st.SearchStrategy[Cut] = st.sampled_from(
    ["hour", "shift", "day", "week", "month", "quarter", "year", timedelta(minutes=5), timedelta(minutes=20)]
)


def disjoint(starts: list[int], lengths: list[int]) -> tuple[Shift, ...]:
    """Shifts at quarters of an hour, each cut short where the next begins."""
    nexts = [*starts[1:], starts[0] + 96]
    ends = [min(start + length, following) for start, length, following in zip(starts, lengths, nexts, strict=False)]
    return tuple(Shift(f"shift {start}", quarter(start), quarter(end)) for start, end in zip(starts, ends, strict=True))


def quarter(number: int) -> time:
    return time(number % 96 // 4, number % 4 * 15)


@settings(deadline=None)
@given(CALENDARS, CUTS, st.integers(0, 4 * 365 * 24 * 3600 * 10))
def test_windows_of_every_kind_hold_their_moment_and_follow_without_gap(
    calendar: Calendar, cut: Cut, tenths: int
) -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=100 * tenths)
    window = window_at(calendar, cut, moment)
    assert window.start <= moment < window.end
    assert window_at(calendar, cut, window.start) == window
    assert window_at(calendar, cut, window.end - timedelta(microseconds=1)) == window
    assert window_at(calendar, cut, window.end).start == window.end
    assert follows(calendar, cut, earlier=window, later=window_at(calendar, cut, window.end))


@settings(deadline=None)
@given(CALENDARS)
def test_shifts_are_read_as_they_are_written(calendar: Calendar) -> None:
    assert read_shifts(shifts_body(calendar.shifts)) == calendar.shifts
    assert calendar_from_definition("plant", {"shifts": shifts_body(calendar.shifts)}).shifts == calendar.shifts


EARLY = {"name": "early", "starts": "06:00", "ends": "14:00"}
WRONG: list[tuple[object, str]] = [
    ("early", "shifts are a list"),
    (["early"], "is not a shift"),
    ([EARLY | {"colour": "red"}], "is not a shift"),
    ([EARLY | {"name": ""}], "is not the name of a shift"),
    ([EARLY | {"starts": "25:00"}], "is not a time of day"),
    ([EARLY | {"starts": "06:00+01:00"}], "has an offset"),
    ([EARLY, EARLY | {"starts": "14:00", "ends": "22:00"}], "same name"),
    ([EARLY, {"name": "late", "starts": "13:59", "ends": "22:00"}], "early and late overlap"),
    ([EARLY, {"name": "night", "starts": "22:00", "ends": "06:01"}], "night and early overlap"),
    ([EARLY | {"ends": "06:00"}, {"name": "late", "starts": "14:00", "ends": "22:00"}], "early and late overlap"),
    ([EARLY | {"name": str(number)} for number in range(25)], "there are 25 shifts"),
]


@pytest.mark.parametrize(("shifts", "detail"), WRONG)
def test_wrong_shifts_are_refused_with_the_remedy(shifts: object, detail: str) -> None:
    with pytest.raises(InvalidCalendar, match=detail) as refused:
        calendar_from_definition("plant", {"shifts": shifts})
    assert [problem.pointer for problem in refused.value.problems] == ["/shifts"]


# calendar, kind, local day in it, first day, day after the last
BUSINESS: list[tuple[Calendar, Every, date, date, date]] = [
    (Calendar("iso"), "week", date(2021, 1, 3), date(2020, 12, 28), date(2021, 1, 4)),  # week 53 of 2020
    (Calendar("iso"), "week", date(2027, 1, 1), date(2026, 12, 28), date(2027, 1, 4)),  # week 53 of 2026
    (Calendar("us", week_starts="sunday"), "week", date(2026, 3, 8), date(2026, 3, 8), date(2026, 3, 15)),
    (Calendar("us", week_starts="sunday"), "week", date(2026, 3, 7), date(2026, 3, 1), date(2026, 3, 8)),
    (Calendar("uk", fiscal_year_starts="04-01"), "year", date(2026, 3, 31), date(2025, 4, 1), date(2026, 4, 1)),
    (Calendar("uk", fiscal_year_starts="04-01"), "year", date(2026, 4, 1), date(2026, 4, 1), date(2027, 4, 1)),
    (Calendar("uk", fiscal_year_starts="04-01"), "quarter", date(2026, 3, 31), date(2026, 1, 1), date(2026, 4, 1)),
    (Calendar("au", fiscal_year_starts="07-01"), "year", date(2026, 6, 30), date(2025, 7, 1), date(2026, 7, 1)),
    (Calendar("au", fiscal_year_starts="07-01"), "quarter", date(2026, 8, 15), date(2026, 7, 1), date(2026, 10, 1)),
    (Calendar("tax", fiscal_year_starts="04-06"), "quarter", date(2026, 4, 5), date(2026, 1, 6), date(2026, 4, 6)),
    (Calendar("leap"), "year", date(2024, 2, 29), date(2024, 1, 1), date(2025, 1, 1)),
]


@pytest.mark.parametrize(("calendar", "every", "day", "first", "after"), BUSINESS)
def test_weeks_quarters_and_years_of_business(
    calendar: Calendar, every: Every, day: date, first: date, after: date
) -> None:
    window = window_at(calendar, every, datetime.combine(day, time(12), UTC))
    assert window == Window(datetime.combine(first, time(0), UTC), datetime.combine(after, time(0), UTC))
