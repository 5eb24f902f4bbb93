"""The database toolkit on SQLite and PostgreSQL: the one commit, moved positions, the inbox, compare-and-set, moments."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, delete, insert, select, text

from shared.database.delivery_tables import DeliveryTables, delivery_tables
from shared.database.engine import Database, DatabaseUnavailable
from shared.database.inbox import DeliveryGap
from shared.database.positions import LogMismatch, Positions
from shared.database.types import UtcDateTime
from shared.database.unit_of_work import SqlUnitOfWork
from shared.database.versioning import ConcurrentChange, compare_and_set, upsert
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import LostPartition, NewRecord, OffsetOutOfRange, Partition, TopicSpec
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds
from shared.runtime.progress import Delivery, Progress

METADATA = MetaData()
DELIVERY = delivery_tables(METADATA)
THINGS = Table(
    "things",
    METADATA,
    Column("name", String(20), primary_key=True),
    Column("at", UtcDateTime),
    Column("version", Integer, nullable=False, default=1),
)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST = Partition("anomalies", 0)


@pytest.fixture
def tables(database: Database) -> DeliveryTables:
    with database.engine.begin() as connection:
        METADATA.create_all(connection)
    return DELIVERY


def names(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(THINGS.c.name).order_by(THINGS.c.name)).scalars())


def add(uow: SqlUnitOfWork, name: str) -> None:
    uow.connection.execute(insert(THINGS).values(name=name, version=1))


def progress(expected: int, reached: int) -> Progress:
    return Progress("issues.anomalies", "anomalies", 0, expected_offset=expected, next_offset=reached)


def test_a_block_that_commits_is_kept(database: Database, tables: DeliveryTables) -> None:
    with SqlUnitOfWork(database, tables) as uow:
        add(uow, "kept")
        uow.commit()
    assert names(database) == ["kept"]


def test_a_number_is_looked_up_as_it_is_committed_now(database: Database, tables: DeliveryTables) -> None:
    assert database.look_up("SELECT version FROM things") is None
    for version in (1, 2):
        with SqlUnitOfWork(database, tables) as uow:
            upsert(uow.connection, THINGS, [{"name": "one", "at": NOON, "version": version}])
            assert database.look_up("SELECT version FROM things") == (None if version == 1 else 1)
            uow.commit()
        assert database.look_up("SELECT version FROM things") == version


def test_what_is_deleted_from_a_file_is_not_written_over(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'service.db'}")
    METADATA.create_all(database.engine)
    with database.writing() as connection:
        connection.execute(insert(THINGS), {"name": "x" * 4_000_000, "version": 1})
    with closing(database.engine.raw_connection()) as raw:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with database.writing() as connection:
        connection.execute(delete(THINGS))
    assert 0 < (tmp_path / "service.db-wal").stat().st_size < 400_000
    database.close()


def test_a_database_that_cannot_be_opened_is_unavailable_to_whoever_looks_up(tmp_path: Path) -> None:
    folder = tmp_path / "a folder where the file should be"
    folder.mkdir()
    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        Database(f"sqlite:///{folder}").look_up("SELECT 1")


def test_a_block_without_commit_leaves_nothing(database: Database, tables: DeliveryTables) -> None:
    with SqlUnitOfWork(database, tables) as uow:
        add(uow, "forgotten")
    assert names(database) == []


def test_a_block_that_raises_leaves_nothing_and_passes_the_error_on(database: Database, tables: DeliveryTables) -> None:
    with pytest.raises(RuntimeError, match="mid-way"), SqlUnitOfWork(database, tables) as uow:
        add(uow, "half done")
        raise RuntimeError("mid-way")
    assert names(database) == []


def test_moments_come_back_in_utc_and_naive_ones_are_refused(database: Database, tables: DeliveryTables) -> None:
    shanghai = NOON.astimezone(timezone(timedelta(hours=8))) + timedelta(microseconds=1)
    with SqlUnitOfWork(database, tables) as uow:
        uow.connection.execute(insert(THINGS).values(name="moment", at=shanghai, version=1))
        uow.commit()
    with database.reading() as connection:
        at = connection.execute(select(THINGS.c.at)).scalar_one()
    assert (at, at.tzinfo) == (shanghai, UTC)

    with pytest.raises(Exception, match="time zone"), SqlUnitOfWork(database, tables) as uow:
        uow.connection.execute(insert(THINGS).values(name="naive", at=NOON.replace(tzinfo=None), version=1))


def test_compare_and_set_lets_one_of_two_writers_through(database: Database, tables: DeliveryTables) -> None:
    with SqlUnitOfWork(database, tables) as uow:
        add(uow, "contested")
        uow.commit()
    with SqlUnitOfWork(database, tables) as uow:
        compare_and_set(uow.connection, THINGS, key={"name": "contested"}, version=1, values={"at": NOON})
        uow.commit()
    with pytest.raises(ConcurrentChange), SqlUnitOfWork(database, tables) as uow:
        compare_and_set(uow.connection, THINGS, key={"name": "contested"}, version=1, values={"at": None})
        uow.commit()
    with database.reading() as connection:
        assert connection.execute(select(THINGS.c.at, THINGS.c.version)).one() == (NOON, 2)


def test_upsert_inserts_and_overwrites(database: Database, tables: DeliveryTables) -> None:
    for moment in (NOON, NOON + timedelta(days=1)):
        with SqlUnitOfWork(database, tables) as uow:
            upsert(uow.connection, THINGS, [{"name": "a", "at": moment, "version": 1}])
            uow.commit()
    with database.reading() as connection:
        assert connection.execute(select(THINGS.c.name, THINGS.c.at)).one() == ("a", NOON + timedelta(days=1))


class TestPositions:
    @pytest.fixture
    def log(self) -> MemoryLog:
        log = MemoryLog(clock=FixedClock(NOON), ids=CountingIds("log"))
        log.ensure_topics([TopicSpec("anomalies", partitions=2)])
        return log

    def test_a_new_consumer_starts_where_the_log_begins(
        self, database: Database, tables: DeliveryTables, log: MemoryLog
    ) -> None:
        log.append([NewRecord("anomalies", b"x", partition=0)] * 3)
        log.delete_before(FIRST, 2)
        assert Positions(database, tables, log).starting_offsets("issues.anomalies", [FIRST]) == {FIRST: 2}

    def test_it_reads_on_where_its_last_transaction_left_it(
        self, database: Database, tables: DeliveryTables, log: MemoryLog
    ) -> None:
        positions = Positions(database, tables, log)
        log.append([NewRecord("anomalies", b"x", partition=0)] * 3)
        positions.starting_offsets("issues.anomalies", [FIRST])
        with SqlUnitOfWork(database, tables) as uow:
            uow.advance(progress(0, 2))
            uow.commit()
        assert positions.starting_offsets("issues.anomalies", [FIRST]) == {FIRST: 2}

    def test_a_consumer_that_lost_its_partition_cannot_write(
        self, database: Database, tables: DeliveryTables, log: MemoryLog
    ) -> None:
        positions = Positions(database, tables, log)
        positions.starting_offsets("issues.anomalies", [FIRST])
        with SqlUnitOfWork(database, tables) as winner:
            winner.advance(progress(0, 2))
            winner.commit()
        with pytest.raises(LostPartition), SqlUnitOfWork(database, tables) as loser:
            add(loser, "too late")
            loser.advance(progress(0, 1))
            loser.commit()
        assert names(database) == []

    @pytest.mark.postgres
    def test_two_processes_may_ask_for_the_first_time_together(self, postgres_url: str, log: MemoryLog) -> None:
        """Each looks before the other has written; SQLite has one writer, so there one looks after the other."""
        together = threading.Barrier(2, timeout=10)

        class Meeting(MemoryLog):
            def identity(self) -> str:
                together.wait()
                return log.identity()

        meeting = Meeting(clock=FixedClock(NOON), ids=CountingIds("log"))
        meeting.ensure_topics([TopicSpec("anomalies", partitions=2)])
        database = Database(postgres_url)
        METADATA.create_all(database.engine)
        positions = Positions(database, DELIVERY, meeting)
        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(positions.starting_offsets, "issues.anomalies", [FIRST]) for _ in range(2)]
            assert [one.result() for one in asked] == [{FIRST: 0}, {FIRST: 0}]
        database.close()

    def test_another_log_is_refused(self, database: Database, tables: DeliveryTables, log: MemoryLog) -> None:
        Positions(database, tables, log).starting_offsets("issues.anomalies", [FIRST])
        other = MemoryLog(clock=FixedClock(NOON), ids=CountingIds("other"))
        other.ensure_topics([TopicSpec("anomalies", partitions=2)])
        with pytest.raises(LogMismatch, match="restore the log"):
            Positions(database, tables, other).starting_offsets("issues.anomalies", [FIRST])

    def test_an_offset_beyond_the_log_refuses_to_start(
        self, database: Database, tables: DeliveryTables, log: MemoryLog
    ) -> None:
        positions = Positions(database, tables, log)
        positions.starting_offsets("issues.anomalies", [FIRST])
        with SqlUnitOfWork(database, tables) as uow:
            uow.advance(progress(0, 7))
            uow.commit()
        with pytest.raises(OffsetOutOfRange, match="stands at offset 7"):
            positions.starting_offsets("issues.anomalies", [FIRST])


def test_all_threads_write_to_a_file_of_sqlite_through_one_connection(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/one.db")

    def write() -> int:
        with database.writing() as connection:
            return id(connection.raw.connection.driver_connection)

    with ThreadPoolExecutor(3) as threads:
        written = {task.result() for task in [threads.submit(write) for _ in range(6)]}
    with database.reading() as reader:
        assert reader.execute(text("PRAGMA page_size")).scalar_one() == 8192
    assert len(written) == 1
    database.close()


class TestInbox:
    def accept(self, database: Database, tables: DeliveryTables, sequence: int) -> bool:
        with SqlUnitOfWork(database, tables) as uow:
            accepted = uow.accept("issues.anomalies", Delivery("analytics", "anomalies", 0, sequence))
            uow.commit()
        return accepted

    def test_each_number_is_applied_once(self, database: Database, tables: DeliveryTables) -> None:
        outcomes = [self.accept(database, tables, number) for number in (1, 2, 2, 1, 3)]
        assert outcomes == [True, True, False, False, True]

    def test_a_gap_stops_the_consumer(self, database: Database, tables: DeliveryTables) -> None:
        self.accept(database, tables, 1)
        with pytest.raises(DeliveryGap, match="expected record 2"):
            self.accept(database, tables, 3)

    def test_a_rolled_back_acceptance_did_not_happen(self, database: Database, tables: DeliveryTables) -> None:
        with SqlUnitOfWork(database, tables) as uow:
            uow.accept("issues.anomalies", Delivery("analytics", "anomalies", 0, 1))
        assert self.accept(database, tables, 1)

    def test_the_first_number_ever_met_may_be_any(self, database: Database, tables: DeliveryTables) -> None:
        assert self.accept(database, tables, 41)
        assert not self.accept(database, tables, 41)
