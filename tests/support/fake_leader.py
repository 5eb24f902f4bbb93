"""A broker that appends batches as a leader does, numbers of producers and all, for tests of what appends to one."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from kafka.protocol.producer import ProduceRequest, ProduceResponse
from kafka.record.default_records import DefaultRecordBatch

from shared.eventlog.broker_protocol import Place
from tests.support.broker_server import BrokerServer

OUT_OF_ORDER = 45
BEFORE, AFTER, SILENT = "before", "after", "silent"
"""Close the connection instead of answering: before anything has been appended, or after. Or append, and say nothing about the partition."""

Trouble = Callable[[], object] | str | int
"""What befalls one request: a function that takes its time, BEFORE, AFTER, SILENT, or the number of an error in place of appending."""

_NUMBER_BYTES, _VERSION = 4, 3
_TOPIC = ProduceResponse.TopicProduceResponse


@dataclass(slots=True)
class PartitionLog:
    """One partition, which outlives who leads it.

    Attributes:
        counts: of each producer the count that its next batch has to begin with.
        latest: of each producer its latest batch: the count it began with, and its first offset.
    """

    values: list[bytes] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)
    latest: dict[int, tuple[int, int]] = field(default_factory=dict)

    def append(self, producer: int, count: int, values: list[bytes]) -> tuple[int, int]:
        """An error and the first offset: that of before, for the producer's latest batch again."""
        if self.latest.get(producer, (None, 0))[0] == count:
            return 0, self.latest[producer][1]
        if count != self.counts.get(producer, count):
            return OUT_OF_ORDER, -1
        first = len(self.values)
        self.values += values
        self.counts[producer], self.latest[producer] = count + len(values), (count, first)
        return 0, first


class FakeLeader(BrokerServer):
    """Appends to the logs it is given.

    Attributes:
        troubles: of one partition, each for one request that appends to it; none from then on.
        requests: how many batches each request had.
    """

    def __init__(self, logs: Mapping[Place, PartitionLog]) -> None:
        self.troubles: dict[Place, list[Trouble]] = {}
        self.requests: list[int] = []
        self._logs = logs
        self._one = threading.Lock()
        super().__init__(self._answer_produce)

    def _answer_produce(self, read: bytes) -> bytes | None:
        request = ProduceRequest.decode(read, version=_VERSION, header=True)
        batches = {
            (topic.name, one.index): bytes(one.records) for topic in request.topic_data for one in topic.partition_data
        }
        with self._one:
            self.requests.append(len(batches))
            troubles = {place: self.troubles[place].pop(0) for place in batches if self.troubles.get(place)}
        if BEFORE in troubles.values():
            return None
        answered = {place: self._answered(place, batch, troubles.get(place, 0)) for place, batch in batches.items()}
        if AFTER in troubles.values():
            return None
        topics = [said for place, said in answered.items() if troubles.get(place) != SILENT]
        body = ProduceResponse(version=_VERSION, responses=topics, throttle_time_ms=0).encode(version=_VERSION)
        number: int = request.header.correlation_id
        return number.to_bytes(_NUMBER_BYTES) + bytes(body)

    def _answered(self, place: Place, data: bytes, trouble: Trouble) -> object:
        if callable(trouble):
            trouble()
        error, offset = (trouble, -1) if isinstance(trouble, int) and trouble else self._append(place, data)
        said = _TOPIC.PartitionProduceResponse(
            index=place[1], error_code=error, base_offset=offset, log_append_time_ms=-1
        )
        return _TOPIC(name=place[0], partition_responses=[said])

    def _append(self, place: Place, data: bytes) -> tuple[int, int]:
        batch = DefaultRecordBatch(data)
        assert batch.validate_crc()
        with self._one:
            return self._logs[place].append(batch.producer_id, batch.base_sequence, list(_values(batch)))


def _values(batch: DefaultRecordBatch) -> Iterator[bytes]:
    return (record.value for record in batch)
