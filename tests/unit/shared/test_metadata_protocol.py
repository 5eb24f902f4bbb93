"""Requests and answers are those of Kafka's protocol, as the package kafka-python writes and reads them."""

from kafka.protocol.metadata import MetadataRequest, MetadataResponse

from shared.eventlog.broker_protocol import numbered
from shared.eventlog.metadata_protocol import metadata, metadata_request

VERSION, SIZE_BYTES = 4, 4
NO_LEADER, UNKNOWN = 5, 3
BROKER, TOPIC = MetadataResponse.MetadataResponseBroker, MetadataResponse.MetadataResponseTopic


def test_a_request_names_topics_and_makes_none() -> None:
    written = numbered(metadata_request(["raw.erp", "readings"]), 7)
    read = MetadataRequest.decode(written[SIZE_BYTES:], version=VERSION, header=True)
    assert [topic.name for topic in read.topics] == ["raw.erp", "readings"]
    assert read.allow_auto_topic_creation is False


def test_leaders_are_those_that_can_be_reached() -> None:
    partitions = [(0, 0, 1), (0, 1, 2), (NO_LEADER, 2, -1), (0, 3, 77)]
    known = [
        TOPIC.MetadataResponsePartition(
            error_code=error, partition_index=number, leader_id=leader, replica_nodes=[1, 2], isr_nodes=[2]
        )
        for error, number, leader in partitions
    ]
    answer = MetadataResponse(
        version=VERSION,
        throttle_time_ms=0,
        brokers=[
            BROKER(node_id=1, host="one", port=9092, rack=None),
            BROKER(node_id=2, host="two", port=9093, rack="b"),
        ],
        cluster_id="of tests",
        controller_id=1,
        topics=[
            TOPIC(error_code=UNKNOWN, name="gone", is_internal=False, partitions=[]),
            TOPIC(error_code=0, name="events", is_internal=False, partitions=known),
        ],
    )
    found = metadata(memoryview(answer.encode(version=VERSION)))
    assert found.brokers == {("one", 9092), ("two", 9093)}
    assert found.leaders == {("events", 0): ("one", 9092), ("events", 1): ("two", 9093)}
