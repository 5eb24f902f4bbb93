"""Take in metric events: readings to the log, the rest to the quarantine, and an answer when both are durable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ingest.domain.acceptance import Acceptance, prepare
from services.ingest.domain.batch import Prepared
from services.ingest.domain.decode import Unfold, one_event_each
from services.ingest.domain.rejection import rejection_readings
from services.ingest.ports import ReadingsPublisher, SourceCatalogue, UnitOfWork
from shared.runtime.failpoints import fail_point


@dataclass(frozen=True, slots=True)
class PrepareMetricEvents:
    """Decode and map by the definitions in force; nothing is kept yet."""

    catalogue: SourceCatalogue

    def __call__(
        self, texts: Sequence[bytes], *, now: datetime, source: str | None = None, unfold: Unfold = one_event_each
    ) -> Prepared:
        """Prepare a batch.

        Args:
            texts: one JSON text per event, unless `unfold` finds more in one.
            source: the only source whose events may come this way; None for all.
        """
        return prepare(self.catalogue.decoder(only=source), texts, now=now, unfold=unfold)


@dataclass(frozen=True, slots=True)
class AcceptMetricEvents:
    """Make a prepared batch durable. Accepting the same events again is always safe, and answers like the first time."""

    units: Callable[[], UnitOfWork]
    publisher: ReadingsPublisher

    def __call__(self, prepared: Prepared, *, now: datetime) -> Acceptance:
        # 1. Quarantine. A crash after it: the sender repeats the request, and the same bytes are the same entries.
        entry_ids = self._quarantine(prepared, now)
        fail_point("body-rejected-kept")
        # 2. Readings, rejections among them. A crash after it: the sender, without an answer, repeats; the fold counts each id once.
        readings = [*prepared.batches, *rejection_readings(prepared.rejected, now=now)]
        if readings:
            self.publisher.publish(readings)
            fail_point("body-readings-appended")
        # 3. The answer. Whoever has it may forget the events.
        return Acceptance(sum(batch.count for batch in prepared.batches), prepared.rejected, entry_ids)

    def _quarantine(self, prepared: Prepared, now: datetime) -> Sequence[str]:
        if not prepared.rejected:
            return ()
        with self.units() as uow:
            entry_ids = uow.quarantine.add(prepared.rejected, now=now)
            uow.commit()
        return entry_ids
