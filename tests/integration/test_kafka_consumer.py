"""Reading from Kafka, whatever wrote it: nothing of a message is lost or invented, and nothing crashes when a consumer is dropped."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # by its own docs

from shared.eventlog import fetched_messages
from shared.eventlog.kafka_log import KafkaLog
from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.port import NewRecord, Partition, TopicSpec
from shared.eventlog.record_runs import runs_of
from shared.runtime.clock import SystemClock
from tests.contract.log_reader import PATIENCE_SECONDS, Reader

pytestmark = pytest.mark.kafka

REPOSITORY = Path(__file__).resolve().parents[2]
COMPILED, AS_OBJECTS = 1, sys.maxsize


@pytest.fixture
def options(kafka_bootstrap_servers: str, kafka_prefix: str) -> KafkaOptions:
    return KafkaOptions(kafka_bootstrap_servers, kafka_prefix, session_timeout=timedelta(seconds=6))


@pytest.mark.parametrize("worth_compiling", [COMPILED, AS_OBJECTS])
def test_all_of_each_message_is_read(
    worth_compiling: int, options: KafkaOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetched_messages, "WORTH_COMPILING", worth_compiling)
    log = KafkaLog(options, SystemClock())
    log.ensure_topics([TopicSpec("raw.erp", 2), TopicSpec("raw.crm", 1)])
    values = [None, b"", b"{}", b"a\nb\n", bytes(range(256)), b"x" * 300_000]
    keys = [None, b"", b"key\n"]
    headers: list[list[tuple[str, str | bytes | None]]] = [
        [],
        [("ce_id", b"1"), ("leer", None), ("ce_id", b"")],
        [("é", b"\n")],
    ]
    places = [("raw.erp", 0), ("raw.erp", 1), ("raw.crm", 0)]
    settings = {"compression.type": "lz4", "enable.idempotence": True}  # else a new partition may get them out of order
    producer = Producer({"bootstrap.servers": options.bootstrap_servers, **settings})
    wrote = []
    for number in range(600):
        topic, partition = places[number // 7 % 3]
        value, key, some = values[number % 60 % 6 if number % 60 else 5], keys[number % 3], headers[number // 100 % 3]
        producer.produce(options.outer(topic), value, key, partition, headers=some)
        read_as = tuple((name, there or b"") for name, there in some)
        wrote.append((Partition(topic, partition), key, value or b"", read_as))
    producer.flush(PATIENCE_SECONDS)
    reader = Reader(log, ["raw.*"])
    records = reader.read(len(wrote))
    for topic, partition in places:
        place = Partition(topic, partition)
        read = [one for one in records if one.partition == place]
        assert [one.offset for one in read] == list(range(len(read)))
        found = [(one.partition, one.key, one.value, one.headers) for one in read]
        assert found == [one for one in wrote if one[0] == place]
    assert [value for run in runs_of(records) for value in run.values()] == [record.value for record in records]
    reader.consumer.close()
    log.close()


@pytest.mark.parametrize("worth_compiling", [COMPILED, AS_OBJECTS])
def test_what_a_transaction_has_taken_back_is_not_read(
    worth_compiling: int, options: KafkaOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetched_messages, "WORTH_COMPILING", worth_compiling)
    log = KafkaLog(options, SystemClock())
    log.ensure_topics([TopicSpec("raw.erp", 1)])
    outer = options.outer("raw.erp")
    producer = Producer({"bootstrap.servers": options.bootstrap_servers, "transactional.id": options.prefix})
    producer.init_transactions()
    for number, end in enumerate([producer.commit_transaction, producer.abort_transaction] * 2):
        producer.begin_transaction()
        for _ in range(3):
            producer.produce(outer, str(number).encode(), partition=0)
        producer.flush(PATIENCE_SECONDS)
        end()
    log.append([NewRecord("raw.erp", b"last", partition=0)])
    reader = Reader(log, ["raw.erp"])
    assert [record.value for record in reader.read(7)] == [b"0"] * 3 + [b"2"] * 3 + [b"last"]
    reader.consumer.close()
    log.close()


def test_compressed_batches_are_read(options: KafkaOptions) -> None:
    """Of a topic that somebody else has made; those that Andon makes keep records as they are."""
    outer = options.outer("raw.erp")
    admin = AdminClient({"bootstrap.servers": options.bootstrap_servers})
    topic = NewTopic(outer, 1, 1, config={"compression.type": "producer"})
    admin.create_topics([topic])[outer].result()
    producer = Producer({"bootstrap.servers": options.bootstrap_servers, "compression.type": "gzip"})
    for number in range(2000):
        producer.produce(outer, str(number).encode(), partition=0)
    producer.flush(PATIENCE_SECONDS)
    log = KafkaLog(options, SystemClock())
    reader = Reader(log, ["raw.erp"])
    assert [record.value for record in reader.read(2000)] == [str(number).encode() for number in range(2000)]
    reader.consumer.close()
    log.close()


_DROPS = """
import gc, sys
from datetime import timedelta
from shared.eventlog.kafka_options import KafkaOptions
from shared.runtime.clock import SystemClock
from shared.eventlog.kafka_log import KafkaLog
log = KafkaLog(KafkaOptions(sys.argv[1], sys.argv[2], session_timeout=timedelta(seconds=6)), SystemClock())
log.ensure_topics([])
def joined(group):
    won = []
    consumer = log.consumer(group=group, topics=["events"], on_assigned=lambda some: won.append(some) or {}, on_revoked=print)
    while not won:
        consumer.poll(timedelta(seconds=0.2), 10)
    return consumer
consumer = joined("dropped")
del consumer
gc.collect()
kept = joined("never-closed")
print("fine", flush=True)
"""


@pytest.mark.processes
@pytest.mark.timeout(120)
def test_a_consumer_may_be_dropped_or_outlive_its_process(options: KafkaOptions) -> None:
    log = KafkaLog(options, SystemClock())
    log.ensure_topics([TopicSpec("events", 1)])
    log.close()
    command = [sys.executable, "-c", _DROPS, options.bootstrap_servers, options.prefix]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, b"fine\n"), done.stderr
