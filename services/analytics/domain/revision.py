"""Corrections and retractions: which of them hold, what they put in the place of what, and which readings they touch.

Of all revisions of one event the one with the latest `revised_at` holds, of several at the same moment the one with the greatest
id. So the order in which they arrive, and whether the original comes before or after them, makes no difference to what holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from services.analytics.domain.assignment import OBSERVED_AT
from services.analytics.domain.block import (
    ARRIVED_AT,
    EVENT_ID,
    ID_HASH,
    READ_FROM,
    SOURCE,
    Block,
    with_origin,
    without_origin,
)
from services.analytics.domain.fold import NewIds
from services.analytics.domain.hash_filter import Hashes
from services.analytics.domain.history import RETRACTED, REVISED_AT, REVISION_ID, Readings

READING_TYPE = "reading_type"

_NAMES = (READ_FROM, EVENT_ID, ID_HASH, SOURCE)
_REVISION = (REVISED_AT, REVISION_ID)
_OF_WINNER = (*_REVISION, ARRIVED_AT)

_DECIDING = pl.Schema(
    {
        READ_FROM: pl.Int32(),
        EVENT_ID: pl.String(),
        ID_HASH: pl.UInt64(),
        SOURCE: pl.String(),
        REVISED_AT: pl.Datetime("us", "UTC"),
        REVISION_ID: pl.String(),
        RETRACTED: pl.Boolean(),
        ARRIVED_AT: pl.Datetime("us", "UTC"),
        READING_TYPE: pl.String(),
    }
)

ByType = Mapping[str, Readings]
"""Reading type → readings, with the column `partition` they were read from."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What some revisions have come to.

    Attributes:
        kept: rows to be kept, in their order.
        touched: readings that held before or hold now; their panes must be computed afresh.
        won: those that hold now.
        applied: how many events now hold otherwise.
        superseded: how many revisions came after one that is newer, or again.
    """

    kept: ByType
    touched: ByType
    won: ByType
    applied: int
    superseded: int


def settle(offered: ByType, known: ByType) -> Settled:
    """Decide on revisions.

    Args:
        offered: revisions as they were sent; a retraction has no observed time.
        known: every kept row of the same ids, in the order in which they were kept.
    """
    count = sum(frame.height for frame in offered.values())
    newest = _newest(_columns(offered))
    winners = _winners(newest, _columns(known))
    held = {name: _held(frame, winners) for name, frame in known.items()}
    won = {name: _won(frame, winners) for name, frame in offered.items()}
    kept = {
        name: pl.concat(
            [
                _withdrawn(held.get(name), winners),
                won.get(name, pl.DataFrame()),
                _in_advance(winners, held, name),
            ],
            how="diagonal_relaxed",
        )
        for name in {*held, *won}
    }
    return Settled(
        kept={name: frame for name, frame in kept.items() if not frame.is_empty()},
        touched={name: _both(held.get(name), won.get(name)) for name in {*held, *won}},
        won=won,
        applied=winners.height,
        superseded=count - winners.height,
    )


def separate(blocks: Sequence[Block]) -> tuple[list[Block], ByType]:
    """Blocks of readings, and revisions by reading type."""
    plain: list[Block] = []
    offered: dict[str, list[Block]] = {}
    for block in blocks:
        if REVISED_AT in block.readings.columns:
            offered.setdefault(block.reading_type, []).append(block)
        else:
            plain.append(block)
    return plain, {name: with_origin(of_type) for name, of_type in offered.items()}


def ids_by_partition(offered: ByType) -> dict[int, Hashes]:
    """Partition of `readings` → the ids of the events that are to be revised."""
    rows = pl.concat([frame.select(READ_FROM, ID_HASH) for frame in offered.values()])
    return {int(str(number)): part[ID_HASH].unique().to_numpy() for (number,), part in rows.group_by(READ_FROM)}


def as_blocks(kept: ByType) -> list[Block]:
    """Rows to be kept, by the partition that they were read from."""
    return [
        Block(int(str(number)), name, without_origin(part), max(part[ARRIVED_AT].to_list()))
        for name, frame in kept.items()
        for (number,), part in frame.group_by(READ_FROM, maintain_order=True)
    ]


def new_ids(kept: ByType) -> tuple[NewIds, ...]:
    """The ids of rows that were kept, so that they are found again by their day, and a late original does not count."""
    return tuple(
        NewIds(int(str(number)), part[ID_HASH].to_numpy(), part[OBSERVED_AT].dt.date())
        for frame in kept.values()
        for (number,), part in frame.group_by(READ_FROM, maintain_order=True)
    )


def _columns(frames: ByType) -> pl.DataFrame:
    """What decides, of all types in one frame; readings that are no revision have no `revised_at`."""
    parts = [
        frame.select(name for name in _DECIDING.names() if name in frame.columns).with_columns(
            pl.lit(name).alias(READING_TYPE), pl.col(READ_FROM).cast(pl.Int32)
        )
        for name, frame in frames.items()
    ]
    return pl.concat([pl.DataFrame(schema=_DECIDING), *parts], how="diagonal")


def _newest(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per id: the one that holds among these."""
    ordered = rows.sort(*_REVISION, nulls_last=False, maintain_order=True)
    return ordered.unique(ID_HASH, keep="last", maintain_order=True)


def _winners(newest: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    before = _newest(known).select(ID_HASH, pl.col(REVISED_AT).alias("known_at"), pl.col(REVISION_ID).alias("known_id"))
    joined = newest.join(before, on=ID_HASH, how="left")
    later = pl.col(REVISED_AT) > pl.col("known_at")
    tie = (pl.col(REVISED_AT) == pl.col("known_at")) & (pl.col(REVISION_ID) > pl.col("known_id"))
    return joined.filter(pl.col("known_at").is_null() | later | tie).drop("known_at", "known_id")


def _held(known: Readings, winners: pl.DataFrame) -> Readings:
    """The readings that hold so far, of the ids that a revision wins."""
    rows = known.unique((ID_HASH, OBSERVED_AT), keep="last", maintain_order=True)
    if RETRACTED in rows.columns:
        rows = rows.filter(~pl.col(RETRACTED).fill_null(value=False))
    return rows.join(winners.select(ID_HASH), on=ID_HASH, how="semi")


def _won(offered: Readings, winners: pl.DataFrame) -> Readings:
    """The corrected readings that hold from now on."""
    won = offered.join(winners.select(ID_HASH, *_REVISION), on=[ID_HASH, *_REVISION], how="semi")
    return won.filter(~pl.col(RETRACTED)).unique(ID_HASH, keep="last", maintain_order=True)


def _withdrawn(held: Readings | None, winners: pl.DataFrame) -> Readings:
    """One row for each reading that no longer holds."""
    if held is None:
        return pl.DataFrame()
    rows = held.select(*_NAMES, OBSERVED_AT).join(winners.select(ID_HASH, *_OF_WINNER), on=ID_HASH)
    return rows.with_columns(pl.lit(value=True).alias(RETRACTED))


def _in_advance(winners: pl.DataFrame, held: ByType, reading_type: str) -> Readings:
    """Retractions of what does not count (yet): they are remembered, so that an older correction will not count either."""
    rows = winners.filter(pl.col(RETRACTED) & (pl.col(READING_TYPE) == reading_type))
    for frame in held.values():
        rows = rows.join(frame.select(ID_HASH), on=ID_HASH, how="anti")
    return rows.select(*_NAMES, pl.col(REVISED_AT).alias(OBSERVED_AT), *_OF_WINNER, RETRACTED)


def _both(held: Readings | None, won: Readings | None) -> Readings:
    return pl.concat([frame for frame in (held, won) if frame is not None], how="diagonal_relaxed")
