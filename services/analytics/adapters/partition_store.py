"""The state of each partition of `pane-deltas`, behind its fence."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import bindparam, insert, select, update

from services.analytics.adapters.evaluate_tables import EVALUATE_PARTITIONS
from services.analytics.domain.partition_state import PartitionState
from services.analytics.ports.evaluating import Fence
from shared.database.engine import Database, ReadConnection, WriteConnection
from shared.eventlog.port import LostPartition

_COLUMNS = EVALUATE_PARTITIONS.c
_IS = _COLUMNS.partition == bindparam("of_partition")
# Written once: each transaction of stage two begins and ends with them.
_CLAIM = (
    update(EVALUATE_PARTITIONS)
    .where(_IS, _COLUMNS.revision == bindparam("from_revision"))
    .values(revision=bindparam("to_revision"))
)
_STATE = select(_COLUMNS.state).where(_IS)
_SAVE = update(EVALUATE_PARTITIONS).where(_IS).values(state=bindparam("to_state"))


class SqlPartitionStore:
    """`services.analytics.ports.evaluating.PartitionStore`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection
        self.claimed: dict[int, int] = {}
        """Partition → the revision that this transaction found it at."""

    def claim(self, fence: Fence) -> PartitionState:
        """On PostgreSQL the updated row stays locked, so that a second process waits and then finds its revision taken."""
        expected = {"of_partition": fence.partition, "from_revision": fence.revision}
        claimed = self._connection.change(_CLAIM, {**expected, "to_revision": fence.revision + 1})
        if claimed != 1:
            raise LostPartition(
                f"evaluate no longer stands at revision {fence.revision} of partition {fence.partition}"
            )
        self.claimed[fence.partition] = fence.revision
        found = self._connection.execute(_STATE, {"of_partition": fence.partition})
        return decode_state(found.scalar_one())

    def save(self, partition: int, state: PartitionState) -> None:
        self._connection.change(_SAVE, {"of_partition": partition, "to_state": encode_state(state)})

    def all(self) -> Mapping[int, PartitionState]:
        return {number: decode_state(state) for number, state in _rows(self._connection)}


def revisions(database: Database, partitions: Sequence[int]) -> Mapping[int, int]:
    """The revision of each partition as it now stands; one that is met for the first time begins at 0."""
    with database.writing() as connection:
        connection.lock("analytics evaluate partitions")
        rows = connection.execute(select(_COLUMNS.partition, _COLUMNS.revision)).all()
        known = {int(row.partition): int(row.revision) for row in rows}
        empty = encode_state(PartitionState())
        new = [{"partition": number, "revision": 0, "state": empty} for number in partitions if number not in known]
        connection.execute_many(insert(EVALUATE_PARTITIONS), new)
    return {number: known.get(number, 0) for number in partitions}


def state_of(connection: ReadConnection, partition: int) -> PartitionState | None:
    """The state of one partition, whoever owns it; None before anybody has."""
    found = connection.execute(_STATE, {"of_partition": partition}).scalar_one_or_none()
    return None if found is None else decode_state(found)


def states(connection: ReadConnection) -> list[PartitionState]:
    """The state of every partition, whoever owns it."""
    return [decode_state(state) for _, state in _rows(connection)]


def _rows(connection: ReadConnection) -> list[tuple[int, bytes]]:
    rows = connection.execute(select(_COLUMNS.partition, _COLUMNS.state))
    return [(row.partition, row.state) for row in rows]


def decode_state(value: bytes) -> PartitionState:
    return msgspec.json.decode(value, type=PartitionState)


def encode_state(state: PartitionState) -> bytes:
    return msgspec.json.encode(state)
