"""A calendar: time zone, beginnings of week and fiscal year, holidays, working hours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from shared.calendars.shift import Shift, read_shifts
from shared.runtime.errors import FieldProblem

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Hours = tuple[tuple[time, time], ...]
"""Working hours of one day: half-open spans of local time, in order, without overlap; one that ends at 00:00 ends with the day."""

MIDNIGHT = time(0)
_NINE_TO_FIVE: Hours = ((time(9), time(17)),)
_OFFICE_WEEK: Mapping[str, Hours] = dict.fromkeys(WEEKDAYS[:5], _NINE_TO_FIVE)
_MONTH_AND_DAY = re.compile(r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$", re.ASCII)
_KEYS = ("time_zone", "week_starts", "fiscal_year_starts", "holidays", "working_days", "working_hours", "shifts")


@dataclass(frozen=True, slots=True)
class Calendar:
    """One named calendar.

    Attributes:
        time_zone: IANA name; days, weeks and months begin at local midnight there.
        week_starts: an English weekday in lower case.
        fiscal_year_starts: `MM-DD`; quarters and years are counted from it.
        holidays: days without working time.
        working_days: days that are worked though their weekday is not, with the hours of the first weekday of the week that is.
        working_hours: weekday → spans; a weekday that is missing has none.
        shifts: in order of their starts, without overlap; what lies between two of them belongs to none.
    """

    name: str
    time_zone: str = "UTC"
    week_starts: str = "monday"
    fiscal_year_starts: str = "01-01"
    holidays: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()
    working_hours: Mapping[str, Hours] = field(default_factory=lambda: _OFFICE_WEEK, hash=False)
    shifts: tuple[Shift, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def fiscal_start(self) -> tuple[int, int]:
        """(month, day) on which the fiscal year begins."""
        month, day = self.fiscal_year_starts.split("-")
        return int(month), int(day)

    def hours_on(self, day: date) -> Hours:
        """Working hours of a local day; none on a holiday."""
        if day in self.holidays:
            return ()
        hours = self.working_hours.get(WEEKDAYS[day.weekday()], ())
        return hours or (self._usual_hours() if day in self.working_days else ())

    def is_working_day(self, day: date) -> bool:
        """Whether a local day has working time."""
        return bool(self.hours_on(day))

    def _usual_hours(self) -> Hours:
        return next((hours for day in WEEKDAYS if (hours := self.working_hours.get(day))), ())


DEFAULT_CALENDAR = Calendar("default")
"""UTC, Monday, 1 January, working hours Monday to Friday 09:00 to 17:00."""


class InvalidCalendar(ValueError):
    """The definition of a calendar is wrong; `problems` names each field and its remedy."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__("; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems))
        self.problems = problems


def calendar_from_definition(name: str, definition: Mapping[str, Any]) -> Calendar:
    """Read the form in which calendars are sent and stored. What is left out is as in the default calendar.

    Raises:
        InvalidCalendar: with every problem found.
    """
    problems = [
        FieldProblem(f"/{key}", f"is not a field of a calendar; use one of {', '.join(_KEYS)}")
        for key in definition
        if key not in _KEYS
    ]
    values: dict[str, Any] = {}
    for key, read in _READERS.items():
        if key in definition:
            try:
                values[key] = read(definition[key])
            except (ValueError, TypeError) as error:
                problems.append(FieldProblem(f"/{key}", str(error)))
    both = values.get("holidays", frozenset()) & values.get("working_days", frozenset())
    if both:
        days = ", ".join(day.isoformat() for day in sorted(both))
        problems.append(
            FieldProblem("/working_days", f"{days} cannot be holidays too; leave them out of one of the lists")
        )
    if problems:
        raise InvalidCalendar(problems)
    return Calendar(name, **values)


def _read_time_zone(value: Any) -> str:
    if not isinstance(value, str) or value not in _known_time_zones():
        raise ValueError(f"{value!r} is not an IANA time zone; write for example Europe/Berlin or Asia/Shanghai")
    return value


@cache
def _known_time_zones() -> frozenset[str]:
    """Asked for once: it walks through the whole time zone database on disk."""
    return frozenset(available_timezones())


def _read_weekday(value: Any) -> str:
    if value not in WEEKDAYS:
        raise ValueError(f"{value!r} is not a weekday; use one of {', '.join(WEEKDAYS)}")
    return str(value)


def _read_fiscal_start(value: Any) -> str:
    if not isinstance(value, str) or not _MONTH_AND_DAY.fullmatch(value):
        raise ValueError(f'{value!r} is not a month and day up to the 28th; write for example "04-01"')
    return value


def read_days(value: Any) -> frozenset[date]:
    """A list of local days as it is written. Raises ValueError, TypeError, with the remedy."""
    if not isinstance(value, list):
        raise TypeError("write a list of dates such as [2026-10-01, 2026-10-02]")
    return frozenset(day if isinstance(day, date) else _read_date(day) for day in value)


def _read_date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{value!r} is not a date; write for example 2026-10-01") from error


def _read_working_hours(value: Any) -> Mapping[str, Hours]:
    if not isinstance(value, Mapping):
        raise TypeError('working_hours map weekdays to spans, such as {monday: ["08:00-12:00", "13:00-17:00"]}')
    return {_read_weekday(day): _read_spans(spans) for day, spans in value.items()}


def _read_spans(value: Any) -> Hours:
    if not isinstance(value, list) or not all(isinstance(span, str) for span in value):
        raise TypeError(f'{value!r} is not a list of spans such as ["08:00-12:00", "13:00-17:00"]')
    spans = tuple(_read_span(span) for span in value)
    if any(earlier[1] == MIDNIGHT or later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise ValueError(f"{value!r}: spans of one day must follow one another without overlap")
    return spans


def _read_span(value: str) -> tuple[time, time]:
    try:
        start, end = (_read_hour(part.strip()) for part in value.split("-"))
    except ValueError as error:
        raise ValueError(f"{value!r} is not a span of hours; write for example 08:00-12:00") from error
    if not (start < end or end == MIDNIGHT) or start.tzinfo or end.tzinfo:
        raise ValueError(f"{value!r} must end after it starts, in local time without an offset")
    return start, end


def _read_hour(text: str) -> time:
    return MIDNIGHT if text == "24:00" else time.fromisoformat(text)


_READERS = {
    "time_zone": _read_time_zone,
    "week_starts": _read_weekday,
    "fiscal_year_starts": _read_fiscal_start,
    "holidays": read_days,
    "working_days": read_days,
    "working_hours": _read_working_hours,
    "shifts": read_shifts,
}
