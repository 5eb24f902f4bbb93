"""`definitions`: calendars and indicators, for deadlines."""

from collections.abc import Sequence
from datetime import datetime

from services.issues.use_cases.adopt_definitions import AdoptDefinitions, CalendarChanged, IndicatorChanged
from shared.eventlog.event_handler import EventHandler, Incoming, StartingOffsets
from shared.eventlog.handler import Unprocessable
from shared.events.definitions import CALENDAR_DEFINED, INDICATOR_DEFINED, CalendarDefined, IndicatorDefined
from shared.events.envelope import UnreadableEvent, decode, type_of
from shared.runtime.progress import PassedOver, Progress

CONSUMER = "issues.definitions"


def definitions_handler(adopt: AdoptDefinitions, starting_offsets: StartingOffsets) -> EventHandler:
    """The pump's handler for `definitions`."""

    def apply(incoming: Sequence[Incoming], progress: Sequence[Progress], now: datetime) -> None:
        del now  # definitions have no deadline of their own
        adopt([_command(one) for one in incoming], progress, consumer=CONSUMER)

    return EventHandler(consumer=CONSUMER, starting_offsets=starting_offsets, apply=apply)


def _command(incoming: Incoming) -> CalendarChanged | IndicatorChanged | PassedOver:
    value = incoming.record.value
    try:
        kind = type_of(value)
        if kind == CALENDAR_DEFINED:
            calendar = decode(value, CalendarDefined).data
            return CalendarChanged(calendar.name, calendar.definition, incoming.delivery)
        if kind == INDICATOR_DEFINED:
            indicator = decode(value, IndicatorDefined).data
            return IndicatorChanged(indicator.name, indicator.calendar, incoming.delivery)
    except UnreadableEvent as error:
        raise Unprocessable("unreadable-event", incoming.record, str(error)) from error
    return PassedOver(incoming.delivery)
