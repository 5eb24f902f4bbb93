"""`reading-types` → the units of measures."""

from collections.abc import Sequence
from datetime import datetime

from services.analytics.use_cases.adopt_reading_type import AdoptReadingType, AdoptReadingTypes
from shared.eventlog.event_handler import EventHandler, Incoming, StartingOffsets
from shared.eventlog.handler import Unprocessable
from shared.events.envelope import UnreadableEvent, decode, type_of
from shared.events.reading_types import READING_TYPE_DEFINED, ReadingTypeDefined
from shared.runtime.progress import PassedOver, Progress


def reading_types_handler(adopt: AdoptReadingTypes, starting_offsets: StartingOffsets) -> EventHandler:
    """The pump's handler for `reading-types`."""

    def apply(incoming: Sequence[Incoming], progress: Sequence[Progress], now: datetime) -> None:
        del now  # nothing of this depends on when it is adopted
        adopt([_command(one) for one in incoming], progress)

    return EventHandler(consumer=adopt.consumer, starting_offsets=starting_offsets, apply=apply)


def _command(incoming: Incoming) -> AdoptReadingType | PassedOver:
    try:
        if type_of(incoming.record.value) != READING_TYPE_DEFINED:
            return PassedOver(incoming.delivery)
        found = decode(incoming.record.value, ReadingTypeDefined).data
    except UnreadableEvent as error:
        raise Unprocessable("unreadable-event", incoming.record, str(error)) from error
    units = {name: measure.unit for name, measure in found.measures.items()}
    return AdoptReadingType(found.name, found.version, units, incoming.delivery)
