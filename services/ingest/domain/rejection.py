"""Rejections as readings: each event that was refused is one reading of a type of Andon's own, so that they can be counted and judged."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from services.ingest.domain.batch import TypedReadings
from services.ingest.domain.columns import EVENT_ID, OBSERVED_AT, SOURCE, dimension
from services.ingest.domain.quarantine import Reason, Rejected, entry_id

RESERVED_PREFIX = "andon-"
"""Before the names of reading types that nobody else may define."""
REJECTION = "andon-rejection"
_VERSION = 1


def rejection_readings(rejected: Sequence[Rejected], *, now: datetime) -> list[TypedReadings]:
    """One reading per refused event of a registered source, observed at `now` (UTC), with the reason as a dimension.

    Its id is a function of the event's bytes, as that of its entry in the quarantine: the same event refused again counts once, whatever
    else it is sent together with.
    """
    by_source: defaultdict[str, list[Rejected]] = defaultdict(list)
    for one in rejected:
        if one.source is not None and one.reason is not Reason.UNKNOWN_SOURCE:
            by_source[one.source].append(one)
    return [
        TypedReadings(source, REJECTION, _VERSION, _readings(source, found, now)) for source, found in by_source.items()
    ]


def _readings(source: str, rejected: Sequence[Rejected], now: datetime) -> pl.DataFrame:
    count = len(rejected)
    return pl.DataFrame(
        {
            EVENT_ID: [f"{REJECTION}/{entry_id(one.original)}" for one in rejected],
            SOURCE: [source] * count,
            OBSERVED_AT: pl.Series([now] * count, dtype=pl.Datetime("us", "UTC")),
            dimension("reason"): [one.reason.value for one in rejected],
        }
    )
