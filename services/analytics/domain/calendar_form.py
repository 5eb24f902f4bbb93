"""Calendars as people define them, as they are stored, shown and published, and what of them windows depend on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from services.analytics.domain.errors import invalid
from services.analytics.domain.public_holidays import PublicHolidays, read_public_holidays, stored_public_holidays
from shared.calendars.calendar import MIDNIGHT, Calendar, Hours, InvalidCalendar, calendar_from_definition
from shared.calendars.shift import shifts_body
from shared.runtime.form import Form

_PUBLIC = "public_holidays"


@dataclass(frozen=True, slots=True)
class CalendarDefinition:
    """A calendar in two parts.

    Attributes:
        company: what was written, with the company's own days.
        public: the country's days; None where none was named.
    """

    company: Calendar
    public: PublicHolidays | None = None

    @property
    def calendar(self) -> Calendar:
        """Both together. What the company says of a day holds, whatever the country says of it."""
        company, public = self.company, self.public
        if public is None:
            return company
        return replace(
            company,
            holidays=company.holidays | (public.holidays - company.working_days),
            working_days=company.working_days | (public.working_days - company.holidays),
        )

    def body(self) -> dict[str, Any]:
        """The definition in the form in which it is stored and shown, nothing left out."""
        return calendar_body(self.company) | ({} if self.public is None else {_PUBLIC: self.public.body()})


def read_calendar(name: str, body: Mapping[str, Any]) -> CalendarDefinition:
    """Read a definition as it was sent.

    Raises:
        InvalidDefinition: with every problem found.
    """
    form = Form(body)
    public = read_public_holidays(form)
    problems = form.problems
    try:
        company = _company(name, body)
    except InvalidCalendar as error:
        raise invalid([*error.problems, *problems]) from error
    if problems:
        raise invalid(problems)
    return CalendarDefinition(company, public)


def stored_calendar(name: str, body: Mapping[str, Any]) -> Calendar:
    """The calendar of a definition as `CalendarDefinition.body` wrote it."""
    public = stored_public_holidays(body[_PUBLIC]) if _PUBLIC in body else None
    return CalendarDefinition(_company(name, body), public).calendar


def calendar_body(calendar: Calendar) -> dict[str, Any]:
    """A calendar with its days worked out: what other services are told, and need no library to read."""
    return {
        "time_zone": calendar.time_zone,
        "week_starts": calendar.week_starts,
        "fiscal_year_starts": calendar.fiscal_year_starts,
        "holidays": _days(calendar.holidays),
        # Later than the other fields: a calendar without any is as it was before, also for readers of then.
        **({"working_days": _days(calendar.working_days)} if calendar.working_days else {}),
        "working_hours": {day: _spans(hours) for day, hours in calendar.working_hours.items()},
        "shifts": shifts_body(calendar.shifts),
    }


def cuts_alike(one: Calendar, other: Calendar) -> bool:
    """Whether both have the same windows; holidays and working hours move deadlines and runs only."""
    return _cuts(one) == _cuts(other)


def _cuts(calendar: Calendar) -> tuple[object, ...]:
    return calendar.time_zone, calendar.week_starts, calendar.fiscal_year_starts, calendar.shifts


def _company(name: str, body: Mapping[str, Any]) -> Calendar:
    return calendar_from_definition(name, {field: value for field, value in body.items() if field != _PUBLIC})


def _days(days: frozenset[date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]


def _spans(hours: Hours) -> list[str]:
    return [f"{_clock(start)}-{'24:00' if end == MIDNIGHT else _clock(end)}" for start, end in hours]


def _clock(moment: time) -> str:
    return moment.isoformat("minutes" if moment == moment.replace(second=0, microsecond=0) else "auto")
