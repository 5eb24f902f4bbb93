"""Readings that are kept, on SQL: Arrow blocks in rows, written in the transaction that counts them.

In the database rather than in files beside the log: the fold's commit covers them, and every instance can read them.
"""

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from sqlalchemy import Row, Select, and_, bindparam, false, insert, or_, select

from services.analytics.adapters.fold_tables import SEEN_IDS
from services.analytics.adapters.history_tables import HISTORY_FLOORS, KEPT_READINGS
from services.analytics.domain.assignment import OBSERVED_AT
from services.analytics.domain.block import ID_HASH, READ_FROM, Block, joined
from services.analytics.domain.hash_filter import Hashes
from services.analytics.domain.history import Portion, Readings, Span, standing
from services.analytics.domain.revision import ByType
from shared.database.engine import ReadConnection, WriteConnection
from shared.events.blocks import are_alike, decode_block, encode_block, joined_blocks

_LARGE = 50_000
"""Blocks of one transaction become one row until they hold so many readings: what is large enough is not merged once more."""
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Written once: to write one takes longer than to run it, and each batch or each part of a history does.
_KEEP = insert(KEPT_READINGS)
_PACKED = select(SEEN_IDS.c.day, SEEN_IDS.c.hashes).where(SEEN_IDS.c.partition == bindparam("of_partition"))
_FLOOR = select(HISTORY_FLOORS.c.observed_until).where(HISTORY_FLOORS.c.reading_type == bindparam("of_type"))


class SqlReadingHistory:
    """`services.analytics.ports.folding.ReadingHistory`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def keep(self, blocks: Sequence[Block], reached: Mapping[int, int], *, revise: bool) -> None:
        rows = [_row(some, reached[some[0].partition], revises=revise) for some in _together(blocks)]
        self._connection.execute_many(_KEEP, rows)

    def of_ids(self, wanted: Mapping[int, Hashes]) -> ByType:
        found: dict[str, list[Readings]] = {}
        for partition, hashes in wanted.items():
            for row in self._blocks_of(partition, hashes):
                block = decode_block(row.block).filter(pl.col(ID_HASH).is_in(hashes.tolist()))
                named = block.with_columns(pl.lit(partition, dtype=pl.Int32).alias(READ_FROM))
                found.setdefault(row.reading_type, []).append(named)
        return {name: pl.concat(frames, how="diagonal_relaxed") for name, frames in found.items()}

    def _blocks_of(self, partition: int, hashes: Hashes) -> Sequence[Row[Any]]:
        """Blocks that may hold any of the ids, in the order in which they were kept."""
        columns = KEPT_READINGS.c
        days = [_EPOCH + day * _DAY for day in self._days_of(partition, hashes)]
        on_any = [(columns.observed_from < day + _DAY) & (columns.observed_until >= day) for day in days]
        statement = (
            select(columns.reading_type, columns.block)
            .where(columns.partition == partition, or_(false(), *on_any))
            .order_by(columns.reached, columns.id)
        )
        return self._connection.execute(statement).all()

    def _days_of(self, partition: int, hashes: Hashes) -> list[int]:
        """The observed days (since 1970) under which the ids are remembered."""
        packed = self._connection.execute(_PACKED, {"of_partition": partition})
        return sorted({row.day for row in packed if np.isin(hashes, np.frombuffer(row.hashes, dtype="<u8")).any()})


class SqlHistoryReader:
    """`services.analytics.ports.reading.HistoryReader`, as of the connection's transaction."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def readings(self, reading_type: str, span: Span, below: Mapping[int, int] | None) -> Iterator[Readings]:
        statements, parameters = _asked(reading_type, span, below)
        revisions = [decode_block(row.block) for row in self._connection.execute(statements.revisions, parameters)]
        plain = (decode_block(row.block) for row in self._connection.execute(statements.blocks, parameters))
        return standing(plain, revisions)

    def complete_after(self, reading_type: str) -> datetime | None:
        found: datetime | None = self._connection.execute(_FLOOR, {"of_type": reading_type}).scalar_one_or_none()
        return found

    def portion(self, reading_type: str, after: datetime | None, *, below: Mapping[int, int], count: int) -> Portion:
        statements, parameters = _asked(reading_type, Span(start=after), below)
        total = 0
        for row in self._connection.execute(statements.counts, parameters):
            total += row.held
            if total > count and (after is None or row.observed_from > after):
                return Portion(total, row.observed_from)
        return Portion(total, None)


def _together(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Blocks of one partition and type, in their order, as many as are large together."""
    of_kind: defaultdict[tuple[int, str], list[Block]] = defaultdict(list)
    for block in blocks:
        some = of_kind[block.partition, block.reading_type]
        some.append(block)
        if sum(one.readings.height for one in some) >= _LARGE:
            yield of_kind.pop((block.partition, block.reading_type))
    yield from of_kind.values()


def _row(blocks: Sequence[Block], reached: int, *, revises: bool) -> dict[str, Any]:
    observed = pl.concat([block.readings[OBSERVED_AT] for block in blocks])
    return {
        "reading_type": blocks[0].reading_type,
        "partition": blocks[0].partition,
        "reached": reached,
        "level": 0,
        "revises": revises,
        "count": observed.len(),
        "observed_from": observed.min(),
        "observed_until": observed.max(),
        "arrived_at": max(block.arrived_at for block in blocks),
        "block": _encoded(blocks),
    }


def _encoded(blocks: Sequence[Block]) -> bytes:
    """Behind one another as they came; encoded anew where they have different columns."""
    encoded = [block.encoded or encode_block(block.readings) for block in blocks]
    return joined_blocks(encoded) if are_alike(encoded) else encode_block(joined(blocks))


class _Selects(NamedTuple):
    """Of blocks that are kept: what they hold, what they revise, and from when on they hold how many."""

    blocks: Select[Any]
    revisions: Select[Any]
    counts: Select[Any]


def _asked(reading_type: str, span: Span, below: Mapping[int, int] | None) -> tuple[_Selects, dict[str, Any]]:
    """Of the blocks of a type that overlap with a span, as far as each partition had given them up to an offset."""
    given = {"of_type": reading_type, "span_start": span.start, "span_end": span.end}
    parameters = {name: value for name, value in given.items() if value is not None}
    reached = {f"reached_{number}": at for number, at in (below or {}).items()}
    return _selects(frozenset(parameters), None if below is None else tuple(below)), {**parameters, **reached}


@functools.cache
def _selects(given: frozenset[str], partitions: tuple[int, ...] | None) -> _Selects:
    """Written once for each choice of parameters."""
    columns = KEPT_READINGS.c
    conditions = [columns.reading_type == bindparam("of_type")]
    if "span_start" in given:
        conditions.append(columns.observed_until >= bindparam("span_start"))
    if "span_end" in given:
        conditions.append(columns.observed_from < bindparam("span_end"))
    if partitions is not None:
        reached = {number: columns.reached <= bindparam(f"reached_{number}") for number in partitions}
        conditions.append(or_(false(), *(and_(columns.partition == number, reached[number]) for number in partitions)))
    blocks = select(columns.block).where(*conditions).order_by(columns.reached, columns.id)
    counts = select(columns.observed_from, columns.count.label("held")).where(*conditions)
    return _Selects(
        blocks.where(~columns.revises), blocks.where(columns.revises), counts.order_by(columns.observed_from)
    )
