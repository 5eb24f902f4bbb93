"""Breaks: time without a working day, such as a holiday or a weekend. A calendar that never works has none."""

from datetime import date, timedelta
from functools import lru_cache

from shared.calendars.calendar import Calendar
from shared.calendars.windows import Cut, Window, shift_name, window_at

_DAY = timedelta(days=1)
_RESOLUTION = timedelta(microseconds=1)
_ANY_WEEK = [date(2001, 1, 1) + timedelta(days=number) for number in range(7)]
_LONGEST_DAYS = 3660


def is_break(calendar: Calendar, every: Cut, window: Window) -> bool:
    """Whether no working day belongs to a window. A shift belongs to the local day on which it begins."""
    first = window.start.astimezone(calendar.zone).date()
    last = first if every == "shift" else (window.end - _RESOLUTION).astimezone(calendar.zone).date()
    return _works_at_all(calendar) and _is_free(calendar, first, last)


def only_break_between(calendar: Calendar, every: Cut, *, earlier: Window, later: Window) -> bool:
    """Whether every window between two, of which there is at least one, is a break or lies between shifts."""
    start, last = earlier.end, later.start - _RESOLUTION
    if every == "shift" and calendar.shifts:
        if shift_name(calendar, start) is None:
            start = window_at(calendar, every, start).end
        last = window_at(calendar, every, last).start
        if shift_name(calendar, last) is None:
            last = window_at(calendar, every, last - _RESOLUTION).start
    if start >= later.start or not _works_at_all(calendar):
        return False
    return _is_free(calendar, start.astimezone(calendar.zone).date(), last.astimezone(calendar.zone).date())


@lru_cache(maxsize=64)
def longest_break(calendar: Calendar) -> timedelta:
    """At least as long as any break of the calendar."""
    if not _works_at_all(calendar):
        return timedelta(0)
    free = [day for day in (*_ANY_WEEK, *calendar.holidays) if not calendar.is_working_day(day)]
    begins = (day for day in free if calendar.is_working_day(day - _DAY) or day - _DAY not in calendar.holidays)
    return max((_length(calendar, day) for day in begins), default=0) * _DAY


def _length(calendar: Calendar, day: date) -> int:
    """How many days a break has that `day` belongs to."""
    before = next(days for days in range(_LONGEST_DAYS) if calendar.is_working_day(day - (days + 1) * _DAY))
    after = next(days for days in range(_LONGEST_DAYS) if calendar.is_working_day(day + (days + 1) * _DAY))
    return before + 1 + after


def _works_at_all(calendar: Calendar) -> bool:
    return any(calendar.working_hours.values())


def _is_free(calendar: Calendar, first: date, last: date) -> bool:
    days = (first + number * _DAY for number in range((last - first).days + 1))
    return not any(calendar.is_working_day(day) for day in days)
