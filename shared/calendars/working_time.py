"""Working time: deadlines such as `2h` or `5d` counted in the working hours and working days of a calendar."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.calendars.calendar import MIDNIGHT, Calendar
from shared.calendars.local_time import local_midnight

_TEXT = re.compile(r"^(\d+)([hd])$", re.ASCII)
_FURTHEST_DAYS = 3660
"""A calendar without a working day in ten years is a mistake, not something to wait for."""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A length of working time: whole working days, then hours within working hours."""

    days: int = 0
    hours: int = 0


class NoWorkingTime(ValueError):
    """The calendar has no working time within ten years."""


def parse_working_time(text: str) -> WorkingTime:
    """`2h` → two working hours, `5d` → five working days. Raises ValueError for anything else."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a working time; write hours as 2h or days as 5d")
    amount = int(match[1])
    return WorkingTime(hours=amount) if match[2] == "h" else WorkingTime(days=amount)


def add_working_time(calendar: Calendar, start: datetime, length: WorkingTime) -> datetime:
    """The moment by which `length` of working time has passed since `start`, UTC.

    Days keep the local time of day: a day from Friday 15:00 is Monday 15:00. A start outside working hours counts from
    the next working moment. Hours run within working hours only.
    """
    moment = _next_working_moment(calendar, start)
    for _ in range(length.days):
        moment = _same_time_next_working_day(calendar, moment)
    return _add_hours(calendar, moment, timedelta(hours=length.hours))


def working_days_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """How many whole working days have passed from `start` to `end`; 0 when `end` is not after `start`.

    Counted as deadlines are: the n-th working day has passed when `add_working_time(start, n days)` is reached.
    """
    days = 0
    moment = _next_working_moment(calendar, start)
    while (moment := _same_time_next_working_day(calendar, moment)) <= end:
        days += 1
    return days


def _spans_from(calendar: Calendar, moment: datetime) -> list[tuple[datetime, datetime]]:
    """The working spans of the first working day that has any left at or after `moment`, in UTC."""
    day = moment.astimezone(calendar.zone).date()
    for _ in range(_FURTHEST_DAYS):
        spans = [(_local(calendar, day, start), _end(calendar, day, end)) for start, end in calendar.hours_on(day)]
        left = [(max(start, moment), end) for start, end in spans if end > moment]
        if left:
            return left
        day += timedelta(days=1)
    raise NoWorkingTime(f"calendar {calendar.name} has no working hours in the ten years after {moment.isoformat()}")


def _next_working_moment(calendar: Calendar, moment: datetime) -> datetime:
    return _spans_from(calendar, moment.astimezone(UTC))[0][0]


def _same_time_next_working_day(calendar: Calendar, moment: datetime) -> datetime:
    """The same local time on the next working day, moved into its working hours where it lies outside them."""
    local = moment.astimezone(calendar.zone)
    following = local_midnight(calendar, local.date() + timedelta(days=1))
    day = _next_working_moment(calendar, following).astimezone(calendar.zone).date()
    last_end = _end(calendar, day, calendar.hours_on(day)[-1][1])
    wanted = _local(calendar, day, local.time())
    return last_end if wanted >= last_end else _next_working_moment(calendar, wanted)


def _add_hours(calendar: Calendar, moment: datetime, hours: timedelta) -> datetime:
    while hours > timedelta(0):
        start, end = _spans_from(calendar, moment)[0]
        taken = min(hours, end - start)
        moment, hours = start + taken, hours - taken
    return moment


def _end(calendar: Calendar, day: date, at: time) -> datetime:
    """When hours end; at midnight they end with the day."""
    return _local(calendar, day + timedelta(days=1) if at == MIDNIGHT else day, at)


def _local(calendar: Calendar, day: date, at: time) -> datetime:
    return datetime.combine(day, at, calendar.zone).astimezone(UTC)
