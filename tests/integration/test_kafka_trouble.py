"""What only a real broker can show: it goes away and comes back, members die, other programs write to it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from confluent_kafka import Producer

from shared.eventlog.kafka_log import KafkaLog
from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.port import EventLog, LogUnavailable, NewRecord, Partition, TopicSpec
from shared.runtime.clock import SystemClock
from tests.contract.log_reader import PATIENCE_SECONDS, Reader, poll_until_shared
from tests.support.kafka_server import KafkaServer

pytestmark = pytest.mark.kafka

TOPIC, ZERO = "events", Partition("events", 0)
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def options(kafka_bootstrap_servers: str, kafka_prefix: str) -> KafkaOptions:
    return KafkaOptions(kafka_bootstrap_servers, kafka_prefix, session_timeout=timedelta(seconds=3))


@pytest.fixture
def log(options: KafkaOptions) -> Iterator[EventLog]:
    log = KafkaLog(options, SystemClock())
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
def test_a_broker_that_goes_away_and_returns(own_kafka_server: KafkaServer) -> None:
    timeout, bound = timedelta(seconds=4), timedelta(seconds=12)
    servers = own_kafka_server.bootstrap_servers
    log = KafkaLog(
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


def test_a_log_may_be_opened_while_no_broker_is_there() -> None:
    log = KafkaLog(KafkaOptions("127.0.0.1:9", append_timeout=timedelta(seconds=1)), SystemClock())
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
from shared.eventlog.kafka_log import KafkaLog
from shared.eventlog.kafka_log import KafkaLog
from shared.eventlog.kafka_options import KafkaOptions
from shared.runtime.clock import SystemClock
log = KafkaLog(KafkaOptions(sys.argv[1], sys.argv[2], session_timeout=timedelta(seconds=3)), SystemClock())
def won(partitions):
    print(len(partitions), flush=True)
    return dict.fromkeys(partitions, 0)
consumer = log.consumer(group="readers", topics=["events"], on_assigned=won, on_revoked=lambda _: None)
while True:
    consumer.poll(timedelta(seconds=0.2), 10)
"""


@pytest.mark.processes
@pytest.mark.timeout(120)
def test_a_member_that_is_killed_is_replaced(log: EventLog, options: KafkaOptions) -> None:
    log.ensure_topics([TopicSpec(TOPIC, 2)])
    command = [sys.executable, "-c", _JOINS_AND_POLLS, options.bootstrap_servers, options.prefix]
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


def test_what_is_acknowledged_is_there_on_a_topic_that_is_new(options: KafkaOptions) -> None:
    """A broker may refuse the first batch of a new partition and take the next; neither may be lost or overtaken."""
    large = bytes(5 * 1024 * 1024)  # one makes a batch of its own
    for attempt in range(8):
        log = KafkaLog(replace(options, prefix=f"{options.prefix}{attempt}."), SystemClock())
        log.ensure_topics([TopicSpec(TOPIC, 4)])
        for partition in range(4):
            places = log.append([NewRecord(TOPIC, large, partition=partition) for _ in range(2)])
            assert [offset for _, offset in places] == [0, 1]
            assert log.offsets(Partition(TOPIC, partition)) == (0, 2)
        log.close()


def test_a_key_is_where_other_clients_put_it(log: EventLog, options: KafkaOptions) -> None:
    log.ensure_topics([TopicSpec(TOPIC, 7)])
    keys = [b"key-%d" % number * (number % 5 + 1) for number in range(300)]
    theirs: list[int | None] = []
    producer = Producer({"bootstrap.servers": options.bootstrap_servers, "partitioner": "murmur2_random"})
    for key in keys:
        producer.produce(
            options.outer(TOPIC), b"x", key, on_delivery=lambda _, message: theirs.append(message.partition())
        )
        producer.flush(PATIENCE_SECONDS)
    ours = [partition.number for partition, _ in log.append([NewRecord(TOPIC, b"x", key=key) for key in keys])]
    assert ours == theirs
    assert set(ours) == set(range(7))


def test_two_prefixes_are_two_logs(log: EventLog, options: KafkaOptions) -> None:
    same, other = (KafkaLog(one, SystemClock()) for one in (options, replace(options, prefix="another.")))
    assert log.identity() == same.identity() != other.identity()
    same.close()
    other.close()


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
