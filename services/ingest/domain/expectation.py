"""Readings that are due, as readings of a type of Andon's own: what came can then be counted against what should have come.

A source with a cadence is stated to owe its readings span by span. A span is as long as the cadence, or a minute where that is
shorter; spans begin at whole multiples of their length since 1970, so that everyone who states one names it alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from services.ingest.domain.batch import TypedReadings
from services.ingest.domain.columns import EVENT_ID, OBSERVED_AT, SOURCE, measure

EXPECTATION = "andon-expectation"
_VERSION = 1
_MOST_SPANS = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stated:
    """What is to be stated now.

    Attributes:
        readings: one per source and span that has ended.
        until: source → the end of the last span that is stated with these; of the sources for which it moves.
        has_more: some source has more spans than fit.
    """

    readings: list[TypedReadings]
    until: Mapping[str, datetime]
    has_more: bool


def state_expectations(cadences: Mapping[str, timedelta], stated: Mapping[str, datetime], *, now: datetime) -> Stated:
    """The whole spans that have ended since those stated before; at most a thousand of each source. Pure.

    Args:
        cadences: of the sources that have one.
        stated: source → up to when spans have been stated, or from when on it owes readings.
        now: UTC.
    """
    readings, until, has_more = [], {}, False
    for source, begins in stated.items():
        cadence = cadences.get(source)
        if cadence is None:
            continue
        length = max(cadence, _SHORTEST)
        first, last = -((_EPOCH - begins) // length), (now - _EPOCH) // length
        count = min(last - first, _MOST_SPANS)
        if count > 0:
            starts = [_EPOCH + (first + place) * length for place in range(count)]
            readings.append(_of_spans(source, starts, length / cadence))
            until[source] = starts[-1] + length
            has_more = has_more or first + count < last
    return Stated(readings, until, has_more)


def _of_spans(source: str, starts: list[datetime], expected: float) -> TypedReadings:
    """The id says which span it is, so that a span that is stated again counts once."""
    frame = pl.DataFrame(
        {
            EVENT_ID: [f"{EXPECTATION}/{start.isoformat()}" for start in starts],
            SOURCE: [source] * len(starts),
            OBSERVED_AT: pl.Series(starts, dtype=pl.Datetime("us", "UTC")),
            measure("expected"): [expected] * len(starts),
        }
    )
    return TypedReadings(source, EXPECTATION, _VERSION, frame)
