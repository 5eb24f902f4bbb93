"""Whatever is done to them, in whatever order, the embedded log and the log in memory do the same."""

import itertools
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from shared.eventlog.embedded import open_embedded
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import EventLogError, NewRecord, Partition, TopicSpec
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds
from tests.contract.log_reader import Reader

TOPICS = ["a", "b.one", "b.two"]
KEYS = st.none() | st.binary(max_size=3)
NUMBERS = st.integers(0, 2)


class TwoLogs(RuleBasedStateMachine):
    """Does everything twice, and compares results, errors included."""

    readers = Bundle("readers")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.memory = MemoryLog(clock=self.clock, ids=CountingIds("log"))
        self.embedded = open_embedded(Path(self.folder.name), clock=self.clock, ids=CountingIds("log"))
        self.twins: list[tuple[Reader, Reader]] = []

    @rule(topic=st.sampled_from(TOPICS), partitions=st.integers(1, 3))
    def ensure_topic(self, topic: str, partitions: int) -> None:
        for log in (self.memory, self.embedded):
            log.ensure_topics([TopicSpec(topic, partitions)])

    @rule(
        records=st.lists(
            st.builds(
                NewRecord,
                topic=st.sampled_from(TOPICS),
                value=st.binary(max_size=20),
                key=KEYS,
                partition=st.none() | NUMBERS,
                headers=st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=3)), max_size=2).map(tuple),
            ),
            max_size=6,
        ),
        seconds=st.integers(0, 100),
    )
    def append(self, records: list[NewRecord], seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        assert outcome(lambda: list(self.memory.append(records))) == outcome(
            lambda: list(self.embedded.append(records))
        )

    @rule(topic=st.sampled_from(TOPICS), number=NUMBERS, offset=st.integers(0, 12))
    def delete(self, topic: str, number: int, offset: int) -> None:
        partition = Partition(topic, number)
        assert outcome(lambda: self.memory.delete_before(partition, offset)) == outcome(
            lambda: self.embedded.delete_before(partition, offset)
        )

    @rule(target=readers, group=st.sampled_from(["x", "y"]), topics=st.sampled_from([["a"], ["b.*"], ["a", "b.*"]]))
    def join(self, group: str, topics: list[str]) -> tuple[Reader, Reader]:
        twins = Reader(self.memory, topics, group=group), Reader(self.embedded, topics, group=group)
        self.twins.append(twins)
        return twins

    @rule(twins=readers, max_records=st.integers(1, 5))
    def poll(self, twins: tuple[Reader, Reader], max_records: int) -> None:
        left, right = twins
        assert outcome(lambda: list(left.poll(timedelta(0), max_records))) == outcome(
            lambda: list(right.poll(timedelta(0), max_records))
        )

    @rule(twins=readers, topic=st.sampled_from(TOPICS), number=NUMBERS, offset=st.integers(0, 12))
    def seek(self, twins: tuple[Reader, Reader], topic: str, number: int, offset: int) -> None:
        left, right = twins
        partition = Partition(topic, number)
        assert outcome(lambda: left.consumer.seek(partition, offset)) == outcome(
            lambda: right.consumer.seek(partition, offset)
        )

    @rule(twins=readers, topic=st.sampled_from(TOPICS), number=NUMBERS, pause=st.booleans())
    def pause_or_resume(self, twins: tuple[Reader, Reader], topic: str, number: int, pause: bool) -> None:
        for reader in twins:
            (reader.consumer.pause if pause else reader.consumer.resume)([Partition(topic, number)])

    @rule(twins=readers)
    def leave(self, twins: tuple[Reader, Reader]) -> None:
        for reader in twins:
            reader.consumer.close()

    @rule()
    def open_again(self) -> None:
        """Consumers do not outlive their process; everything else must."""
        for left, right in self.twins:
            left.consumer.close()
            right.consumer.close()
        self.embedded.close()
        self.embedded = open_embedded(Path(self.folder.name), clock=self.clock, ids=CountingIds("new"))
        self.memory._groups.clear()
        self.memory._placement._turns = itertools.count()  # records without key and partition go round anew

    @invariant()
    def everything_is_equal(self) -> None:
        assert list(self.memory.topics()) == list(self.embedded.topics())
        assert self.memory.identity() == self.embedded.identity()
        for topic in self.memory.topics():
            for number in range(self.memory.partition_count(topic)):
                partition = Partition(topic, number)
                assert self.memory.offsets(partition) == self.embedded.offsets(partition)
                for left, right in self.twins:
                    assert left.consumer.lag(partition) == right.consumer.lag(partition)
        for left, right in self.twins:
            assert (left.won, left.lost, left.held, left.records) == (right.won, right.lost, right.held, right.records)

    def teardown(self) -> None:
        self.embedded.close()
        self.folder.cleanup()


def outcome(action: object) -> object:
    """What a call returns, or the type of what it raises."""
    assert callable(action)
    try:
        return action()
    except (EventLogError, ValueError) as error:
        return type(error)


TestTwoLogs = TwoLogs.TestCase
TestTwoLogs.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
