"""Deletes from the log what its only consumer has applied: internal topics do not expire by themselves.

Only below offsets that are stored with the state they produced, so nothing is ever deleted that was not applied.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from shared.database.delivery_tables import DeliveryTables
from shared.database.engine import Database
from shared.eventlog.port import EventLog, LogUnavailable, Partition

_LOOKS_EVERY = timedelta(minutes=10)


class LogTrimmer:
    """A stepper. A crash, or a second one beside it, deletes nothing that this one would not.

    Args:
        reads: consumer → the topic that it alone reads.
        kept: how long a record stays after it was applied, for people who look at the topic.
    """

    def __init__(
        self,
        *,
        name: str,
        database: Database,
        tables: DeliveryTables,
        log: EventLog,
        reads: Mapping[str, str],
        kept: timedelta,
    ) -> None:
        self.name = f"{name}.trimmer"
        self._database = database
        self._tables = tables
        self._log = log
        self._reads = reads
        self._kept = kept
        self._seen: deque[tuple[datetime, Mapping[Partition, int]]] = deque()

    def step(self, now: datetime) -> bool:
        """Look where the consumers stand, at most every ten minutes, and delete below where they stood `kept` ago."""
        if self._seen and now < self._seen[-1][0] + _LOOKS_EVERY:
            return False
        self._seen.append((now, self._stored()))
        old: Mapping[Partition, int] = {}
        while self._seen and self._seen[0][0] <= now - self._kept:
            _, old = self._seen.popleft()
        for partition, offset in old.items():
            self._delete(partition, offset)
        return False

    def close(self) -> None:
        """What was seen is forgotten: after a restart records stay longer, never shorter."""

    def _stored(self) -> dict[Partition, int]:
        positions = self._tables.positions.c
        statement = select(positions.consumer, positions.topic, positions.partition, positions.next_offset)
        with self._database.reading() as connection:
            rows: Sequence[tuple[str, str, int, int]] = [tuple(row) for row in connection.execute(statement)]
        return {
            Partition(topic, number): at for consumer, topic, number, at in rows if self._reads.get(consumer) == topic
        }

    def _delete(self, partition: Partition, offset: int) -> None:
        try:
            first, _ = self._log.offsets(partition)
            if first < offset:
                self._log.delete_before(partition, offset)
        except LogUnavailable:
            return  # the records stay until the next time
