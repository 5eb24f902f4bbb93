"""The four tables every service's database holds for exactly-once: positions, log identity, inbox, outbox.

A service adds them to its own metadata with `delivery_tables`, and its first migration makes them with
`create_delivery_tables`; both describe the same columns, and the migration tests compare them.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

from shared.database.types import BigId, UtcDateTime


@dataclass(frozen=True, slots=True)
class DeliveryTables:
    """The tables as bound to one service's metadata."""

    positions: Table
    logs: Table
    inbox: Table
    outbox: Table
    outbox_sequences: Table


def _columns() -> dict[str, list[Column[object]]]:
    return {
        "positions": [
            Column("consumer", String(200), primary_key=True),
            Column("topic", String(249), primary_key=True),
            Column("partition", Integer, primary_key=True),
            Column("next_offset", BigInteger, nullable=False),
        ],
        "logs": [
            Column("topic", String(249), primary_key=True),
            Column("log_identity", String(400), nullable=False),
            Column("partitions", Integer, nullable=False),
        ],
        "inbox": [
            Column("consumer", String(200), primary_key=True),
            Column("producer", String(200), primary_key=True),
            Column("topic", String(249), primary_key=True),
            Column("partition", Integer, primary_key=True),
            Column("last_sequence", BigInteger, nullable=False),
        ],
        "outbox": [
            Column("id", BigId, primary_key=True, autoincrement=True),
            Column("topic", String(249), nullable=False),
            Column("records", LargeBinary, nullable=False),
            Column("recorded_at", UtcDateTime, nullable=False),
            Column("numbers", LargeBinary, nullable=True),
        ],
        "outbox_sequences": [
            Column("topic", String(249), primary_key=True),
            Column("partition", Integer, primary_key=True),
            Column("last_sequence", BigInteger, nullable=False),
        ],
    }


def delivery_tables(metadata: MetaData) -> DeliveryTables:
    """Add the delivery tables to a service's metadata."""
    return DeliveryTables(**{name: Table(name, metadata, *columns) for name, columns in _columns().items()})


def create_delivery_tables(operations: Any) -> None:
    """Make the delivery tables; for a service's first migration."""
    for name, columns in _columns().items():
        operations.create_table(name, *columns)


def drop_delivery_tables(operations: Any) -> None:
    """Undo `create_delivery_tables`."""
    for name in reversed(_columns()):
        operations.drop_table(name)
