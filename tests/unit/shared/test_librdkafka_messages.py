"""Messages of several partitions, in whatever order they come, become runs of one partition each."""

from itertools import groupby
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.librdkafka_messages import Messages
from shared.eventlog.port import Partition

PREFIX = "plant."


class Fetched(NamedTuple):
    """Answers as the client's messages do, by calls."""

    at_topic: str
    at_partition: int
    at_offset: int

    def topic(self) -> str:
        return PREFIX + self.at_topic

    def partition(self) -> int:
        return self.at_partition

    def offset(self) -> int:
        return self.at_offset

    def value(self) -> bytes:
        return b"{}"

    def headers(self) -> None:
        return None


PLACES = st.tuples(st.sampled_from(["raw.a", "raw.b"]), st.integers(0, 2))


@given(st.lists(PLACES, max_size=30) | st.lists(PLACES.map(lambda place: ("raw.a", place[1])), max_size=30))
def test_each_run_is_a_stretch_of_one_partition(places: list[tuple[str, int]]) -> None:
    messages = [Fetched(topic, number, offset) for offset, (topic, number) in enumerate(places)]
    runs = Messages(KafkaOptions("127.0.0.1:1", PREFIX), Fetched).runs(messages)
    stretches = groupby(messages, key=lambda one: Partition(one.at_topic, one.at_partition))
    assert [(run.partition, list(run.messages)) for run in runs] == [(place, list(some)) for place, some in stretches]
