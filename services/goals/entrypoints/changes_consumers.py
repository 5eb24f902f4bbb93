"""`definitions` and `issue-changes`: what goals need to know of indicators, calendars and issues."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.goals.domain.indicator import Indicator
from services.goals.use_cases.adopt_changes import (
    AdoptChanges,
    CalendarChanged,
    Command,
    IndicatorChanged,
    IssueChanged,
)
from shared.eventlog.event_handler import EventHandler, Incoming, StartingOffsets
from shared.eventlog.handler import Unprocessable
from shared.events import issue_changes
from shared.events.definitions import CALENDAR_DEFINED, INDICATOR_DEFINED, CalendarDefined, IndicatorDefined
from shared.events.envelope import UnreadableEvent, decode, type_of
from shared.runtime.progress import PassedOver, Progress

DEFINITIONS_CONSUMER = "goals.definitions"
ISSUE_CHANGES_CONSUMER = "goals.issue-changes"
_ISSUE_TYPE = "andon."


def definitions_handler(adopt: AdoptChanges, starting_offsets: StartingOffsets) -> EventHandler:
    """The pump's handler for `definitions`."""
    return _handler(DEFINITIONS_CONSUMER, _definition, adopt=adopt, starting_offsets=starting_offsets)


def issue_changes_handler(adopt: AdoptChanges, starting_offsets: StartingOffsets) -> EventHandler:
    """The pump's handler for `issue-changes`."""
    return _handler(ISSUE_CHANGES_CONSUMER, _issue, adopt=adopt, starting_offsets=starting_offsets)


def _handler(
    consumer: str, read: Callable[[Incoming], Command], *, adopt: AdoptChanges, starting_offsets: StartingOffsets
) -> EventHandler:
    def apply(incoming: Sequence[Incoming], progress: Sequence[Progress], now: datetime) -> None:
        del now  # nothing of this depends on when it is adopted
        adopt([_readable(read, one) for one in incoming], progress, consumer=consumer)

    return EventHandler(consumer=consumer, starting_offsets=starting_offsets, apply=apply)


def _readable(read: Callable[[Incoming], Command], incoming: Incoming) -> Command:
    try:
        return read(incoming)
    except UnreadableEvent as error:
        raise Unprocessable("unreadable-event", incoming.record, str(error)) from error


def _definition(incoming: Incoming) -> Command:
    value = incoming.record.value
    kind = type_of(value)
    if kind == CALENDAR_DEFINED:
        calendar = decode(value, CalendarDefined).data
        return CalendarChanged(calendar.name, calendar.definition, incoming.delivery)
    if kind == INDICATOR_DEFINED:
        found = decode(value, IndicatorDefined).data
        indicator = Indicator(
            name=found.name,
            title=found.title,
            formula=found.formula,
            by=found.by,
            calendar=found.calendar,
            direction=found.direction,
            unit=found.unit,
        )
        return IndicatorChanged(indicator, incoming.delivery)
    return PassedOver(incoming.delivery)


def _issue(incoming: Incoming) -> Command:
    value = incoming.record.value
    if not type_of(value).startswith(_ISSUE_TYPE):
        return PassedOver(incoming.delivery)
    changed = decode(value, issue_changes.IssueChanged).data
    return IssueChanged(
        issue_id=changed.issue_id,
        number=changed.number,
        state=changed.state,
        goal_id=changed.goal_id,
        indicator=changed.indicator,
        subject=changed.subject,
        delivery=incoming.delivery,
    )
