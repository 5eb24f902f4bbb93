"""Calendars as they are stored and shown, and what of them the windows depend on."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from services.analytics.domain.errors import invalid
from shared.calendars.calendar import Calendar, Hours, InvalidCalendar, calendar_from_definition
from shared.calendars.shift import shifts_body


def read_calendar(name: str, body: Mapping[str, Any]) -> Calendar:
    """Read a definition as it was sent.

    Raises:
        InvalidDefinition: with every problem found.
    """
    try:
        return calendar_from_definition(name, body)
    except InvalidCalendar as error:
        raise invalid(error.problems) from error


def calendar_body(calendar: Calendar) -> dict[str, Any]:
    """The definition in the form in which it is stored and shown, nothing left out."""
    return {
        "time_zone": calendar.time_zone,
        "week_starts": calendar.week_starts,
        "fiscal_year_starts": calendar.fiscal_year_starts,
        "holidays": [day.isoformat() for day in sorted(calendar.holidays)],
        "working_hours": {day: _spans(hours) for day, hours in calendar.working_hours.items()},
        "shifts": shifts_body(calendar.shifts),
    }


def cuts_alike(one: Calendar, other: Calendar) -> bool:
    """Whether both have the same windows; holidays and working hours move deadlines only."""
    return _cuts(one) == _cuts(other)


def _cuts(calendar: Calendar) -> tuple[object, ...]:
    return calendar.time_zone, calendar.week_starts, calendar.fiscal_year_starts, calendar.shifts


def _spans(hours: Hours) -> list[str]:
    return [f"{_clock(start)}-{_clock(end)}" for start, end in hours]


def _clock(moment: time) -> str:
    return moment.isoformat("minutes" if moment == moment.replace(second=0, microsecond=0) else "auto")
