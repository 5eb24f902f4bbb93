"""What the fold remembers, on SQL: packed blobs of hashes, never a row per id."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import bindparam, delete, func, insert, select

from services.analytics.adapters.fold_tables import FOLD_MARKS, SEEN_IDS
from services.analytics.domain.fold import Mark, NewIds, PartitionMemory
from services.analytics.domain.seen_ids import load, pack
from shared.database.engine import Database, WriteConnection
from shared.database.versioning import upsert

_MERGED_AT = 16
"""So many blobs of one day and level become one of the next level; a day of n batches then has about 16·log16(n) blobs."""

_EPOCH = date(1970, 1, 1)

# Written once: to write one takes longer than to run it, and each batch of readings does.
_ADD = insert(SEEN_IDS)
_LEVELS = (
    select(SEEN_IDS.c.level, func.count().label("blobs"))
    .where(SEEN_IDS.c.partition == bindparam("of_partition"), SEEN_IDS.c.day == bindparam("of_day"))
    .group_by(SEEN_IDS.c.level)
)
_BLOBS = select(SEEN_IDS.c.hashes).where(SEEN_IDS.c.partition == bindparam("of_partition"))
_MARKS = select(FOLD_MARKS).where(FOLD_MARKS.c.partition == bindparam("of_partition"))


class SqlSeenIds:
    """`services.analytics.ports.folding.SeenIdStore`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def add(self, new_ids: Sequence[NewIds], now: datetime) -> None:
        rows = [row | {"newest_at": now} for added in new_ids for row in _rows(added)]
        self._connection.execute_many(_ADD, rows)
        for place in {(row["partition"], row["day"]) for row in rows}:
            self._merge(*place)

    def save_marks(self, memories: Mapping[int, PartitionMemory]) -> None:
        rows = [
            {
                "partition": partition,
                "reading_type": reading_type,
                "source": source,
                "observed_until": mark.observed_until,
                "arrived_at": mark.arrived_at,
            }
            for partition, memory in memories.items()
            for (reading_type, source), mark in memory.marks.items()
        ]
        upsert(self._connection, FOLD_MARKS, rows)

    def _merge(self, partition: object, day: object) -> None:
        """Merge the blobs of every level that has become full, from the smallest up."""
        found = self._connection.execute(_LEVELS, {"of_partition": partition, "of_day": day})
        counts = Counter({row.level: row.blobs for row in found})
        level = 0
        while counts[level] >= _MERGED_AT:
            of_day = (SEEN_IDS.c.partition == partition, SEEN_IDS.c.day == day)
            of_level = (*of_day, SEEN_IDS.c.level == level)
            blobs = self._connection.execute(select(SEEN_IDS.c.hashes, SEEN_IDS.c.newest_at).where(*of_level)).all()
            merged = b"".join(bytes(blob.hashes) for blob in blobs)
            newest = max(blob.newest_at for blob in blobs)
            self._connection.change(delete(SEEN_IDS).where(*of_level))
            values = {"partition": partition, "day": day, "level": level + 1, "newest_at": newest, "hashes": merged}
            self._connection.execute(insert(SEEN_IDS).values(**values))
            level += 1
            counts[level] += 1


class SqlFoldMemory:
    """`services.analytics.ports.folding.FoldMemory`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, partition: int) -> PartitionMemory:
        with self._database.reading() as connection:
            blobs = connection.execute(_BLOBS, {"of_partition": partition}).scalars()
            seen = load([bytes(blob) for blob in blobs])
            rows = connection.execute(_MARKS, {"of_partition": partition}).all()
        marks = {(row.reading_type, row.source): Mark(row.observed_until, row.arrived_at) for row in rows}
        return PartitionMemory(seen, marks)


def _rows(added: NewIds) -> list[dict[str, object]]:
    """One blob for each observed day of the batch; nearly always there is one or two."""
    days = added.days.to_physical().to_numpy()
    found = sorted(set(added.days.unique().to_list()))
    return [
        {
            "partition": added.partition,
            "day": (day - _EPOCH).days,
            "level": 0,
            "hashes": pack(added.hashes[days == (day - _EPOCH).days]),
        }
        for day in found
    ]
