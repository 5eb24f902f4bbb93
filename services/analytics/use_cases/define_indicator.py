"""Put an indicator in force."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.analytics.domain.built_in import own_name_problems, summed_type_problems
from services.analytics.domain.catalogue import Definition
from services.analytics.domain.dated_versions import date_problems, goes_back_to, keeps_series
from services.analytics.domain.derivation import dependents, derivation_problems
from services.analytics.domain.errors import invalid
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.indicator_form import indicator_body, read_indicator
from services.analytics.domain.indicator_unit import derived_unit_problem, unit_problem
from services.analytics.domain.measure_units import measured_unit_problem
from services.analytics.ports.defining import DefinitionUnitOfWork
from services.analytics.use_cases.defining import Define, compute_afresh, put
from shared.calendars.calendar import Calendar
from shared.runtime.defined import Defined, Outcome
from shared.runtime.errors import FieldProblem


@dataclass(frozen=True, slots=True)
class DefineIndicator:
    """Raises InvalidDefinition. It governs what is sent after the call has returned."""

    units: Callable[[], DefinitionUnitOfWork]

    def __call__(self, command: Define) -> Defined[Definition]:
        """Repeating it changes nothing."""
        reserved = own_name_problems(command.name)
        if reserved:
            raise invalid(reserved)
        with self.units() as uow:
            uow.definitions.lock()
            defined = put_indicator(uow, command)
            uow.commit()
        return defined


def put_indicator(uow: DefinitionUnitOfWork, command: Define) -> Defined[Definition]:
    """Put an indicator in force in a transaction that has locked the definitions. Raises InvalidDefinition."""
    indicator = read_indicator(command.name, 1, command.body)
    _check_alone(indicator)
    _check_calendar(indicator, uow.definitions.calendars())
    known = {one.name: one for one in uow.definitions.indicators()}
    _check_parts(indicator, known)
    before = uow.definitions.newest("indicator", command.name)
    body, former = indicator_body(indicator), known.get(command.name)
    if before is None or before.body != body:
        # What is in force already stays so, though reading types may have changed since and readings may have gone.
        _check_measures(uow, indicator, command)
        _check_date(uow, former, indicator)
    defined = put(
        uow.definitions,
        "indicator",
        command,
        body=body,
        before=before,
        keeps_computation=former is not None and keeps_series(former, indicator),
    )
    if defined.outcome is not Outcome.UNCHANGED:
        uow.events.indicator_defined(defined.definition, indicator, command.now)
    if defined.outcome is Outcome.CHANGED and defined.definition.computed_as == defined.definition.version:
        for name in dependents(command.name, known):
            compute_afresh(uow, name, command)
    return defined


def _check_alone(indicator: Indicator) -> None:
    """Here and not where definitions are read: what was stored before this was checked must still be readable."""
    problem = unit_problem(indicator)
    problems = [FieldProblem("/unit", problem)] if problem is not None else []
    problems += summed_type_problems(indicator)
    if problems:
        raise invalid(problems)


def _check_measures(uow: DefinitionUnitOfWork, indicator: Indicator, command: Define) -> None:
    """A unit that is left out is no statement, and so not a wrong one."""
    problem = measured_unit_problem(indicator, uow.reading_types.known_units()) if command.body.get("unit") else None
    if problem is not None:
        raise invalid([FieldProblem("/unit", problem)])


def _check_parts(indicator: Indicator, known: Mapping[str, Indicator]) -> None:
    problems = derivation_problems(indicator, known)
    if problems:
        raise invalid(problems)
    unit = derived_unit_problem(indicator, known)
    if unit is not None:
        raise invalid([FieldProblem("/unit", unit)])


def _check_date(uow: DefinitionUnitOfWork, former: Indicator | None, indicator: Indicator) -> None:
    """What is before the date stays as it is; what is after it must be computable."""
    problems = date_problems(former, indicator)
    since = None if former is None else goes_back_to(former, indicator)
    floor = None if since is None else uow.readings.complete_after(indicator.reading_type)
    if since is not None and floor is not None and since <= floor:
        detail = f"readings observed until {floor.isoformat()} are no longer kept; write a later date"
        problems.append(FieldProblem("/effective_from", detail))
    if problems:
        raise invalid(problems)


def _check_calendar(indicator: Indicator, known: Mapping[str, Calendar]) -> None:
    wanted = known.get(indicator.calendar)
    if wanted is None:
        name = indicator.calendar
        detail = f"there is no calendar {name!r}; PUT /v1/calendars/{name} first, or use one of {', '.join(known)}"
        raise invalid([FieldProblem("/calendar", detail)])
    if indicator.window.cut == "shift" and not wanted.shifts:
        detail = f"the calendar {wanted.name} has no shifts; PUT /v1/calendars/{wanted.name} with some first"
        raise invalid([FieldProblem("/window/every", detail)])
