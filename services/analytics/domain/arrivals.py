"""Who sent what when: the readings of a batch by source, minute of observation and minute of arrival.

In numbers all the way, because every reading passes here; what comes out is small, and everything that is asked of sources (how far
they have come, how good their data are) is computed from it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from services.analytics.domain.assignment import OBSERVED_AT
from services.analytics.domain.block import ARRIVED_AT, EVENT_ID, READ_FROM, SOURCE, Block
from services.analytics.domain.hash_filter import Mask

COUNT = "count"
ON_TIME = "on_time"
OBSERVED_MINUTE = "observed_minute"
"""Column: minutes since 1970."""
ARRIVED_MINUTE = "arrived_minute"
HAS_CADENCE = "has_cadence"
MICROSECONDS = 60_000_000
"""Of a minute."""
MOMENT = pl.Datetime("us", "UTC")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = "latest"
_ORIGINS = pl.Schema(
    {
        READ_FROM: pl.Int32(),
        ARRIVED_MINUTE: pl.Int64(),
        _LATEST: pl.Int64(),  # microseconds since 1970; what was observed earlier came late
        HAS_CADENCE: pl.Boolean(),
    }
)
_SPARSE = 4
"""Keys that lie further apart than this, on average, are sorted."""
_Numbers = npt.NDArray[np.int64]


def arrivals(readings: pl.DataFrame, blocks: Sequence[Block], first: Mask) -> pl.DataFrame:
    """How many readings of each source, minute and origin there are, how many of them came on time, and when the newest was.

    Arrival counts by the minute, so that it makes no difference which blocks were read together.

    Args:
        readings: that count, at least one.
        blocks: that they were read from.
        first: which rows of these blocks they are.
    """
    origins, of_block = _origins(blocks)
    counted = _counted(blocks, first)
    sources, source = _numbered(readings[SOURCE])
    observed = readings[OBSERVED_AT].to_physical().to_numpy()
    minute = observed // MICROSECONDS
    begins = int(minute.min())
    minutes = int(minute.max()) - begins + 1
    key = np.repeat(of_block * (len(sources) * minutes), counted)
    key += minute
    key += source * minutes - begins
    keys, groups = _dense(key)
    on_time = observed >= np.repeat(origins[_LATEST].to_numpy()[of_block], counted)
    arrived = np.array([(block.arrived_at - _EPOCH) // _MICROSECOND for block in blocks], dtype=np.int64)
    earliest = np.empty(keys.size, dtype=np.int64)
    earliest[groups[::-1]] = np.arange(groups.size - 1, -1, -1)  # of a group's rows the one written last is the first
    of_group, place = np.divmod(keys, minutes)
    sums = pl.DataFrame(
        {
            SOURCE: sources[of_group % len(sources)],
            EVENT_ID: readings[EVENT_ID][earliest],
            OBSERVED_MINUTE: place + begins,
            COUNT: np.bincount(groups, minlength=keys.size),
            ON_TIME: np.bincount(groups[on_time], minlength=keys.size),
            OBSERVED_AT: _newest(observed, groups, keys.size),
            ARRIVED_AT: _newest(np.repeat(arrived, counted), groups, keys.size),
        }
    )
    return sums.hstack(origins[of_group // len(sources)])


def _newest(moments: _Numbers, groups: _Numbers, count: int) -> pl.Series:
    newest = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(newest, groups, moments)
    return pl.Series(newest).cast(MOMENT)


def _counted(blocks: Sequence[Block], first: Mask) -> _Numbers:
    """How many readings of each block count."""
    heights = np.array([block.readings.height for block in blocks])
    if first.all():
        return heights
    before = np.concatenate([[0], np.cumsum(first)])
    counted: _Numbers = np.diff(before[np.concatenate([[0], np.cumsum(heights)])])
    return counted


def _numbered(sources: pl.Series) -> tuple[pl.Series, _Numbers]:
    """The sources that there are, and of each row which. Most batches are of one, which is seen at a glance."""
    if bool((sources == sources[0]).all()):
        return sources[:1], np.zeros(1, dtype=np.int64)
    there = sources.unique()
    numbers: _Numbers = sources.replace_strict(there, np.arange(there.len()), return_dtype=pl.Int64).to_numpy()
    return there, numbers


def _dense(keys: _Numbers) -> tuple[_Numbers, _Numbers]:
    """The different keys in their order, and of each row the place of its own. Without sorting where they lie close together."""
    most = int(keys.max()) + 1
    if most > _SPARSE * keys.size:
        different, places = np.unique(keys, return_inverse=True)
        return different, places
    is_there = np.zeros(most, dtype=np.bool_)
    is_there[keys] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[keys]


def _origins(blocks: Sequence[Block]) -> tuple[pl.DataFrame, _Numbers]:
    """What readings have in common that came on one partition, in one minute, under the same promise; and which each block has."""
    numbers: dict[tuple[int, int, int, bool], int] = {}
    of_block = []
    for block in blocks:
        arrived = (block.arrived_at - _EPOCH) // _MINUTE
        latest = arrived * MICROSECONDS - block.on_time_within // _MICROSECOND
        of_block.append(
            numbers.setdefault((block.partition, arrived, latest, block.has_cadence), len(numbers)),
        )
    return pl.DataFrame(list(numbers), schema=_ORIGINS, orient="row"), np.array(of_block, dtype=np.int64)
