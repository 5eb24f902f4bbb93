"""Upkeep of kept readings, on SQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, select

from services.analytics.adapters.fold_tables import SEEN_IDS
from services.analytics.adapters.history_tables import HISTORY_FLOORS, IS_SMALL, KEPT_READINGS
from services.analytics.adapters.partition_store import states
from services.analytics.adapters.tables import DELIVERY
from services.analytics.domain.history import merged
from services.analytics.ports.keeping import HistoryUpkeep
from shared.database.engine import Database, WriteConnection
from shared.database.unit_of_work import SqlUnitOfWork
from shared.database.versioning import upsert
from shared.events.blocks import are_alike, decode_block, encode_block, joined_blocks

_LARGE = 50_000
_MANY = 64
"""Small blocks of one level become one of the next when they are large together, or many. A reading is then written twice at most, once
as it came and once more, unless it came in blocks of less than 150.
"""
_HELD = KEPT_READINGS.c.count.label("held")  # a row has a method of the column's name
_WORTH_A_BATCH = 1000
"""Blocks of so many readings on average are put behind one another as they are."""
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
            .where(IS_SMALL)
            .group_by(columns.partition, columns.reading_type, columns.level, columns.revises)
            .having((func.count() >= _MANY) | (func.sum(columns.count) >= _LARGE))
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
        of_group = [
            and_(columns.partition == group.partition, columns.reading_type == group.reading_type),
            and_(columns.level == group.level, columns.revises == group.revises),
            and_(IS_SMALL, columns.reached <= up_to),
        ]
        in_order = select(columns.id, _HELD).where(*of_group).order_by(columns.reached, columns.id)
        taken = _enough(self._connection.execute(in_order.limit(_MANY)).all())
        if not taken:
            return False
        these = columns.id.in_(taken)
        blocks = self._connection.execute(
            select(KEPT_READINGS, _HELD).where(these).order_by(columns.reached, columns.id)
        ).all()
        self._connection.change(delete(KEPT_READINGS).where(these))
        self._connection.execute_many(insert(KEPT_READINGS), [_row(blocks)])
        return True


def _enough(small: Sequence[Row[Any]]) -> list[int]:
    """The ids of the oldest small blocks, as many as are worth merging; none where they are neither large together nor many."""
    total = 0
    for place, block in enumerate(small, 1):
        total += block.held
        if total >= _LARGE or place == _MANY:
            return [one.id for one in small[:place]]
    return []


def _row(blocks: Sequence[Row[Any]]) -> dict[str, Any]:
    """The row that takes the place of small ones."""
    first, encoded = blocks[0], [block.block for block in blocks]
    count = sum(block.held for block in blocks)
    if first.revises or count < _WORTH_A_BATCH * len(blocks) or not are_alike(encoded):
        readings = merged([decode_block(block) for block in encoded], revise=first.revises)
        count, block = readings.height, encode_block(readings)
    else:
        block = joined_blocks(encoded)
    return {
        "reading_type": first.reading_type,
        "partition": first.partition,
        "reached": max(block.reached for block in blocks),
        "level": first.level + 1,
        "revises": first.revises,
        "count": count,
        "observed_from": min(block.observed_from for block in blocks),
        "observed_until": max(block.observed_until for block in blocks),
        "arrived_at": max(block.arrived_at for block in blocks),
        "block": block,
    }
