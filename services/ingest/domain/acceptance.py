"""A whole batch, from bytes to readings and rejections; pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate, pairwise, starmap

from services.ingest.domain.batch import Prepared, typed
from services.ingest.domain.decode import EventDecoder, Unfold, one_event_each
from services.ingest.domain.mapping import in_one_order, map_events
from services.ingest.domain.quarantine import Rejected
from services.ingest.domain.revised_readings import prepare_revisions


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The answer to a batch. `accepted` counts readings on the log, copies of earlier ones included."""

    accepted: int
    rejected: Sequence[Rejected]
    entry_ids: Sequence[str]


def apart(joined: Acceptance, sizes: Sequence[int]) -> list[Acceptance]:
    """The answer to each of several batches that were taken in as one, in their order.

    Args:
        sizes: how many events each had; together all that were taken in.
    """
    indices = [refused.index for refused in joined.rejected]
    return [_between(joined, indices, events) for events in starmap(range, pairwise(accumulate(sizes, initial=0)))]


def _between(joined: Acceptance, indices: Sequence[int], events: range) -> Acceptance:
    refused = slice(bisect_left(indices, events.start), bisect_left(indices, events.stop))
    rejected = [replace(one, index=one.index - events.start) for one in joined.rejected[refused]]
    return Acceptance(len(events) - len(rejected), rejected, joined.entry_ids[refused])


def prepare(
    decoder: EventDecoder, texts: Sequence[bytes], *, now: datetime, unfold: Unfold = one_event_each
) -> Prepared:
    """Decode and map the events in some texts; each event becomes one reading or one rejection."""
    decoded = decoder.decode(texts, unfold)
    originals, rejected = decoded.originals, list(decoded.rejected)
    batches = []
    for plan, parts in decoded.by_source():
        mapped = in_one_order([map_events(part, now=now) for part in parts])
        rejected.extend(replace(refused, original=originals[refused.index]) for refused in mapped.rejected)
        if not mapped.readings.is_empty():
            batches.append(typed(plan, mapped.readings))
    if decoded.revisions:
        revised = prepare_revisions(decoder, decoded.revisions, originals, now=now)
        batches += revised.batches
        rejected += revised.rejected
    return Prepared(batches, sorted(rejected, key=lambda refused: refused.index), decoder.quotas)
