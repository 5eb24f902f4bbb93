"""Keep what ingest tells of reading types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.analytics.domain.measure_units import MeasureUnits
from services.analytics.ports.defining import DefinitionUnitOfWork
from shared.runtime.progress import Delivery, PassedOver, Progress


@dataclass(frozen=True, slots=True)
class AdoptReadingType:
    """A version of a reading type, and the units of its measures."""

    name: str
    version: int
    units: MeasureUnits
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class AdoptReadingTypes:
    """Applies a batch of definitions in one transaction."""

    units: Callable[[], DefinitionUnitOfWork]
    consumer: str

    def __call__(self, commands: Sequence[AdoptReadingType | PassedOver], progress: Sequence[Progress]) -> None:
        """All or nothing. An older version, or one that was adopted before, changes nothing.

        Raises:
            LostPartition, DeliveryGap, DatabaseUnavailable: nothing may be believed but the database.
        """
        with self.units() as uow:
            for position in progress:
                uow.advance(position)
            for command in commands:
                accepted = command.delivery is None or uow.accept(self.consumer, command.delivery)
                if accepted and isinstance(command, AdoptReadingType):
                    uow.reading_types.keep(command.name, command.version, command.units)
            uow.commit()
