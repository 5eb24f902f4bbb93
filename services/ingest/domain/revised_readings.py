"""From corrections and retractions to rows of `readings`: a corrected event is mapped like any other, under its own id."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from services.ingest.domain.batch import Prepared, TypedReadings, typed
from services.ingest.domain.columns import EVENT_ID, OBSERVED_AT, RETRACTED, REVISED_AT, REVISION_ID, SOURCE
from services.ingest.domain.decode import EventDecoder
from services.ingest.domain.mapping import in_one_order, map_events
from services.ingest.domain.quarantine import Rejected
from services.ingest.domain.revision import Revision, outward, read_revision

_MOMENT = pl.Datetime("us", "UTC")
_RETRACTIONS = pl.Schema(
    {
        EVENT_ID: pl.String(),
        SOURCE: pl.String(),
        OBSERVED_AT: _MOMENT,
        REVISED_AT: _MOMENT,
        REVISION_ID: pl.String(),
        RETRACTED: pl.Boolean(),
    }
)


def prepare_revisions(
    decoder: EventDecoder, indices: Sequence[int], originals: Sequence[bytes], *, now: datetime
) -> Prepared:
    """Read, decode and map revisions; each becomes one row or one rejection.

    Args:
        indices: which of the originals are revisions.
        now: UTC; what horizon and clock tolerance are counted from.
    """
    read = [read_revision(index, originals[index], decoder.plans, now=now) for index in indices]
    revisions = [one for one in read if isinstance(one, Revision)]
    corrections = [one for one in revisions if one.corrected is not None]
    mapped = _corrections(decoder, corrections, now)
    return Prepared(
        [*mapped.batches, *_retractions(decoder, [one for one in revisions if one.corrected is None])],
        [*(one for one in read if isinstance(one, Rejected)), *outward(mapped.rejected, corrections, originals)],
    )


def _corrections(decoder: EventDecoder, revisions: Sequence[Revision], now: datetime) -> Prepared:
    decoded = decoder.decode([one.corrected or b"" for one in revisions])
    rejected = list(decoded.rejected)
    batches = []
    for plan, parts in decoded.by_source():
        mapped = in_one_order([map_events(part, now=now) for part in parts])
        rejected += mapped.rejected
        if not mapped.readings.is_empty():
            made_by = [revisions[index] for index in mapped.indices.to_list()]
            readings = mapped.readings.with_columns(
                pl.Series(REVISED_AT, [one.revised_at for one in made_by], dtype=_MOMENT),
                pl.Series(REVISION_ID, [one.id for one in made_by], dtype=pl.String),
                pl.lit(value=False).alias(RETRACTED),
            )
            batches.append(typed(plan, readings))
    return Prepared(batches, rejected)


def _retractions(decoder: EventDecoder, revisions: Sequence[Revision]) -> list[TypedReadings]:
    by_source: dict[str, list[Revision]] = {}
    for one in revisions:
        by_source.setdefault(one.source, []).append(one)
    return [
        typed(
            decoder.plans[name],
            pl.DataFrame(
                [(one.event_id, one.source, None, one.revised_at, one.id, True) for one in found],
                schema=_RETRACTIONS,
                orient="row",
            ),
        )
        for name, found in by_source.items()
    ]
