"""Named periods: `2013`, `2013-Q1`, `2013-05`, `2013-W07`."""

import re
from datetime import date, timedelta

from shared.calendars.calendar import WEEKDAYS, Calendar
from shared.calendars.local_time import local_midnight
from shared.calendars.windows import Every, Window, next_first_day

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
