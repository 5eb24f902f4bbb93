"""Upkeep of kept readings, on SQL."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import Row, and_, delete, func, insert, select

from services.analytics.adapters.fold_tables import SEEN_IDS
from services.analytics.adapters.history_tables import HISTORY_FLOORS, KEPT_READINGS
from services.analytics.adapters.partition_store import states
from services.analytics.adapters.tables import DELIVERY
from services.analytics.domain.assignment import OBSERVED_AT
from services.analytics.domain.history import Readings, merged
from services.analytics.ports.keeping import HistoryUpkeep
from shared.database.engine import Database, WriteConnection
from shared.database.unit_of_work import SqlUnitOfWork
from shared.database.versioning import upsert
from shared.events.blocks import decode_block, encode_block

_MERGED_AT = 16
"""So many small blocks of one level become one of the next; n of them are written about log16(n) times."""
_SMALL = 50_000
_LARGEST = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqlUpkeepUnitOfWork(SqlUnitOfWork):
    """`services.analytics.ports.keeping.UpkeepUnitOfWork`."""

    upkeep: HistoryUpkeep

    def __init__(self, database: Database, pane_partitions: int) -> None:
        super().__init__(database, DELIVERY)
        self._pane_partitions = pane_partitions

    def begun(self) -> None:
        self.upkeep = SqlHistoryUpkeep(self.connection, self._pane_partitions)


class SqlHistoryUpkeep:
    """`services.analytics.ports.keeping.HistoryUpkeep`.

    Args:
        pane_partitions: how many partitions `pane-deltas` has.
    """

    def __init__(self, connection: WriteConnection, pane_partitions: int) -> None:
        self._connection = connection
        self._pane_partitions = pane_partitions

    def merge_some(self) -> bool:
        self._connection.lock("analytics history")  # two that merge the same blocks would keep them twice
        merged_up_to = self._merged_everywhere()
        columns = KEPT_READINGS.c
        full = (
            select(columns.partition, columns.reading_type, columns.level, columns.revises)
            .where(columns.count < _SMALL)
            .group_by(columns.partition, columns.reading_type, columns.level, columns.revises)
            .having(func.count() >= _MERGED_AT)
        )
        return any(
            self._merge(group, merged_up_to.get(group.partition, 0)) for group in self._connection.execute(full).all()
        )

    def forget(self, before: datetime) -> int:
        self._connection.lock("analytics history")
        columns = KEPT_READINGS.c
        old = columns.arrived_at < before
        newest = select(columns.reading_type, func.max(columns.observed_until).label("until")).where(old)
        floors = {
            row.reading_type: row.until for row in self._connection.execute(newest.group_by(columns.reading_type))
        }
        rows = self._connection.execute(select(HISTORY_FLOORS.c.reading_type, HISTORY_FLOORS.c.observed_until))
        known = {row.reading_type: row.observed_until for row in rows}
        raised = {name: max(until, known.get(name, until)) for name, until in floors.items()}
        upsert(
            self._connection,
            HISTORY_FLOORS,
            [{"reading_type": name, "observed_until": until} for name, until in raised.items()],
        )
        observed_before = SEEN_IDS.c.day < (before - _EPOCH).days
        self._connection.change(delete(SEEN_IDS).where(observed_before, SEEN_IDS.c.newest_at < before))
        return self._connection.change(delete(KEPT_READINGS).where(old))

    def _merged_everywhere(self) -> Mapping[int, int]:
        """Partition of `readings` → the offset that every partition of stage two has merged: what lies above must stay apart."""
        reached: defaultdict[int, list[int]] = defaultdict(list)
        for state in states(self._connection):
            for number, offset in state.reached.items():
                reached[number].append(offset)
        return {number: min(offsets) for number, offsets in reached.items() if len(offsets) == self._pane_partitions}

    def _merge(self, group: Row[Any], up_to: int) -> bool:
        columns = KEPT_READINGS.c
        oldest = (
            select(KEPT_READINGS)
            .where(
                and_(columns.partition == group.partition, columns.reading_type == group.reading_type),
                and_(columns.level == group.level, columns.revises == group.revises),
                and_(columns.count < _SMALL, columns.reached <= up_to),
            )
            .order_by(columns.reached, columns.id)
            .limit(_MERGED_AT)
        )
        blocks = self._connection.execute(oldest).all()
        if len(blocks) < _MERGED_AT:
            return False
        self._connection.change(delete(KEPT_READINGS).where(columns.id.in_([block.id for block in blocks])))
        self._connection.execute_many(insert(KEPT_READINGS), list(_rows(blocks)))
        return True


def _rows(blocks: Sequence[Row[Any]]) -> Iterator[dict[str, Any]]:
    """The rows that take the place of small ones, ordered by observed time, so that few of them are read for a window."""
    first = blocks[0]
    readings = merged([decode_block(block.block) for block in blocks], revise=first.revises)
    for begin in range(0, readings.height, _LARGEST):
        part: Readings = readings[begin : begin + _LARGEST]
        observed_from, observed_until = part.select(
            pl.col(OBSERVED_AT).min(), pl.col(OBSERVED_AT).max().alias("until")
        ).row(0)
        yield {
            "reading_type": first.reading_type,
            "partition": first.partition,
            "reached": max(block.reached for block in blocks),
            "level": first.level + 1,
            "revises": first.revises,
            "count": part.height,
            "observed_from": observed_from,
            "observed_until": observed_until,
            "arrived_at": max(block.arrived_at for block in blocks),
            "block": encode_block(part),
        }
