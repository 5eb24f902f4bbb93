"""Blocks of readings as the fold gets them, and as one frame."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from services.analytics.domain.hash_filter import Mask

EVENT_ID = "event_id"
ID_HASH = "id_hash"
SOURCE = "source"
READ_FROM = "read_from"
"""Column: the partition of `readings` that a reading was read from."""
ARRIVED_AT = "arrived_at"
_ORIGIN = pl.Schema({READ_FROM: pl.Int32(), ARRIVED_AT: pl.Datetime("us", "UTC")})

ON_TIME_WITHIN = timedelta(minutes=15)
"""How long after it was observed a reading may come, where its source says nothing else."""

_LARGE_BLOCK = 1000


@dataclass(frozen=True, slots=True)
class Block:
    """One record of `readings`: readings of one type, read from one partition.

    Attributes:
        encoded: what they were decoded from.
        on_time_within: how long after they were observed they had to come.
        has_cadence: it is stated how many of them are due.
    """

    partition: int
    reading_type: str
    readings: pl.DataFrame
    arrived_at: datetime
    encoded: bytes | None = None
    on_time_within: timedelta = ON_TIME_WITHIN
    has_cadence: bool = False


def kept_blocks(blocks: Sequence[Block], masks: Sequence[Mask]) -> Iterator[Block]:
    """Large blocks as they came, if all of it counts; small ones, and what is left of others, as one block for each type."""
    left: defaultdict[tuple[int, str], list[Block]] = defaultdict(list)
    for block, mask in zip(blocks, masks, strict=True):
        if mask.size >= _LARGE_BLOCK and mask.all():
            yield block
        elif mask.any():
            readings = block.readings if mask.all() else block.readings.filter(pl.Series(mask))
            part = replace(block, readings=readings, encoded=None)
            left[block.partition, block.reading_type].append(part)
    for (partition, reading_type), parts in left.items():
        yield Block(partition, reading_type, joined(parts), max(part.arrived_at for part in parts))


def with_origin(blocks: Sequence[Block]) -> pl.DataFrame:
    """The readings of blocks of one type, in their order, each with where and when it came."""
    origins = pl.DataFrame([(block.partition, block.arrived_at) for block in blocks], schema=_ORIGIN, orient="row")
    of_reading = np.repeat(np.arange(len(blocks)), [block.readings.height for block in blocks])
    return joined(blocks).hstack(origins[of_reading])


def joined(blocks: Sequence[Block]) -> pl.DataFrame:
    """The readings of blocks; a column that only some have is null in the others'. Where all have the same it takes a tenth."""
    frames = [block.readings for block in blocks]
    are_alike = len({tuple(frame.columns) for frame in frames}) == 1
    return pl.concat(frames, how="vertical" if are_alike else "diagonal_relaxed")


def without_origin(readings: pl.DataFrame) -> pl.DataFrame:
    """As they were on the log."""
    return readings[[name for name in readings.columns if name not in _ORIGIN]]
