"""`raw.<source>`: metric events from Kafka producers. Nothing a record holds can stop this consumer.

The records of a poll are taken in as one batch per source. Order, and what a crash in between means:

1. what is wrong goes to the quarantine. Crash: the records are read again, the same bytes are the same entries.
2. readings are appended. Crash: they are appended again, and the fold counts each id once.
3. the position moves. From here on the records are not read again.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ingest.entrypoints.bodies import record_events
from services.ingest.entrypoints.intake import Intake
from services.ingest.ports import UnitOfWork
from shared.eventlog.event_handler import Incoming
from shared.eventlog.port import Record
from shared.events.topics import RAW_PREFIX
from shared.runtime.progress import Progress

CONSUMER = "ingest.raw"
TOPICS = (f"{RAW_PREFIX}*",)
_CE = "ce_"


@dataclass(frozen=True, slots=True)
class RawRecords:
    """Applies records of raw topics; the `apply` of an `EventHandler`."""

    intake: Intake
    units: Callable[[], UnitOfWork]

    def __call__(self, incoming: Sequence[Incoming], progress: Sequence[Progress], now: datetime) -> None:
        del now  # the intake asks the clock for each batch
        for source, originals in _by_source(incoming).items():
            self.intake.take([originals], source=source)
        with self.units() as uow:
            for moved in progress:
                uow.advance(moved)
            uow.commit()


def _by_source(incoming: Sequence[Incoming]) -> dict[str, list[bytes]]:
    """Events per topic; a source's topic takes events of that source only."""
    events: defaultdict[str, list[bytes]] = defaultdict(list)
    for one in incoming:
        events[one.record.partition.topic.removeprefix(RAW_PREFIX)].extend(_events(one.record))
    return events


def _events(record: Record) -> Sequence[bytes]:
    headers = {name.lower(): value.decode("utf-8", "replace") for name, value in record.headers}
    attributes = {name[len(_CE) :]: value for name, value in headers.items() if name.startswith(_CE)}
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower() or None
    return record_events(content_type, attributes, record.value)
