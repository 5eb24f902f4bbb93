"""`kpi-values`: every value, to the goals that it bears on."""

from collections.abc import Sequence
from datetime import datetime

from services.goals.domain.attainment import WindowValue
from services.goals.ports import SubjectValue
from services.goals.use_cases.record_kpi_values import KpiValueChanged, RecordKpiValues
from shared.eventlog.event_handler import EventHandler, Incoming, StartingOffsets
from shared.eventlog.handler import Unprocessable
from shared.events.envelope import UnreadableEvent, decode, type_of
from shared.events.kpi_values import KPI_VALUE_COMPUTED, KpiValueComputed
from shared.runtime.progress import PassedOver, Progress

CONSUMER = "goals.kpi-values"


def kpi_values_handler(record: RecordKpiValues, starting_offsets: StartingOffsets) -> EventHandler:
    """The pump's handler for `kpi-values`."""

    def apply(incoming: Sequence[Incoming], progress: Sequence[Progress], now: datetime) -> None:
        record([_command(one) for one in incoming], progress, consumer=CONSUMER, now=now)

    return EventHandler(consumer=CONSUMER, starting_offsets=starting_offsets, apply=apply)


def _command(incoming: Incoming) -> KpiValueChanged | PassedOver:
    try:
        if type_of(incoming.record.value) != KPI_VALUE_COMPUTED:
            return PassedOver(incoming.delivery)
        found = decode(incoming.record.value, KpiValueComputed).data
    except UnreadableEvent as error:
        raise Unprocessable("unreadable-event", incoming.record, str(error)) from error
    value = WindowValue(
        start=found.window.start,
        end=found.window.end,
        formula=found.formula,
        value=found.value,
        numerator=found.numerator,
        denominator=found.denominator,
        sample_size=found.sample_size,
        status=found.status,
        judgement=found.judgement,
        revision=found.revision,
    )
    changed = SubjectValue(found.indicator, found.indicator_version, found.subject, value)
    return KpiValueChanged(changed, incoming.delivery)
