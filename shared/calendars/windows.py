"""Windows of a calendar: half-open, given in UTC, cut at local midnights, hours and starts of shifts.

A day of a clock change has 23 or 25 hours and its windows are as long; an hour that the clocks repeat is two windows. So windows of one kind follow one another without gap or overlap, always.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple, get_args

from shared.calendars.calendar import WEEKDAYS, Calendar
from shared.calendars.local_time import local_midnight, local_moment
from shared.calendars.shift import Shift

Every = Literal["hour", "shift", "day", "week", "month", "quarter", "year"]
EVERY: tuple[Every, ...] = get_args(Every)

Cut = Every | timedelta
"""How a calendar is cut into windows: by a period of its own, or into equal parts of an hour."""

_HOUR = timedelta(hours=1)


class Window(NamedTuple):
    """Half-open span of time, UTC."""

    start: datetime
    end: datetime


def window_at(calendar: Calendar, every: Cut, moment: datetime) -> Window:
    """The window that holds `moment` (aware). What lies between two shifts is a window too; a calendar without shifts has days."""
    if every == "hour":
        return _part_at(calendar, moment, _HOUR)
    if isinstance(every, timedelta):
        return _part_at(calendar, moment, every)
    if every == "shift" and calendar.shifts:
        return _shift_at(calendar, moment)
    day = first_day(calendar, every, moment.astimezone(calendar.zone).date())
    return Window(local_midnight(calendar, day), local_midnight(calendar, next_first_day(every, day)))


def next_window(calendar: Calendar, every: Cut, window: Window) -> Window:
    """The window that follows."""
    return window_at(calendar, every, window.end)


def follows(calendar: Calendar, every: Cut, *, earlier: Window, later: Window) -> bool:
    """Whether one window is next to another. Time that belongs to no shift does not separate the shifts around it."""
    if later.start == earlier.end:
        return True
    return (
        every == "shift"
        and shift_name(calendar, earlier.end) is None
        and window_at(calendar, every, earlier.end).end == later.start
    )


def shift_name(calendar: Calendar, window_start: datetime) -> str | None:
    """The shift whose window begins then; None for the time between shifts."""
    found = (shift.name for span, shift in _shifts_around(calendar, window_start) if span.start == window_start)
    return next(found, None)


def windows_covering(calendar: Calendar, every: Cut, *, start: datetime, end: datetime) -> list[Window]:
    """All windows that touch the half-open span from `start` to `end`, in order; none for an empty span."""
    windows: list[Window] = []
    moment = start
    while moment < end:
        windows.append(window_at(calendar, every, moment))
        moment = windows[-1].end
    return windows


def first_day(calendar: Calendar, every: Every, day: date) -> date:
    """The local day on which the week, month, … that holds `day` begins. For anything shorter the day itself."""
    if every == "week":
        return day - timedelta(days=(day.weekday() - WEEKDAYS.index(calendar.week_starts)) % 7)
    if every == "month":
        return day.replace(day=1)
    if every in ("quarter", "year"):
        return _fiscal_first_day(calendar, day, months=3 if every == "quarter" else 12)
    return day


def next_first_day(every: Every, first: date) -> date:
    """Where the next week, month, … begins, given the first day of one."""
    if every == "week":
        return first + timedelta(days=7)
    if every == "month":
        return _add_months(first, 1)
    if every in ("quarter", "year"):
        return _add_months(first, 3 if every == "quarter" else 12)
    return first + timedelta(days=1)


def _fiscal_first_day(calendar: Calendar, day: date, *, months: int) -> date:
    month, first = calendar.fiscal_start
    begin = date(day.year, month, first)
    if begin > day:
        begin = date(day.year - 1, month, first)
    while (following := _add_months(begin, months)) <= day:
        begin = following
    return begin


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return day.replace(year=index // 12, month=index % 12 + 1)


def _part_at(calendar: Calendar, moment: datetime, length: timedelta) -> Window:
    """Hours, or parts of them, elapsed since local midnight, so that they follow one another also where clocks move by half an
    hour.

    In zones whose offset is not whole hours (India, Nepal) they begin at the zone's own full hours.
    """
    day = window_at(calendar, "day", moment)
    start = day.start + (moment.astimezone(UTC) - day.start) // length * length
    return Window(start, min(start + length, day.end))


def _shift_at(calendar: Calendar, moment: datetime) -> Window:
    before, after = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for span, _ in _shifts_around(calendar, moment):
        if span.start <= moment < span.end:
            return span
        if span.end <= moment:
            before = span.end
        elif after > span.start:
            after = span.start
    return Window(before, after)


def _shifts_around(calendar: Calendar, moment: datetime) -> Iterator[tuple[Window, Shift]]:
    """The shifts from two days before to two days after, in order. One that the clocks skip entirely is none."""
    today = moment.astimezone(calendar.zone).date()
    for day in (today + timedelta(days=apart) for apart in range(-2, 3)):
        for shift in calendar.shifts:
            last_day = day + timedelta(days=1) if shift.passes_midnight else day
            span = Window(local_moment(calendar, day, shift.starts), local_moment(calendar, last_day, shift.ends))
            if span.start < span.end:
                yield span, shift
