"""Requests and answers are those of Kafka's protocol, as the package kafka-python writes and reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.consumer import FetchRequest, FetchResponse

from shared.eventlog.broker_protocol import Place, numbered
from shared.eventlog.fetch_protocol import (
    FETCH_BYTES,
    PARTITION_FETCH_BYTES,
    WAIT_MS,
    Aborted,
    Answer,
    answers,
    fetch_request,
)

VERSION = 4
SIZE_BYTES = 4
TOPICS = st.text(min_size=1, max_size=8)
OFFSETS = st.dictionaries(st.tuples(TOPICS, st.integers(0, 2**31 - 1)), st.integers(0, 2**63 - 1), max_size=6)
TOPIC, PARTITION = (
    FetchResponse.FetchableTopicResponse,
    FetchResponse.FetchableTopicResponse.PartitionData,
)


@given(OFFSETS, st.integers(0, 2**31 - 1))
def test_a_request_says_what_is_wanted(offsets: dict[Place, int], number: int) -> None:
    written = numbered(fetch_request(offsets), number)
    assert int.from_bytes(written[:SIZE_BYTES]) == len(written) - SIZE_BYTES
    read = FetchRequest.decode(written[SIZE_BYTES:], version=VERSION, header=True)
    assert (read.header.correlation_id, read.header.client_id) == (number, "andon")
    assert (read.max_wait_ms, read.min_bytes, read.max_bytes, read.isolation_level) == (WAIT_MS, 1, FETCH_BYTES, 1)
    wanted = [
        ((topic.topic, one.partition), one.fetch_offset, one.partition_max_bytes)
        for topic in read.topics
        for one in topic.partitions
    ]
    assert sorted(wanted) == sorted((place, offset, PARTITION_FETCH_BYTES) for place, offset in offsets.items())
    topics = list(dict.fromkeys(topic for topic, _ in offsets))
    assert [place for place, _, _ in wanted] == sorted(offsets, key=lambda place: topics.index(place[0]))


@given(
    st.lists(
        st.builds(
            Answer,
            st.tuples(TOPICS, st.integers(0, 9)),
            st.integers(-1, 100),
            st.integers(-1, 2**63 - 1),
            st.lists(st.builds(Aborted, st.integers(0, 9), st.integers(0, 9)), max_size=2).map(tuple),
            st.binary(max_size=30).map(memoryview),
        ),
        max_size=5,
    )
)
def test_an_answer_is_read_as_it_was_meant(meant: list[Answer]) -> None:
    transaction = PARTITION.AbortedTransaction
    topics = [
        TOPIC(
            topic=one.place[0],
            partitions=[
                PARTITION(
                    partition_index=one.place[1],
                    error_code=one.error,
                    high_watermark=2**63 - 1,
                    last_stable_offset=one.end,
                    aborted_transactions=[
                        transaction(producer_id=some.producer_id, first_offset=some.first_offset)
                        for some in one.aborted
                    ],
                    records=bytes(one.batches),
                )
            ],
        )
        for one in meant
    ]
    written = FetchResponse(version=VERSION, throttle_time_ms=0, responses=topics).encode(version=VERSION)
    assert list(answers(memoryview(written))) == meant


def test_what_is_cut_off_is_an_error() -> None:
    with pytest.raises(Exception, match="requires a buffer"):
        list(answers(memoryview(b"\0" * 4 + b"\0\0\0\1\0\1a\0\0\0\1")))
