"""Calendars and indicators from analytics, for deadlines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.issues.ports import UnitOfWork
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Delivery, PassedOver, Progress


@dataclass(frozen=True, slots=True)
class CalendarChanged:
    """A calendar as it now stands."""

    name: str
    definition: Mapping[str, Any]
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class IndicatorChanged:
    """An indicator as it now stands."""

    name: str
    calendar: str
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class AdoptDefinitions:
    """Applies a batch in one transaction."""

    units: Callable[[], UnitOfWork]

    def __call__(
        self,
        commands: Sequence[CalendarChanged | IndicatorChanged | PassedOver],
        progress: Sequence[Progress],
        *,
        consumer: str,
    ) -> None:
        with self.units() as uow:
            for moved in progress:
                uow.advance(moved)
            for command in commands:
                if command.delivery is not None and not uow.accept(consumer, command.delivery):
                    continue
                if isinstance(command, CalendarChanged):
                    uow.issues.save_calendar(command.name, command.definition)
                elif isinstance(command, IndicatorChanged):
                    uow.issues.save_indicator(command.name, command.calendar)
            fail_point("definitions-known-written")
            uow.commit()
