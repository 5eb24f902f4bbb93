"""What only a real broker can show: it goes away and comes back, members die, other programs write to it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import Producer

from shared.eventlog.factory import Driver, open_kafka
from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.port import EventLog, LogUnavailable, NewRecord, Partition, TopicSpec
from shared.runtime.clock import Clock, SystemClock
from tests.contract.log_reader import PATIENCE_SECONDS, Reader, poll_until_shared
from tests.support.kafka_server import KafkaServer

pytestmark = pytest.mark.kafka

Open = Callable[[KafkaOptions, Clock], EventLog]
DRIVERS: list[Driver] = ["kafka-python", "librdkafka"]
TOPIC, ZERO = "events", Partition("events", 0)
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def options(kafka_bootstrap_servers: str, kafka_prefix: str) -> KafkaOptions:
    return KafkaOptions(kafka_bootstrap_servers, kafka_prefix, session_timeout=timedelta(seconds=3))


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> Driver:
    driver: Driver = request.param
    return driver


@pytest.fixture
def open_log(driver: Driver) -> Open:
    return partial(open_kafka, driver)


@pytest.fixture
def log(open_log: Open, options: KafkaOptions) -> Iterator[EventLog]:
    log = open_log(options, SystemClock())
    yield log
    log.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def append_within(log: EventLog, value: bytes, bound: timedelta) -> bool:
    """Whether the append succeeded; asserts that it took no longer than `bound` either way."""
    started = time.monotonic()
    try:
        log.append([NewRecord(TOPIC, value, partition=0)])
    except LogUnavailable:
        return False
    finally:
        assert time.monotonic() - started < bound.total_seconds()
    return True


def poll_raises_unavailable(reader: Reader) -> bool:
    try:
        reader.poll(timedelta(seconds=0.2))
    except LogUnavailable:
        return True
    return False


def has_read_to(reader: Reader, end: int) -> bool:
    """Poll once; a broker that has just returned may still count as away."""
    poll_raises_unavailable(reader)
    return reader.records[-1].offset == end - 1


@pytest.mark.timeout(240)
def test_a_broker_that_goes_away_and_returns(open_log: Open, own_kafka_server: KafkaServer) -> None:
    timeout, bound = timedelta(seconds=4), timedelta(seconds=12)
    servers = own_kafka_server.bootstrap_servers
    log = open_log(
        KafkaOptions(servers, "p.", append_timeout=timeout, session_timeout=timedelta(seconds=6)), SystemClock()
    )
    log.ensure_topics([TopicSpec(TOPIC, 1)])
    reader = Reader(log, [TOPIC])
    reader.remembers = True
    assert append_within(log, b"before", bound)
    reader.read(1)

    own_kafka_server.kill()
    assert not append_within(log, b"while it is away", bound)
    with pytest.raises(LogUnavailable):
        log.offsets(ZERO)
    until(lambda: poll_raises_unavailable(reader))

    own_kafka_server.start()
    until(lambda: append_within(log, b"after the kill", bound))
    until(lambda: has_read_to(reader, log.offsets(ZERO)[1]))

    own_kafka_server.freeze()
    assert not append_within(log, b"while it is frozen", bound)
    own_kafka_server.thaw()
    until(lambda: append_within(log, b"after the frost", bound))
    end = log.offsets(ZERO)[1]
    until(lambda: has_read_to(reader, end))

    # A failed append may have reached the log all the same; nothing else may be missing, repeated or out of order.
    assert [record.offset for record in reader.records] == list(range(end))
    certain = [b"before", b"after the kill", b"after the frost"]
    assert [value for value in reader.values() if value in certain] == certain
    reader.consumer.close()
    log.close()


def test_a_log_may_be_opened_while_no_broker_is_there(open_log: Open) -> None:
    log = open_log(KafkaOptions("127.0.0.1:9", append_timeout=timedelta(seconds=1)), SystemClock())
    calls: list[Callable[[], object]] = [
        log.topics,
        log.identity,
        lambda: log.ensure_topics([TopicSpec(TOPIC, 1)]),
        lambda: log.append([NewRecord(TOPIC, b"x")]),
        lambda: Reader(log, [TOPIC]).read(1),
    ]
    for call in calls:
        started = time.monotonic()
        with pytest.raises(LogUnavailable):
            call()
        assert time.monotonic() - started < 10
    log.close()


_JOINS_AND_POLLS = """
import sys
from datetime import timedelta
from shared.eventlog.factory import Driver, open_kafka
from shared.eventlog.factory import open_kafka
from shared.eventlog.kafka_options import KafkaOptions
from shared.runtime.clock import SystemClock
log = open_kafka(sys.argv[3], KafkaOptions(sys.argv[1], sys.argv[2], session_timeout=timedelta(seconds=3)), SystemClock())
def won(partitions):
    print(len(partitions), flush=True)
    return dict.fromkeys(partitions, 0)
consumer = log.consumer(group="readers", topics=["events"], on_assigned=won, on_revoked=lambda _: None)
while True:
    consumer.poll(timedelta(seconds=0.2), 10)
"""


@pytest.mark.processes
@pytest.mark.timeout(120)
def test_a_member_that_is_killed_is_replaced(driver: Driver, log: EventLog, options: KafkaOptions) -> None:
    log.ensure_topics([TopicSpec(TOPIC, 2)])
    command = [sys.executable, "-c", _JOINS_AND_POLLS, options.bootstrap_servers, options.prefix, driver]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"2\n"
        reader = Reader(log, [TOPIC])
        until(lambda: len(reader.poll()) >= 0 and len(reader.held) == 1)
        other.kill()
        started = time.monotonic()
        poll_until_shared([reader], 2)
        assert time.monotonic() - started < 15
    reader.consumer.close()


def test_what_is_acknowledged_is_there_on_a_topic_that_is_new(open_log: Open, options: KafkaOptions) -> None:
    """A broker may refuse the first batch of a new partition and take the next; neither may be lost or overtaken."""
    large = bytes(5 * 1024 * 1024)  # one makes a batch of its own
    for attempt in range(8):
        log = open_log(replace(options, prefix=f"{options.prefix}{attempt}."), SystemClock())
        log.ensure_topics([TopicSpec(TOPIC, 4)])
        for partition in range(4):
            places = log.append([NewRecord(TOPIC, large, partition=partition) for _ in range(2)])
            assert [offset for _, offset in places] == [0, 1]
            assert log.offsets(Partition(TOPIC, partition)) == (0, 2)
        log.close()


def test_members_of_one_group_may_use_different_drivers(options: KafkaOptions) -> None:
    logs = [open_kafka(driver, options, SystemClock()) for driver in DRIVERS]
    logs[0].ensure_topics([TopicSpec(TOPIC, 4), TopicSpec("raw.erp", 2)])
    readers = [Reader(log, [TOPIC]) for log in logs]
    poll_until_shared(readers, 4)
    starts = {
        partition: log.offsets(partition)[1] for log in logs for partition in [Partition(TOPIC, n) for n in range(4)]
    }
    for reader in readers:
        reader.starts = starts
    logs[1].append([NewRecord(TOPIC, b"%d" % number, partition=number) for number in range(4)])
    for reader in readers:
        reader.read(2)
        assert {record.partition for record in reader.records} == reader.held
    for reader, log in zip(readers, logs, strict=True):
        reader.consumer.close()
        log.close()


def test_both_drivers_put_a_key_on_the_same_partition(options: KafkaOptions) -> None:
    logs = [open_kafka(driver, options, SystemClock()) for driver in DRIVERS]
    logs[0].ensure_topics([TopicSpec(TOPIC, 7)])
    records = [NewRecord(TOPIC, b"x", key=b"key-%d" % number * (number % 5)) for number in range(300)]
    places = [[partition for partition, _ in log.append(records)] for log in logs]
    assert places[0] == places[1]
    assert {partition.number for partition in places[0]} == set(range(7))
    for log in logs:
        log.close()


def test_both_drivers_give_a_log_the_same_identity_and_two_prefixes_two(options: KafkaOptions) -> None:
    other = KafkaOptions(options.bootstrap_servers, "another-" + options.prefix)
    logs = [open_kafka(driver, which, SystemClock()) for which in (options, other) for driver in DRIVERS]
    first, second, third, fourth = [log.identity() for log in logs]
    assert first == second
    assert third == fourth
    assert first != third
    for log in logs:
        log.close()


def test_what_other_programs_write_can_be_read(log: EventLog, options: KafkaOptions) -> None:
    """No key, no value, headers without value, compressed batches: all of it is legal on Kafka."""
    log.ensure_topics([TopicSpec("raw.erp", 1)])
    producer = Producer({"bootstrap.servers": options.bootstrap_servers, "compression.type": "lz4"})
    producer.produce(options.outer("raw.erp"), value=None, key=b"k", headers=[("h", None)])
    producer.produce(options.outer("raw.erp"), value=b"\xff\xfe not text", key=None)
    producer.flush(PATIENCE_SECONDS)
    reader = Reader(log, ["raw.*"])
    tombstone, garbage = reader.read(2)
    assert (tombstone.key, tombstone.value, tombstone.headers) == (b"k", b"", (("h", b""),))
    assert (garbage.key, garbage.value, garbage.headers) == (None, b"\xff\xfe not text", ())
    reader.consumer.close()
