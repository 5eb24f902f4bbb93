"""Windows in a calendar: days, weeks, months and shifts, one after the other or rolling."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SATURDAY = 5
_STEPS = {"P1D": "day", "P1W": "week"}


class Window(NamedTuple):
    """Half-open, UTC.

    Attributes:
        last_step: where its last step begins; of a tumbling window, where it begins itself.
        following: where the window begins that comes next.
        first_day, last_day: local; a shift belongs to the day on which it begins.
        next_day: the first day of the window that comes next; None for rolling ones, of which none is passed over.
        day_before: the last day of the window that comes before.
    """

    start: datetime
    end: datetime
    last_step: datetime
    following: datetime
    first_day: date
    last_day: date
    next_day: date | None
    day_before: date

    @property
    def is_worked(self) -> bool:
        """Whether a day of it is one from Monday to Friday."""
        return _is_worked(self.first_day, self.last_day)

    def goes_on_with(self, later: "Window") -> bool:
        """Whether a run goes on: the later window comes next, or only weekends lie between."""
        if self.following == later.start:
            return True
        if self.next_day is None or later.start <= self.end or later.day_before < self.next_day:
            return False
        return not _is_worked(self.next_day, later.day_before)


def _is_worked(first: date, last: date) -> bool:
    return any((first + number * _DAY).weekday() < _SATURDAY for number in range((last - first).days + 1))


def windows_of(moment: datetime, calendar: Mapping[str, Any], window: Mapping[str, Any]) -> list[Window]:
    """Every window that holds the moment, the earliest first; `last_step` of that one holds the moment itself."""
    zone = ZoneInfo(calendar["time_zone"])
    if window.get("every") == "shift":
        return [_shift(moment, zone, calendar["shifts"])]
    day = moment.astimezone(zone).date()
    if window["kind"] == "tumbling":
        first = _first_day(day, window["every"])
        following = _next(first, window["every"])
        start, end = (_local(one, time(0), zone) for one in (first, following))
        return [Window(start, end, start, end, first, following - _DAY, following, first - _DAY)]
    every, count = _STEPS[window["step"]], int(window["length"][1:-1])
    step = _first_day(day, every)
    days = [step + number * (_next(step, every) - step) for number in range(1 - count, count + 1)]
    moments = [_local(one, time(0), zone) for one in days]
    return [
        Window(
            moments[at],
            moments[at + count],
            moments[at + count - 1],
            moments[at + 1],
            first_day=days[at],
            last_day=days[at + count] - _DAY,
            next_day=None,
            day_before=days[at] - _DAY,
        )
        for at in range(count)
    ]


def _first_day(day: date, every: str) -> date:
    if every == "month":
        return day.replace(day=1)
    return day if every == "day" else day - timedelta(days=day.weekday())


def _next(first: date, every: str) -> date:
    if every == "month":
        return (first + 31 * _DAY).replace(day=1)
    return first + timedelta(days=1 if every == "day" else 7)


def _shift(moment: datetime, zone: ZoneInfo, shifts: list[Mapping[str, str]]) -> Window:
    """Shifts cover the whole day in order, so the next one begins where one ends."""
    today = moment.astimezone(zone).date()
    for day in (today - _DAY, today):
        for number, shift in enumerate(shifts):
            starts, ends = time.fromisoformat(shift["starts"]), time.fromisoformat(shift["ends"])
            start, end = _local(day, starts, zone), _local(day if starts < ends else day + _DAY, ends, zone)
            if start <= moment < end:
                next_day = day + _DAY if number == len(shifts) - 1 else day
                return Window(start, end, start, end, day, day, next_day, day - _DAY if number == 0 else day)
    raise AssertionError(f"no shift holds {moment}")


def _local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
