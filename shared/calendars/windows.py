"""Tumbling windows of a calendar: half-open, given in UTC, cut at local midnights and hours.

A day of a clock change has 23 or 25 hours and its windows are as long; an hour that the clocks repeat is two windows. So windows of one kind follow one another without gap or overlap, always.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple, get_args

from shared.calendars.calendar import WEEKDAYS, Calendar

Every = Literal["hour", "day", "week", "month", "quarter", "year"]
EVERY: tuple[Every, ...] = get_args(Every)

_HOUR = timedelta(hours=1)


class Window(NamedTuple):
    """Half-open span of time, UTC."""

    start: datetime
    end: datetime


def window_at(calendar: Calendar, every: Every, moment: datetime) -> Window:
    """The window that holds `moment` (aware)."""
    if every == "hour":
        return _hour_at(calendar, moment)
    day = first_day(calendar, every, moment.astimezone(calendar.zone).date())
    return Window(local_midnight(calendar, day), local_midnight(calendar, next_first_day(every, day)))


def next_window(calendar: Calendar, every: Every, window: Window) -> Window:
    """The window that follows."""
    return window_at(calendar, every, window.end)


def windows_covering(calendar: Calendar, every: Every, *, start: datetime, end: datetime) -> list[Window]:
    """All windows that touch the half-open span from `start` to `end`, in order; none for an empty span."""
    windows: list[Window] = []
    moment = start
    while moment < end:
        windows.append(window_at(calendar, every, moment))
        moment = windows[-1].end
    return windows


def local_midnight(calendar: Calendar, day: date) -> datetime:
    """When a local day begins, UTC; where the clocks skip midnight, the first moment that exists."""
    return datetime.combine(day, time(0), calendar.zone).astimezone(UTC)


def first_day(calendar: Calendar, every: Every, day: date) -> date:
    """The local day on which the week, month, … that holds `day` begins. For `hour` and `day` the day itself."""
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


def _hour_at(calendar: Calendar, moment: datetime) -> Window:
    """Hours elapsed since local midnight, so that they follow one another also where clocks move by half an hour.

    In zones whose offset is not whole hours (India, Nepal) they begin at the zone's own full hours.
    """
    day = window_at(calendar, "day", moment)
    start = day.start + (moment.astimezone(UTC) - day.start) // _HOUR * _HOUR
    return Window(start, min(start + _HOUR, day.end))
