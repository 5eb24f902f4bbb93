"""Stage one, pure: drop ids that were counted, and reduce readings to deltas."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import polars as pl

from services.analytics.domain.assignment import OBSERVED_AT, assign, missing_columns
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.pane import DELTAS, INDICATOR, SUBJECT, partial
from services.analytics.domain.seen_ids import Hashes, Mask, SeenIds
from services.analytics.domain.subject import delta_partitions

ID_HASH = "id_hash"
SOURCE = "source"
READ_FROM = "read_from"
"""Column: the partition of `readings` that a reading was read from."""
ARRIVED_AT = "arrived_at"
_ORIGIN = pl.Schema({READ_FROM: pl.Int32(), ARRIVED_AT: pl.Datetime("us", "UTC")})

Deltas = pl.DataFrame
"""Of schema `pane.DELTAS`."""

_LARGE_BLOCK = 1000

SourceKey = tuple[str, str]
"""(reading type, source)."""


@dataclass(frozen=True, slots=True)
class Block:
    """One record of `readings`: readings of one type, read from one partition. `encoded` is what they were decoded from."""

    partition: int
    reading_type: str
    readings: pl.DataFrame
    arrived_at: datetime
    encoded: bytes | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a source has come on one partition, UTC; see `shared.events.pane_deltas.SourceMark`."""

    observed_until: datetime
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class PartitionMemory:
    """What the fold knows of one partition of `readings`.

    Attributes:
        told_end: the newest mark sent said that it was at its end.
        told_revision: of the definitions that the newest mark sent named; None before the first.
    """

    seen: SeenIds = field(default_factory=SeenIds)
    marks: Mapping[SourceKey, Mark] = field(default_factory=dict)
    told_end: bool = False
    told_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What stage two is told of one partition of `readings`.

    Attributes:
        memory: as it is after the batch.
        reached: the offset up to which the partition has been folded.
        revision: of the definitions that the batch was folded by.
        ends: every partition of `readings` → where it ended at a moment after the batch had been read.
    """

    partition: int
    memory: PartitionMemory
    reached: int
    revision: int
    ends: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class NewIds:
    """Ids that a batch adds to one partition, and the observed day (UTC) of each."""

    partition: int
    hashes: Hashes
    days: pl.Series


@dataclass(frozen=True, slots=True)
class Folded:
    """What a batch has come to. `memories` hold from the moment on that the batch is committed."""

    deltas: Deltas
    kept: Sequence[Block]
    """The readings that count. `encoded` where nothing was left out."""
    memories: Mapping[int, PartitionMemory]
    new_ids: Sequence[NewIds]
    readings: int
    duplicates: int
    not_counted: Mapping[str, Sequence[str]]
    """Indicator → columns that its readings lack."""
    counted: Sequence[str]
    """Indicators whose readings lack nothing."""


def fold(blocks: Sequence[Block], memories: Mapping[int, PartitionMemory], catalogue: Catalogue) -> Folded:
    """Fold a batch of blocks, in log order per partition. The first copy of an id wins."""
    masks = _first_copies(blocks, memories)
    by_type: defaultdict[str, list[Block]] = defaultdict(list)
    firsts: defaultdict[str, list[Mask]] = defaultdict(list)
    for block, mask in zip(blocks, masks, strict=True):
        by_type[block.reading_type].append(block)
        firsts[block.reading_type].append(mask)
    fresh = {
        reading_type: with_origin(of_type).filter(pl.Series(np.concatenate(firsts[reading_type])))
        for reading_type, of_type in by_type.items()
    }
    deltas, not_counted, counted_by = _deltas(fresh, catalogue)
    new_ids = list(_new_ids(fresh))
    counted = sum(frame.height for frame in fresh.values())
    return Folded(
        deltas=deltas,
        kept=list(_kept(blocks, masks)),
        memories=_remember(memories, new_ids, fresh),
        new_ids=new_ids,
        readings=counted,
        duplicates=sum(mask.size for mask in masks) - counted,
        not_counted=not_counted,
        counted=counted_by,
    )


def by_partition(rows: pl.DataFrame, partitions: int) -> list[pl.DataFrame]:
    """The rows for each partition of `pane-deltas`, by their indicators and subjects."""
    if rows.is_empty():
        return [rows] * partitions
    numbers = delta_partitions(rows[INDICATOR], rows[SUBJECT], partitions)
    return [rows.filter(numbers == number) for number in range(partitions)]


def _first_copies(blocks: Sequence[Block], memories: Mapping[int, PartitionMemory]) -> list[Mask]:
    """For each block the rows that are met for the first time, over all blocks of its partition, whatever their type."""
    masks: list[Mask] = [np.empty(0, dtype=np.bool_)] * len(blocks)
    for partition in {block.partition for block in blocks}:
        places = [place for place, block in enumerate(blocks) if block.partition == partition]
        hashes = [blocks[place].readings[ID_HASH].to_numpy() for place in places]
        first = memories[partition].seen.first_seen(np.concatenate(hashes))
        ends = np.cumsum([part.size for part in hashes])
        for place, mask in zip(places, np.split(first, ends[:-1]), strict=True):
            masks[place] = mask
    return masks


def _kept(blocks: Sequence[Block], masks: Sequence[Mask]) -> Iterator[Block]:
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
        yield Block(partition, reading_type, _joined(parts), max(part.arrived_at for part in parts))


def with_origin(blocks: Sequence[Block]) -> pl.DataFrame:
    """The readings of blocks of one type, in their order, each with where and when it came."""
    origins = pl.DataFrame([(block.partition, block.arrived_at) for block in blocks], schema=_ORIGIN, orient="row")
    of_reading = np.repeat(np.arange(len(blocks)), [block.readings.height for block in blocks])
    return _joined(blocks).hstack(origins[of_reading])


def _joined(blocks: Sequence[Block]) -> pl.DataFrame:
    """The readings of blocks; a column that only some have is null in the others'. Where all have the same it takes a tenth."""
    frames = [block.readings for block in blocks]
    are_alike = len({tuple(frame.columns) for frame in frames}) == 1
    return pl.concat(frames, how="vertical" if are_alike else "diagonal_relaxed")


def without_origin(readings: pl.DataFrame) -> pl.DataFrame:
    """As they were on the log."""
    return readings.drop(READ_FROM, ARRIVED_AT)


def _deltas(
    fresh: Mapping[str, pl.DataFrame], catalogue: Catalogue
) -> tuple[pl.DataFrame, dict[str, Sequence[str]], list[str]]:
    """The deltas of all indicators; those that lack columns, and which; those that lack none."""
    found = [pl.DataFrame(schema=DELTAS)]
    not_counted: dict[str, Sequence[str]] = {}
    counted: list[str] = []
    for indicator in catalogue.indicators.values():
        readings = fresh.get(indicator.reading_type)
        if readings is None or readings.is_empty():
            continue
        missing = missing_columns(readings, indicator)
        if missing:
            not_counted[indicator.name] = missing
            continue
        counted.append(indicator.name)
        found.append(partial(assign(readings, indicator, catalogue.calendar_of(indicator)), indicator))
    return pl.concat(found), not_counted, counted


def _new_ids(fresh: Mapping[str, pl.DataFrame]) -> Iterator[NewIds]:
    for readings in fresh.values():
        for (partition,), rows in readings.group_by(READ_FROM, maintain_order=True):
            yield NewIds(int(str(partition)), rows[ID_HASH].to_numpy(), rows[OBSERVED_AT].dt.date())


def remember_ids(memories: Mapping[int, PartitionMemory], new_ids: Sequence[NewIds]) -> dict[int, PartitionMemory]:
    """The memories with ids added, some of which may be known."""
    remembered = dict(memories)
    for added in new_ids:
        memory = remembered[added.partition]
        unknown = added.hashes[memory.seen.first_seen(added.hashes)]
        remembered[added.partition] = replace(memory, seen=memory.seen.with_added(unknown))
    return remembered


def _remember(
    memories: Mapping[int, PartitionMemory], new_ids: Sequence[NewIds], fresh: Mapping[str, pl.DataFrame]
) -> dict[int, PartitionMemory]:
    remembered = dict(memories)
    for added in new_ids:
        memory = remembered[added.partition]
        remembered[added.partition] = replace(memory, seen=memory.seen.with_added(added.hashes))
    for partition, key, mark in _marks(fresh):
        memory = remembered[partition]
        remembered[partition] = replace(memory, marks={**memory.marks, key: _later(memory.marks.get(key), mark)})
    return remembered


def _marks(fresh: Mapping[str, pl.DataFrame]) -> Iterator[tuple[int, SourceKey, Mark]]:
    for reading_type, readings in fresh.items():
        newest = readings.group_by(READ_FROM, SOURCE).agg(pl.col(OBSERVED_AT).max(), pl.col(ARRIVED_AT).max())
        columns = (newest[name].to_list() for name in (READ_FROM, SOURCE, OBSERVED_AT, ARRIVED_AT))
        for partition, source, observed, arrived in zip(*columns, strict=True):
            yield partition, (reading_type, source), Mark(observed, arrived)


def _later(known: Mark | None, mark: Mark) -> Mark:
    if known is None:
        return mark
    return Mark(max(known.observed_until, mark.observed_until), max(known.arrived_at, mark.arrived_at))
