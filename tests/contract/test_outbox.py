"""The outbox and its relay: published if and only if committed, once per number, whatever crashes between the steps."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData

from shared.database.delivery_tables import DeliveryTables, delivery_tables
from shared.database.engine import Database
from shared.database.outbox import Relay, oldest_unpublished
from shared.database.outbox_rows import AlikeRecords
from shared.database.unit_of_work import SqlUnitOfWork
from shared.eventlog.delivery import delivery_of
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import LogUnavailable, NewRecord, Partition, Record, TopicSpec
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds

METADATA = MetaData()
DELIVERY = delivery_tables(METADATA)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PARTITIONS = 3


class FailingLog(MemoryLog):
    """A log that can be told to fail its next append, before or after the records are durable."""

    fails: str | None = None

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        failure, self.fails = self.fails, None
        if failure == "before":
            raise LogUnavailable("away")
        places = super().append(records)
        if failure == "after":
            raise LogUnavailable("answer lost")
        return places


@pytest.fixture
def tables(database: Database) -> DeliveryTables:
    with database.engine.begin() as connection:
        METADATA.create_all(connection)
    return DELIVERY


@pytest.fixture
def log() -> FailingLog:
    log = FailingLog(clock=FixedClock(NOON), ids=CountingIds("log"))
    log.ensure_topics([TopicSpec("issue-changes", partitions=PARTITIONS)])
    return log


def publish(database: Database, tables: DeliveryTables, values: Sequence[bytes], *, commit: bool = True) -> None:
    with SqlUnitOfWork(database, tables) as uow:
        records = [NewRecord("issue-changes", value, key=value[:1], headers=(("kind", b"test"),)) for value in values]
        uow.outbox.add(records, recorded_at=NOON)
        if commit:
            uow.commit()


def publish_alike(database: Database, tables: DeliveryTables, values: Sequence[bytes]) -> None:
    with SqlUnitOfWork(database, tables) as uow:
        records = AlikeRecords((("kind", b"test"),), [value[:1] for value in values], values)
        uow.outbox.add_alike("issue-changes", records, recorded_at=NOON)
        uow.commit()


EITHER_FORM = pytest.mark.parametrize("publish_some", [publish, publish_alike], ids=["sundry", "alike"])


def relay(database: Database, tables: DeliveryTables, log: FailingLog) -> Relay:
    return Relay(producer="issues", database=database, tables=tables, log=log)


def drain(activity: Relay) -> None:
    while activity.step(NOON):
        pass


def on_log(log: FailingLog) -> list[Record]:
    partitions = [Partition("issue-changes", number) for number in range(PARTITIONS)]
    consumer = log.consumer(
        group="test", topics=["issue-changes"], on_assigned=lambda won: dict.fromkeys(won, 0), on_revoked=lambda _: None
    )
    records: list[Record] = []
    end = sum(log.offsets(partition)[1] for partition in partitions)
    while len(records) < end:
        records.extend(consumer.poll(timedelta(0), 1000))
    consumer.close()
    return records


def applied(log: FailingLog) -> list[bytes]:
    """What a consumer that skips repeated numbers sees; fails on a gap."""
    last: dict[int, int] = {}
    values = []
    for record in on_log(log):
        delivery = delivery_of(record)
        assert delivery is not None
        before = last.get(delivery.partition, 0)
        assert delivery.sequence <= before + 1, "a number was left out"
        if delivery.sequence == before + 1:
            values.append(record.value)
            last[delivery.partition] = delivery.sequence
    return values


def test_what_is_committed_is_published_in_order_with_headers(
    database: Database, tables: DeliveryTables, log: FailingLog
) -> None:
    publish(database, tables, [b"a1", b"a2"])
    publish(database, tables, [b"a3"])
    drain(relay(database, tables, log))

    records = on_log(log)
    assert [record.value for record in records] == [b"a1", b"a2", b"a3"]
    assert [delivery.sequence for record in records if (delivery := delivery_of(record))] == [1, 2, 3]
    assert dict(records[0].headers)["kind"] == b"test"
    assert oldest_unpublished(database, tables) is None


def test_what_is_rolled_back_is_not_published(database: Database, tables: DeliveryTables, log: FailingLog) -> None:
    publish(database, tables, [b"a1"], commit=False)
    drain(relay(database, tables, log))
    assert on_log(log) == []


@EITHER_FORM
@pytest.mark.parametrize("fails", ["before", "after"])
def test_an_append_that_fails_is_repeated_under_the_same_numbers(
    database: Database, tables: DeliveryTables, log: FailingLog, *, fails: str, publish_some: Callable[..., None]
) -> None:
    publish_some(database, tables, [b"a1", b"b1", b"c1"])
    activity = relay(database, tables, log)
    log.fails = fails
    activity.step(NOON)
    publish_some(database, tables, [b"a2", b"b2"])
    drain(activity)
    assert sorted(applied(log)) == [b"a1", b"a2", b"b1", b"b2", b"c1"]


def test_a_relay_that_dies_after_its_append_is_followed_by_one_that_repeats_it(
    database: Database, tables: DeliveryTables, log: FailingLog
) -> None:
    publish(database, tables, [b"a1", b"b1"])
    relay(database, tables, log).step(NOON)  # appended, not yet forgotten
    publish(database, tables, [b"a2"])
    drain(relay(database, tables, log))
    assert sorted(applied(log)) == [b"a1", b"a2", b"b1"]
    assert len(on_log(log)) == 5


def test_two_relays_over_one_outbox_publish_everything_once(
    database: Database, tables: DeliveryTables, log: FailingLog
) -> None:
    first, second = relay(database, tables, log), relay(database, tables, log)
    for round_number in range(5):
        publish(database, tables, [f"{name}{round_number}".encode() for name in "abc"])
        first.step(NOON)
        second.step(NOON)
    drain(second)
    drain(first)
    assert sorted(applied(log)) == sorted(f"{name}{number}".encode() for name in "abc" for number in range(5))


def test_a_relay_that_wakes_after_the_log_has_dropped_its_records_does_not_append_them_again(
    database: Database, tables: DeliveryTables, log: FailingLog
) -> None:
    """The log would begin with them, before a gap at which a new consumer stops."""
    looks = iter([0.0, 3600.0])

    def elapsed_seconds() -> float:
        look = next(looks)
        if look:
            others = relay(database, tables, log)
            drain(others)
            publish(database, tables, [b"a3", b"a4"])
            drain(others)
            for number in range(PARTITIONS):
                log.delete_before(
                    Partition("issue-changes", number), log.offsets(Partition("issue-changes", number))[1]
                )
        return look

    publish(database, tables, [b"a1", b"a2"])
    late = Relay(producer="issues", database=database, tables=tables, log=log, elapsed_seconds=elapsed_seconds)
    assert late.step(NOON)
    publish(database, tables, [b"a5"])
    drain(relay(database, tables, log))
    held = [
        record
        for number in range(PARTITIONS)
        for record in log.read(Partition("issue-changes", number), log.offsets(Partition("issue-changes", number))[0],
                               max_records=10, max_bytes=1000)
    ]  # fmt: skip
    assert [(delivery.sequence, record.value) for record in held if (delivery := delivery_of(record))] == [(5, b"a5")]


def test_a_row_that_got_the_id_of_a_deleted_one_is_published(
    database: Database, tables: DeliveryTables, log: FailingLog
) -> None:
    """Found by the simulation: a relay deletes late what another has deleted, and SQLite has given its id to a new row."""
    first, second = relay(database, tables, log), relay(database, tables, log)
    publish(database, tables, [b"a1"])
    first.step(NOON)
    drain(second)
    publish(database, tables, [b"a2"])
    drain(first)
    assert applied(log) == [b"a1", b"a2"]


@pytest.mark.postgres
def test_a_transaction_that_commits_after_later_ones_leaves_no_gap(postgres_url: str, log: FailingLog) -> None:
    """Its rows have lower ids and higher numbers. The relay that numbered the others died before it appended them."""
    database = Database(postgres_url)
    METADATA.create_all(database.engine)
    with SqlUnitOfWork(database, DELIVERY) as slow:
        slow.outbox.add([NewRecord("issue-changes", b"a2", partition=0)], recorded_at=NOON)
        with SqlUnitOfWork(database, DELIVERY) as fast:
            fast.outbox.add([NewRecord("issue-changes", b"a1", partition=0)], recorded_at=NOON)
            fast.commit()
        log.fails = "before"
        relay(database, DELIVERY, log).step(NOON)
        slow.commit()
    drain(relay(database, DELIVERY, log))
    assert applied(log) == [b"a1", b"a2"]
    database.close()


def test_more_rows_than_one_step_takes_are_all_published(
    database: Database, tables: DeliveryTables, log: FailingLog
) -> None:
    values = [f"{index % 10}-{index}".encode() for index in range(1234)]
    publish(database, tables, values)
    drain(relay(database, tables, log))
    assert sorted(applied(log)) == sorted(values)


@EITHER_FORM
def test_rows_that_are_large_once_they_are_unpacked_are_spread_over_steps(
    database: Database, tables: DeliveryTables, log: FailingLog, publish_some: Callable[..., None]
) -> None:
    values = [bytes([65 + index]) * 3_000_000 for index in range(4)]
    publish_some(database, tables, values)
    activity = relay(database, tables, log)
    activity.step(NOON)
    assert len(on_log(log)) == 1
    drain(activity)
    assert sorted(applied(log)) == values


def test_records_that_are_alike_are_published_among_others(
    database: Database, tables: DeliveryTables, log: FailingLog
) -> None:
    first, then, last = ([f"{index % 10}-{name}{index}".encode() for index in range(1234)] for name in "abc")
    publish(database, tables, first)
    publish_alike(database, tables, then)
    publish(database, tables, last)
    drain(relay(database, tables, log))
    found = applied(log)
    for key in "0123456789":
        of_key = [value for value in (*first, *then, *last) if value.startswith(key.encode())]
        assert [value for value in found if value.startswith(key.encode())] == of_key
    assert all(record.key == record.value[:1] and record.headers[0] == ("kind", b"test") for record in on_log(log))


def test_the_age_of_the_outbox_is_that_of_its_oldest_row(database: Database, tables: DeliveryTables) -> None:
    publish(database, tables, [b"a1"])
    assert oldest_unpublished(database, tables) == NOON
