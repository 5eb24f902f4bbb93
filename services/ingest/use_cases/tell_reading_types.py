"""Tell the other services of reading types: of each version, and of those that are stored from before anybody was told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.ingest.ports import UnitOfWork
from services.ingest.use_cases.define import reading_types


@dataclass(frozen=True, slots=True)
class TellReadingTypes:
    """Tells what has not been told. Doing so again tells nothing."""

    units: Callable[[], UnitOfWork]

    def __call__(self, now: datetime) -> None:
        with self.units() as uow:
            uow.definitions.lock()
            told = uow.told.versions()
            new = [one for one in reading_types(uow.definitions).values() if told.get(one.name) != one.version]
            if new:
                # A crash before the commit: nothing is told, and the next step does it. After it: the relay carries it to the log.
                uow.told.tell(new, now)
                uow.commit()
