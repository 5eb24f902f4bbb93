"""Published by ingest on `readings`: one record is one Arrow block of readings of one type.

Columns of every block, then one per dimension (`dimension.<name>`, text) and one per measure (`measure.<name>`, float64, in
the unit of the reading type):

* `event_id`     text; the CloudEvent's id
* `id_hash`      uint64; see `identity_hash`
* `source`       text; the registered name
* `observed_at`  datetime, microseconds, UTC

The record's headers name the reading type and its version.

A reading type whose name begins with `andon-` is of Andon's own: `andon-rejection` has a row for each refused event of a registered
source, with the dimension `reason` and no measure.

A block of corrections and retractions has three columns more, and what a retraction has none of is null:

* `revised_at`   datetime, microseconds, UTC; when the source came to know better
* `revision_id`  text; the id of the revising CloudEvent
* `retracted`    whether the event named by `event_id` is taken back, or replaced by this row
"""

from collections.abc import Iterable

import polars as pl
import xxhash

READING_TYPE_HEADER = "andon-reading-type"
READING_TYPE_VERSION_HEADER = "andon-reading-type-version"

EVENT_ID = "event_id"
ID_HASH = "id_hash"
SOURCE = "source"
OBSERVED_AT = "observed_at"
DIMENSION_PREFIX = "dimension."
MEASURE_PREFIX = "measure."

FIXED_COLUMNS = pl.Schema(
    {
        EVENT_ID: pl.String(),
        ID_HASH: pl.UInt64(),
        SOURCE: pl.String(),
        OBSERVED_AT: pl.Datetime("us", "UTC"),
    }
)


def dimension_column(name: str) -> str:
    return DIMENSION_PREFIX + name


def measure_column(name: str) -> str:
    return MEASURE_PREFIX + name


def identity_hash(source: str, event_id: str) -> int:
    """xxh64 (seed 0) over the length-prefixed UTF-8 of source and id: 4 bytes little-endian length, then the bytes, twice.

    Fixed for ever (docs/decisions): it chooses the partition (`hash % partitions`) and is what the fold remembers.
    """
    first, second = source.encode(), event_id.encode()
    framed = b"".join((len(first).to_bytes(4, "little"), first, len(second).to_bytes(4, "little"), second))
    return xxhash.xxh64_intdigest(framed)


def identity_hashes(source: str, event_ids: Iterable[str]) -> list[int]:
    """`identity_hash` of many events of one source."""
    name = source.encode()
    encoded = [event_id.encode() for event_id in event_ids]
    prefixes = {
        length: len(name).to_bytes(4, "little") + name + length.to_bytes(4, "little")
        for length in set(map(len, encoded))
    }
    return [xxhash.xxh64_intdigest(prefixes[len(one)] + one) for one in encoded]
