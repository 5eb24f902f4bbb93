"""Internal topics are deleted below what has been applied, and never above."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData

from shared.database.delivery_tables import DeliveryTables, delivery_tables
from shared.database.engine import Database
from shared.database.log_trimmer import LogTrimmer
from shared.database.positions import Positions
from shared.database.unit_of_work import SqlUnitOfWork
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import NewRecord, Partition, TopicSpec
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds
from shared.runtime.progress import Progress

METADATA = MetaData()
DELIVERY = delivery_tables(METADATA)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINE, OTHERS = Partition("readings", 0), Partition("issue-changes", 0)


@pytest.fixture
def tables(database: Database) -> DeliveryTables:
    with database.engine.begin() as connection:
        METADATA.create_all(connection)
    return DELIVERY


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog(clock=FixedClock(NOON), ids=CountingIds("log"))
    log.ensure_topics([TopicSpec(MINE.topic, partitions=1), TopicSpec(OTHERS.topic, partitions=1)])
    for topic in (MINE.topic, OTHERS.topic):
        log.append([NewRecord(topic, b"", key=b"") for _ in range(10)])
    return log


def apply(database: Database, partition: Partition, expected: int, following: int) -> None:
    with SqlUnitOfWork(database, DELIVERY) as uow:
        uow.advance(Progress("reader", partition.topic, 0, expected_offset=expected, next_offset=following))
        uow.commit()


def test_records_go_a_while_after_they_were_applied(database: Database, tables: DeliveryTables, log: MemoryLog) -> None:
    Positions(database, tables, log).starting_offsets("reader", [MINE, OTHERS])
    trimmer = LogTrimmer(
        name="analytics",
        database=database,
        tables=tables,
        log=log,
        reads={"reader": MINE.topic},
        kept=timedelta(hours=2),
    )
    for partition in (MINE, OTHERS):
        apply(database, partition, 0, 4)
    trimmer.step(NOON)
    apply(database, MINE, 4, 7)
    trimmer.step(NOON + timedelta(minutes=119))
    assert log.offsets(MINE) == (0, 10)
    trimmer.step(NOON + timedelta(minutes=130))
    assert log.offsets(MINE) == (4, 10)
    trimmer.step(NOON + timedelta(hours=8))
    assert log.offsets(MINE) == (7, 10)
    assert log.offsets(OTHERS) == (0, 10)
