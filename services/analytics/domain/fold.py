"""Stage one, pure: drop ids that were counted, and reduce readings to deltas."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import polars as pl

from services.analytics.domain.arrivals import arrivals
from services.analytics.domain.assignment import MEASURE, OBSERVED_AT, assign, by_version, missing_columns
from services.analytics.domain.block import ARRIVED_AT, ID_HASH, READ_FROM, SOURCE, Block, kept_blocks, with_origin
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.data_quality import EXPECTATION, as_blocks, quality_rows
from services.analytics.domain.hash_filter import Hashes, Mask
from services.analytics.domain.pane import DELTAS, INDICATOR, SUBJECT, partial
from services.analytics.domain.seen_ids import SeenIds
from services.analytics.domain.subject import delta_partitions

_TYPE = "reading_type"

Deltas = pl.DataFrame
"""Of schema `pane.DELTAS`."""

SourceKey = tuple[str, str]
"""(reading type, source)."""


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
    first = {reading_type: np.concatenate(masks) for reading_type, masks in firsts.items()}
    fresh = {
        reading_type: with_origin(of_type).filter(pl.Series(first[reading_type]))
        for reading_type, of_type in by_type.items()
    }
    came = {
        reading_type: arrivals(readings, by_type[reading_type], first[reading_type])
        for reading_type, readings in fresh.items()
        if not readings.is_empty()
    }
    summed = quality_rows(came, fresh.get(EXPECTATION))
    deltas, not_counted, counted_by = _deltas({**fresh, **summed}, catalogue)
    new_ids = list(_new_ids(fresh))
    counted = sum(frame.height for frame in fresh.values())
    return Folded(
        deltas=deltas,
        kept=[*kept_blocks(blocks, masks), *as_blocks(summed)],
        memories=_remember(memories, new_ids, {**came, **summed}),
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
    present = set(numbers)
    if len(present) == 1:
        return [rows if number in present else rows.clear() for number in range(partitions)]
    return [rows.filter(numbers == number) if number in present else rows.clear() for number in range(partitions)]


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
        calendar = catalogue.calendar_of(indicator)
        for ruling, part in by_version(readings, indicator, calendar):
            if part.is_empty():
                continue
            missing = missing_columns(part, ruling)
            if missing:
                not_counted[indicator.name] = missing
            else:
                counted.append(indicator.name)
                if not any(part[MEASURE + name].null_count() == part.height for name in ruling.formula.measures):
                    found.append(partial(assign(part, ruling, calendar), ruling))
    return pl.concat(found), not_counted, [name for name in counted if name not in not_counted]


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


def remember_sources(
    memories: Mapping[int, PartitionMemory], corrected: Mapping[str, pl.DataFrame]
) -> dict[int, PartitionMemory]:
    """The memories with the sources of corrected readings, so that windows close which hold nothing else.

    How far a source has come that is known already, corrections do not tell: they may come long after.
    """
    remembered = dict(memories)
    for partition, key, mark in _marks({name: rows for name, rows in corrected.items() if not rows.is_empty()}):
        memory = remembered[partition]
        remembered[partition] = replace(memory, marks={key: mark, **memory.marks})
    return remembered


def _remember(
    memories: Mapping[int, PartitionMemory], new_ids: Sequence[NewIds], came: Mapping[str, pl.DataFrame]
) -> dict[int, PartitionMemory]:
    remembered = dict(memories)
    for added in new_ids:
        memory = remembered[added.partition]
        remembered[added.partition] = replace(memory, seen=memory.seen.with_added(added.hashes))
    for partition, key, mark in _marks(came):
        memory = remembered[partition]
        remembered[partition] = replace(memory, marks={**memory.marks, key: _later(memory.marks.get(key), mark)})
    return remembered


def _marks(came: Mapping[str, pl.DataFrame]) -> Iterator[tuple[int, SourceKey, Mark]]:
    if not came:
        return
    columns = (READ_FROM, SOURCE, OBSERVED_AT, ARRIVED_AT)
    rows = pl.concat([frame.select(pl.lit(name).alias(_TYPE), *columns) for name, frame in came.items()])
    newest = rows.group_by(_TYPE, READ_FROM, SOURCE).agg(pl.col(OBSERVED_AT).max(), pl.col(ARRIVED_AT).max())
    listed = (newest[name].to_list() for name in (_TYPE, *columns))
    for reading_type, partition, source, observed, arrived in zip(*listed, strict=True):
        yield partition, (reading_type, source), Mark(observed, arrived)


def _later(known: Mark | None, mark: Mark) -> Mark:
    if known is None:
        return mark
    return Mark(max(known.observed_until, mark.observed_until), max(known.arrived_at, mark.arrived_at))
