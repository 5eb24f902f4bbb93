"""Brokers are asked one after the other until one answers."""

from collections.abc import Iterator

import pytest
from kafka.protocol.metadata import MetadataResponse
from kafka.protocol.producer import InitProducerIdResponse

from shared.eventlog.kafka_cluster import KafkaCluster
from shared.eventlog.port import EventLogError, LogUnavailable
from shared.eventlog.produce_protocol import Producer
from tests.support.broker_server import BrokerServer

pytestmark = pytest.mark.network

METADATA, FORBIDDEN, LOADING = 3, 31, 14
NOBODY = ("127.0.0.1", 9)
TOPIC = MetadataResponse.MetadataResponseTopic


class Server(BrokerServer):
    """Leads partition 0 of `events`, and gives the number 7 to producers.

    Attributes:
        refusal: the error with which it refuses a number.
        asked: how many requests came.
    """

    def __init__(self) -> None:
        self.refusal = 0
        self.asked = 0
        super().__init__(self._answered)

    def _answered(self, request: bytes) -> bytes:
        self.asked += 1
        is_metadata = int.from_bytes(request[:2]) == METADATA
        return request[4:8] + (self._metadata() if is_metadata else self._producer())

    def _metadata(self) -> bytes:
        host, port = self.address
        brokers = [MetadataResponse.MetadataResponseBroker(node_id=1, host=host, port=port, rack=None)]
        led = TOPIC.MetadataResponsePartition(
            error_code=0, partition_index=0, leader_id=1, replica_nodes=[1], isr_nodes=[1]
        )
        topics = [TOPIC(error_code=0, name="events", is_internal=False, partitions=[led])]
        answer = MetadataResponse(
            version=4, throttle_time_ms=0, brokers=brokers, cluster_id="x", controller_id=1, topics=topics
        )
        return bytes(answer.encode(version=4))

    def _producer(self) -> bytes:
        answer = InitProducerIdResponse(
            version=0, throttle_time_ms=0, error_code=self.refusal, producer_id=7, producer_epoch=1
        )
        return bytes(answer.encode(version=0))


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def test_the_first_that_answers_is_believed(server: Server) -> None:
    cluster = KafkaCluster([NOBODY, server.address])
    assert cluster.leader(("events", 0)) == server.address
    assert cluster.leader(("events", 1)) is None
    assert server.asked == 1
    assert cluster.new_producer() == Producer(7, 1)


def test_when_nobody_answers_the_log_is_unavailable() -> None:
    with pytest.raises(LogUnavailable, match="no broker answers"):
        KafkaCluster([NOBODY]).leader(("events", 0))


@pytest.mark.parametrize(("refusal", "kind"), [(FORBIDDEN, EventLogError), (LOADING, LogUnavailable)])
def test_a_number_may_be_refused(server: Server, refusal: int, kind: type[Exception]) -> None:
    server.refusal = refusal
    with pytest.raises(kind) as raised:
        KafkaCluster([server.address]).new_producer()
    assert type(raised.value) is kind
