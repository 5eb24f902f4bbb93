"""Published by ingest on `readings`: one record is one Arrow block of readings of one type.

Columns of every block, then one per dimension (`dimension.<name>`, text) and one per measure (`measure.<name>`, float64, in
the unit of the reading type):

* `event_id`     text; the CloudEvent's id
* `id_hash`      uint64; see `identity_hash`
* `source`       text; the registered name
* `observed_at`  datetime, microseconds, UTC

The record's headers name the reading type and its version.

A reading type whose name begins with `andon-` is of Andon's own:

* `andon-rejection`    a row for each refused event of a registered source, with the dimension `reason` and no measure
* `andon-expectation`  a row for each span of time in which readings are due from a source that has a cadence, observed at its beginning,
  with the measure `expected`: how many are

Two headers more say what is expected of the sources of a block, both in whole seconds: `andon-on-time-within`, how long after it was
observed a reading may come (without it 900), and `andon-cadence`, how far apart readings are due (without it any number may come).

A block of corrections and retractions has three columns more, and what a retraction has none of is null:

* `revised_at`   datetime, microseconds, UTC; when the source came to know better
* `revision_id`  text; the id of the revising CloudEvent
* `retracted`    whether the event named by `event_id` is taken back, or replaced by this row
"""

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from shared.events.xxh64 import Letters, xxh64_of_each

READING_TYPE_HEADER = "andon-reading-type"
READING_TYPE_VERSION_HEADER = "andon-reading-type-version"
ON_TIME_WITHIN_HEADER = "andon-on-time-within"
CADENCE_HEADER = "andon-cadence"

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

Hashes = npt.NDArray[np.uint64]

_WORTH_A_COLUMN = 500
"""Fewer ids are hashed sooner one by one."""


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


def identity_hashes(source: str, event_ids: pl.Series) -> Hashes:
    """`identity_hash` of many events of one source."""
    name, ids = source.encode(), _of_one_length(event_ids)
    start = len(name).to_bytes(4, "little") + name
    if ids is None:
        encoded = [event_id.encode() for event_id in event_ids.to_list()]
        framed_ids = [start + len(one).to_bytes(4, "little") + one for one in encoded]
        return np.array([xxhash.xxh64_intdigest(one) for one in framed_ids], dtype=np.uint64)
    count, length = ids.shape
    prefix = start + length.to_bytes(4, "little")
    framed = np.empty((count, len(prefix) + length), dtype=np.uint8)
    framed[:, : len(prefix)] = np.frombuffer(prefix, dtype=np.uint8)
    framed[:, len(prefix) :] = ids
    return xxh64_of_each(framed)


def _of_one_length(texts: pl.Series) -> Letters | None:
    """A row of bytes for each text; None where they are few, empty, or not all of one length."""
    count = texts.len()
    if count < _WORTH_A_COLUMN:
        return None
    joined = texts.str.join("\n").item().encode() + b"\n"
    if len(joined) % count or len(joined) == count:
        return None
    rows = np.frombuffer(joined, dtype=np.uint8).reshape(count, -1)
    ends = rows == ord("\n")
    # As many as there are texts, and at the end of each row: so none of them stands in a text.
    return rows[:, :-1] if ends[:, -1].all() and np.count_nonzero(ends) == count else None
