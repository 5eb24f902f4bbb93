"""A broker that keeps record batches in memory and answers Fetch, for tests of what reads from one."""

import time
from collections.abc import Callable, Mapping

from kafka.protocol.consumer import FetchRequest, FetchResponse

from shared.eventlog.broker_protocol import Place
from tests.support.broker_server import BrokerServer

Answering = Callable[[Mapping[Place, int]], Mapping[Place, tuple[int, bytes]] | None]
"""By the offsets that are asked for: an error's number and batches of each partition; None closes the connection."""

_NUMBER_BYTES, _VERSION = 4, 4
_WAIT_SECONDS = 0.02
"""With an answer that has nothing in it."""

_TOPIC = FetchResponse.FetchableTopicResponse
_PARTITION = _TOPIC.PartitionData


class FakeBroker(BrokerServer):
    """Tells what each request `asked` for."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.asked: list[Mapping[Place, int]] = []
        super().__init__(self._answer_fetch)

    def _answer_fetch(self, read: bytes) -> bytes | None:
        request = FetchRequest.decode(read, version=_VERSION, header=True)
        asked = {(topic.topic, one.partition): one.fetch_offset for topic in request.topics for one in topic.partitions}
        self.asked.append(asked)
        answer = self.answering(asked)
        if answer is None:
            return None
        if not any(error or batches for error, batches in answer.values()):
            time.sleep(_WAIT_SECONDS)
        topics = [
            _TOPIC(topic=topic, partitions=[_partition(partition, *found)])
            for (topic, partition), found in answer.items()
        ]
        body = FetchResponse(version=_VERSION, throttle_time_ms=0, responses=topics).encode(version=_VERSION)
        number: int = request.header.correlation_id
        return number.to_bytes(_NUMBER_BYTES) + bytes(body)


def _partition(number: int, error: int, batches: bytes) -> object:
    return _PARTITION(
        partition_index=number,
        error_code=error,
        high_watermark=100,
        last_stable_offset=100,
        aborted_transactions=[],
        records=batches,
    )
