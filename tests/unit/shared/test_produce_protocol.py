"""Requests and answers are those of Kafka's protocol, as the package kafka-python writes and reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.producer import (
    InitProducerIdRequest,
    InitProducerIdResponse,
    ProduceRequest,
    ProduceResponse,
)

from shared.eventlog.broker_protocol import Place, numbered
from shared.eventlog.produce_protocol import (
    Appended,
    Producer,
    appended,
    given_producer,
    produce_request,
    producer_request,
)

VERSION, INIT_VERSION, SIZE_BYTES = 3, 0, 4
PLACES = st.tuples(st.text(min_size=1, max_size=8), st.integers(0, 2**31 - 1))
TOPIC = ProduceResponse.TopicProduceResponse


@given(st.dictionaries(PLACES, st.lists(st.binary(max_size=20), max_size=3), max_size=6), st.integers(0, 2**31 - 1))
def test_a_request_says_what_is_to_be_appended(batches: dict[Place, list[bytes]], number: int) -> None:
    written = numbered(produce_request(batches, 1234), number)
    assert int.from_bytes(written[:SIZE_BYTES]) == len(written) - SIZE_BYTES
    read = ProduceRequest.decode(written[SIZE_BYTES:], version=VERSION, header=True)
    assert (read.header.correlation_id, read.header.client_id) == (number, "andon")
    assert (read.transactional_id, read.acks, read.timeout_ms) == (None, -1, 1234)
    wanted = {
        (topic.name, one.index): bytes(one.records or b"") for topic in read.topic_data for one in topic.partition_data
    }
    assert wanted == {place: b"".join(parts) for place, parts in batches.items()}


@given(st.lists(st.builds(Appended, PLACES, st.integers(-1, 100), st.integers(-1, 2**63 - 1)), max_size=5))
def test_an_answer_is_read_as_it_was_meant(meant: list[Appended]) -> None:
    topics = [
        TOPIC(
            name=one.place[0],
            partition_responses=[
                TOPIC.PartitionProduceResponse(
                    index=one.place[1], error_code=one.error, base_offset=one.first_offset, log_append_time_ms=-1
                )
            ],
        )
        for one in meant
    ]
    written = ProduceResponse(version=VERSION, responses=topics, throttle_time_ms=0).encode(version=VERSION)
    assert list(appended(memoryview(written))) == meant


def test_a_producer_asks_for_a_number_and_gets_one() -> None:
    written = numbered(producer_request(), 7)
    asked = InitProducerIdRequest.decode(written[SIZE_BYTES:], version=INIT_VERSION, header=True)
    assert asked.transactional_id is None
    given = InitProducerIdResponse(
        version=INIT_VERSION, throttle_time_ms=0, error_code=3, producer_id=2**40, producer_epoch=9
    )
    assert given_producer(memoryview(given.encode(version=INIT_VERSION))) == (3, Producer(2**40, 9))


def test_what_is_cut_off_is_an_error() -> None:
    with pytest.raises(Exception, match="requires a buffer"):
        list(appended(memoryview(b"\0\0\0\1\0\1a\0\0\0\1")))
