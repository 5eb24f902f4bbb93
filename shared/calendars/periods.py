"""Named periods: `2013`, `2013-Q1`, `2013-05`, `2013-W07`; and the names of shorter windows."""

import re
from datetime import date, timedelta

from shared.calendars.calendar import WEEKDAYS, Calendar
from shared.calendars.local_time import local_midnight
from shared.calendars.windows import Cut, Every, Window, next_first_day, shift_name

_PERIOD = re.compile(r"^(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|W(?P<week>\d{2})|(?P<month>\d{2})))?$", re.ASCII)


def period(calendar: Calendar, name: str) -> Window:
    """The span of a named period, in the calendar's time zone. Years and quarters are fiscal, named for the calendar year
    in which the fiscal year begins. Week 1 is the week, by the calendar's week start, that holds 4 January.

    Raises:
        ValueError: the name is none of the four forms, or names a week or month that does not exist.
    """
    match = _PERIOD.fullmatch(name)
    if match is None or not 1 <= int(match["year"]) < 9999:
        raise ValueError(
            f"{name!r} is not a period; write a year (2013), quarter (2013-Q1), month (2013-05) or week (2013-W07)"
        )
    every, first = _first_day(calendar, name, match)
    return Window(local_midnight(calendar, first), local_midnight(calendar, next_first_day(every, first)))


def window_name(calendar: Calendar, every: Cut, window: Window) -> str:
    """What people call a window, in the calendar's own time: that of `period`, else `2013-05-06`, with the time of day where the
    window is part of a day (`2013-05-06 14:00`), or the shift (`2013-05-06 night`).
    """
    local = window.start.astimezone(calendar.zone)
    if every in ("year", "quarter"):
        return _fiscal_name(calendar, local.date(), quarter=every == "quarter")
    if every == "month":
        return f"{local:%Y-%m}"
    if every == "week":
        return _week_name(calendar, local.date())
    if every == "day":
        return f"{local:%Y-%m-%d}"
    shift = shift_name(calendar, window.start) if every == "shift" else None
    return f"{local:%Y-%m-%d} {shift or format(local, '%H:%M')}"


def _fiscal_name(calendar: Calendar, day: date, *, quarter: bool) -> str:
    month, first = calendar.fiscal_start
    year = day.year if (day.month, day.day) >= (month, first) else day.year - 1
    return f"{year:04}-Q{(day.month - month) % 12 // 3 + 1}" if quarter else f"{year:04}"


def _week_name(calendar: Calendar, day: date) -> str:
    year = next(year for year in (day.year + 1, day.year, day.year - 1) if _first_week(calendar, year) <= day)
    return f"{year:04}-W{(day - _first_week(calendar, year)).days // 7 + 1:02}"


def _first_day(calendar: Calendar, name: str, match: re.Match[str]) -> tuple[Every, date]:
    year = int(match["year"])
    if match["month"]:
        if not 1 <= int(match["month"]) <= 12:
            raise ValueError(f"{name!r}: months run from 01 to 12")
        return "month", date(year, int(match["month"]), 1)
    if match["week"]:
        return "week", _week(calendar, name, (year, int(match["week"])))
    month, day = calendar.fiscal_start
    if match["quarter"] is None:
        return "year", date(year, month, day)
    first = date(year, month, day)
    for _ in range(int(match["quarter"]) - 1):
        first = next_first_day("quarter", first)
    return "quarter", first


def _week(calendar: Calendar, name: str, year_and_week: tuple[int, int]) -> date:
    year, week = year_and_week
    first = _first_week(calendar, year) + timedelta(days=7 * (week - 1))
    if week < 1 or first >= _first_week(calendar, year + 1):
        raise ValueError(f"{name!r}: {year} has no week {week:02d}")
    return first


def _first_week(calendar: Calendar, year: int) -> date:
    fourth = date(year, 1, 4)
    return fourth - timedelta(days=(fourth.weekday() - WEEKDAYS.index(calendar.week_starts)) % 7)
