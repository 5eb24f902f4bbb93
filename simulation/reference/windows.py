"""Windows in a calendar: days, weeks, months and shifts, one after the other or rolling."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_STEPS = {"P1D": "day", "P1W": "week"}


class Window(NamedTuple):
    """Half-open, UTC.

    Attributes:
        last_step: where its last step begins; of a tumbling window, where it begins itself.
        following: where the window begins that comes next.
    """

    start: datetime
    end: datetime
    last_step: datetime
    following: datetime


def windows_of(moment: datetime, calendar: Mapping[str, Any], window: Mapping[str, Any]) -> list[Window]:
    """Every window that holds the moment, the earliest first; `last_step` of that one holds the moment itself."""
    zone = ZoneInfo(calendar["time_zone"])
    if window.get("every") == "shift":
        return [_shift(moment, zone, calendar["shifts"])]
    day = moment.astimezone(zone).date()
    if window["kind"] == "tumbling":
        first = _first_day(day, window["every"])
        start, end = (_local(one, time(0), zone) for one in (first, _next(first, window["every"])))
        return [Window(start, end, start, end)]
    every, count = _STEPS[window["step"]], int(window["length"][1:-1])
    step = _first_day(day, every)
    days = [step + number * (_next(step, every) - step) for number in range(1 - count, count + 1)]
    moments = [_local(one, time(0), zone) for one in days]
    return [Window(moments[at], moments[at + count], moments[at + count - 1], moments[at + 1]) for at in range(count)]


def _first_day(day: date, every: str) -> date:
    if every == "month":
        return day.replace(day=1)
    return day if every == "day" else day - timedelta(days=day.weekday())


def _next(first: date, every: str) -> date:
    if every == "month":
        return (first + 31 * _DAY).replace(day=1)
    return first + timedelta(days=1 if every == "day" else 7)


def _shift(moment: datetime, zone: ZoneInfo, shifts: list[Mapping[str, str]]) -> Window:
    """Shifts cover the whole day, so the next one begins where one ends."""
    today = moment.astimezone(zone).date()
    for day in (today - _DAY, today):
        for shift in shifts:
            starts, ends = time.fromisoformat(shift["starts"]), time.fromisoformat(shift["ends"])
            start, end = _local(day, starts, zone), _local(day if starts < ends else day + _DAY, ends, zone)
            if start <= moment < end:
                return Window(start, end, start, end)
    raise AssertionError(f"no shift holds {moment}")


def _local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
