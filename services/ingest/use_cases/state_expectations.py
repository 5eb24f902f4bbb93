"""Say on the log which readings are due from sources that have a cadence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.ingest.domain.expectation import state_expectations
from services.ingest.ports import ReadingsPublisher, SourceCatalogue, UnitOfWork


@dataclass(frozen=True, slots=True)
class StateExpectations:
    """States what has fallen due since the last time, time in which nothing ran included. Doing so again changes no figure."""

    catalogue: SourceCatalogue
    units: Callable[[], UnitOfWork]
    publisher: ReadingsPublisher

    def __call__(self, now: datetime) -> bool:
        """Says whether more waits."""
        sources = [plan.source for plan in self.catalogue.decoder().plans.values()]
        cadences = {one.name: one.promise.cadence for one in sources if one.promise.cadence is not None}
        with self.units() as uow:
            known = uow.expectations.stated()
        stated = state_expectations(cadences, known, now=now)
        if stated.readings:
            # A crash after it: the same spans are stated again, under the same ids, and count once.
            self.publisher.publish(stated.readings)
            with self.units() as uow:
                uow.expectations.keep(stated.until)
                uow.commit()
        return stated.has_more
