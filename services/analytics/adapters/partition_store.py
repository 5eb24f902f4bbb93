"""The state of each partition of `pane-deltas`, behind its fence."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import insert, select, update

from services.analytics.adapters.evaluate_tables import EVALUATE_PARTITIONS
from services.analytics.domain.partition_state import PartitionState
from services.analytics.ports.evaluating import Fence
from shared.database.engine import Database, ReadConnection, WriteConnection
from shared.eventlog.port import LostPartition


class SqlPartitionStore:
    """`services.analytics.ports.evaluating.PartitionStore`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection
        self.claimed: dict[int, int] = {}
        """Partition → the revision that this transaction found it at."""

    def claim(self, fence: Fence) -> PartitionState:
        """On PostgreSQL the updated row stays locked, so that a second process waits and then finds its revision taken."""
        columns = EVALUATE_PARTITIONS.c
        claimed = self._connection.change(
            update(EVALUATE_PARTITIONS)
            .where(columns.partition == fence.partition, columns.revision == fence.revision)
            .values(revision=fence.revision + 1)
        )
        if claimed != 1:
            raise LostPartition(
                f"evaluate no longer stands at revision {fence.revision} of partition {fence.partition}"
            )
        self.claimed[fence.partition] = fence.revision
        found = self._connection.execute(select(columns.state).where(columns.partition == fence.partition))
        return decode_state(found.scalar_one())

    def save(self, partition: int, state: PartitionState) -> None:
        self._connection.change(
            update(EVALUATE_PARTITIONS)
            .where(EVALUATE_PARTITIONS.c.partition == partition)
            .values(state=encode_state(state))
        )

    def all(self) -> Mapping[int, PartitionState]:
        return {number: decode_state(state) for number, state in _rows(self._connection)}


def revisions(database: Database, partitions: Sequence[int]) -> Mapping[int, int]:
    """The revision of each partition as it now stands; one that is met for the first time begins at 0."""
    with database.writing() as connection:
        connection.lock("analytics evaluate partitions")
        columns = EVALUATE_PARTITIONS.c
        rows = connection.execute(select(columns.partition, columns.revision)).all()
        known = {int(row.partition): int(row.revision) for row in rows}
        empty = encode_state(PartitionState())
        new = [{"partition": number, "revision": 0, "state": empty} for number in partitions if number not in known]
        connection.execute_many(insert(EVALUATE_PARTITIONS), new)
    return {number: known.get(number, 0) for number in partitions}


def state_of(connection: ReadConnection, partition: int) -> PartitionState | None:
    """The state of one partition, whoever owns it; None before anybody has."""
    columns = EVALUATE_PARTITIONS.c
    found = connection.execute(select(columns.state).where(columns.partition == partition)).scalar_one_or_none()
    return None if found is None else decode_state(found)


def states(connection: ReadConnection) -> list[PartitionState]:
    """The state of every partition, whoever owns it."""
    return [decode_state(state) for _, state in _rows(connection)]


def _rows(connection: ReadConnection) -> list[tuple[int, bytes]]:
    columns = EVALUATE_PARTITIONS.c
    return [(row.partition, row.state) for row in connection.execute(select(columns.partition, columns.state))]


def decode_state(value: bytes) -> PartitionState:
    return msgspec.json.decode(value, type=PartitionState)


def encode_state(state: PartitionState) -> bytes:
    return msgspec.json.encode(state)
