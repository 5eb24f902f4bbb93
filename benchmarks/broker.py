"""The broker of a benchmark run, and its topics."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # by its own docs

from tests.support.kafka_server import REPOSITORY, KafkaServer

WORK = REPOSITORY / ".cache" / "benchmarks"
"""Event sets stay here from run to run, on the broker's disk; `make clean` removes it."""
PARTITIONS = 4
_JAVA = ("-Xmx1g", "-XX:+UseG1GC")
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Broker:
    """One running broker."""

    bootstrap_servers: str

    def create(self, topics: Sequence[str], settings: dict[str, str] | None = None) -> None:
        """Make topics anew: one that exists is deleted first."""
        self.delete(topics)
        admin = self._admin()
        wanted = [NewTopic(topic, PARTITIONS, 1, config=dict(settings or {})) for topic in topics]
        deadline = time.monotonic() + _PATIENCE
        while wanted:  # a name is taken until the deletion has been carried out
            failed = {topic for topic, done in admin.create_topics(wanted).items() if done.exception() is not None}
            wanted = [one for one in wanted if one.topic in failed]
            if wanted:
                _wait_until(deadline, f"topics {sorted(failed)} could not be created")

    def delete(self, topics: Sequence[str]) -> None:
        """Delete those that exist, and wait until they are gone."""
        admin = self._admin()
        existing = [topic for topic in topics if topic in self.topics()]
        if existing:
            for done in admin.delete_topics(existing).values():
                done.result()
        deadline = time.monotonic() + _PATIENCE
        while set(existing) & set(self.topics()):
            _wait_until(deadline, f"{existing} are not deleted")

    def delete_beginning(self, prefix: str) -> None:
        """Delete every topic whose name begins so."""
        self.delete([topic for topic in self.topics() if topic.startswith(prefix)])

    def forget_group(self, group: str) -> None:
        """Delete a consumer group, so that the next one of this name reads from the beginning."""
        admin, deadline = self._admin(), time.monotonic() + _PATIENCE
        while True:
            error = admin.delete_consumer_groups([group])[group].exception()
            if error is None or "GROUP_ID_NOT_FOUND" in str(error):
                return
            _wait_until(deadline, f"the group {group} still has members: {error}")

    def topics(self) -> list[str]:
        return list(self._admin().list_topics(timeout=_PATIENCE).topics)

    def records(self, topic: str) -> int:
        """How many records a topic holds, over all partitions; 0 when there is none of this name."""
        if topic not in self.topics():
            return 0
        consumer = Consumer({"bootstrap.servers": self.bootstrap_servers, "group.id": "benchmarks"})
        try:
            held = [_held(consumer, TopicPartition(topic, number)) for number in range(PARTITIONS)]
        finally:
            consumer.close()
        return sum(held)

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap_servers})


@contextmanager
def running_broker(folder: Path = WORK / "broker") -> Iterator[Broker]:
    """A real broker with a JVM that compiles fully, until the block is left; its data stay."""
    server = KafkaServer(folder, _JAVA)
    server.start()
    try:
        yield Broker(server.bootstrap_servers)
    finally:
        server.kill()


def _held(consumer: Consumer, partition: TopicPartition) -> int:
    deadline = time.monotonic() + _PATIENCE
    while True:  # right after the broker has started its partitions have no leader yet
        try:
            first, end = consumer.get_watermark_offsets(partition, timeout=_PATIENCE)
        except KafkaException as error:
            _wait_until(deadline, f"{partition}: {error}")
        else:
            return end - first


def _wait_until(deadline: float, otherwise: str) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError(otherwise)
    time.sleep(0.2)
