"""A whole batch, from bytes to readings and rejections; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.ingest.domain.batch import TypedReadings
from services.ingest.domain.decode import EventDecoder
from services.ingest.domain.mapping import map_events
from services.ingest.domain.quarantine import Rejected


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch that has been decoded and mapped; rejections in the order of their events."""

    batches: Sequence[TypedReadings]
    rejected: Sequence[Rejected]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The answer to a batch. `accepted` counts readings on the log, copies of earlier ones included."""

    accepted: int
    rejected: Sequence[Rejected]
    entry_ids: Sequence[str]


def prepare(decoder: EventDecoder, originals: Sequence[bytes], *, now: datetime) -> Prepared:
    """Decode and map events; each becomes one reading or one rejection."""
    decoded = decoder.decode(originals)
    rejected = list(decoded.rejected)
    batches = []
    for name, events in decoded.events.items():
        plan = decoder.plans[name]
        mapped = map_events(plan, events, decoded.indices[name], now=now)
        rejected.extend(replace(refused, original=originals[refused.index]) for refused in mapped.rejected)
        if not mapped.readings.is_empty():
            batches.append(TypedReadings(name, plan.reading_type.name, plan.reading_type.version, mapped.readings))
    return Prepared(batches, sorted(rejected, key=lambda refused: refused.index))
