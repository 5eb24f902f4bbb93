"""Put a calendar in force. Indicators whose windows it moves are computed afresh."""

from collections.abc import Callable
from dataclasses import dataclass

from services.analytics.domain.calendar_form import cuts_alike, read_calendar
from services.analytics.domain.catalogue import Definition
from services.analytics.domain.errors import invalid
from services.analytics.ports.defining import DefinitionUnitOfWork
from services.analytics.use_cases.defining import Define, compute_afresh, put
from shared.calendars.calendar import Calendar
from shared.runtime.defined import Defined, Outcome
from shared.runtime.errors import FieldProblem


@dataclass(frozen=True, slots=True)
class DefineCalendar:
    """Raises InvalidDefinition."""

    units: Callable[[], DefinitionUnitOfWork]

    def __call__(self, command: Define) -> Defined[Definition]:
        """Repeating it changes nothing."""
        definition = read_calendar(command.name, command.body)
        calendar = definition.calendar
        with self.units() as uow:
            uow.definitions.lock()
            former = uow.definitions.calendars().get(command.name)
            before = uow.definitions.newest("calendar", command.name)
            defined = put(uow.definitions, "calendar", command, body=definition.body(), before=before)
            if defined.outcome is not Outcome.UNCHANGED:
                uow.events.calendar_defined(defined.definition, calendar, command.now)
                if former is not None and not cuts_alike(former, calendar):
                    _check_shifts(uow, calendar)
                    _compute_afresh(uow, calendar, command)
            uow.commit()
        return defined


def _check_shifts(uow: DefinitionUnitOfWork, calendar: Calendar) -> None:
    if calendar.shifts:
        return
    judged_by_shift = [
        indicator.name
        for indicator in uow.definitions.indicators()
        if indicator.calendar == calendar.name and indicator.window.cut == "shift"
    ]
    if judged_by_shift:
        detail = f"cannot be taken away: {', '.join(judged_by_shift)} have windows of a shift; give these other windows first"
        raise invalid([FieldProblem("/shifts", detail)])


def _compute_afresh(uow: DefinitionUnitOfWork, calendar: Calendar, command: Define) -> None:
    """Windows with other bounds are other windows: each indicator of this calendar gets a version of its own for them."""
    for indicator in uow.definitions.indicators():
        if indicator.calendar == calendar.name:
            compute_afresh(uow, indicator.name, command)
