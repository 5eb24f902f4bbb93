"""The partitioner equals that of Kafka's clients, for ever: a change would tear the records of a key apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as murmur2_of_kafka_python

from shared.eventlog.partitioner import murmur2, partition_of, partitions_of


# The first six are the examples of Kafka's own unit test (UtilsTest.testMurmur2), there as signed numbers.
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
        (b"", 275646681),
    ],
)
def test_hashes_are_those_of_kafka(key: bytes, expected: int) -> None:
    assert murmur2(key) == expected & 0xFFFFFFFF


@given(st.binary(max_size=64))
def test_it_agrees_with_kafka_python(key: bytes) -> None:
    assert murmur2(key) == murmur2_of_kafka_python(key)


@given(st.binary(max_size=32), st.integers(min_value=1, max_value=1000))
def test_a_partition_exists(key: bytes, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions


@pytest.mark.parametrize(
    ("key", "partition"), [(b"line=A", 0), (b"line=B", 0), (b"", 1), (b"first-pass-yield|line=A", 3)]
)
def test_golden_partitions_of_four(key: bytes, partition: int) -> None:
    assert partition_of(key, 4) == partition


@given(
    st.lists(st.binary(max_size=9) | st.integers(0, 50).map(lambda n: b"line-%04d|x" % n), max_size=80),
    st.integers(min_value=1, max_value=1000),
)
def test_many_keys_at_once_go_where_each_would_go(keys: list[bytes], partitions: int) -> None:
    assert partitions_of(keys, partitions) == [partition_of(key, partitions) for key in keys]


@pytest.mark.parametrize("length", range(1, 10))
def test_many_keys_of_one_length_go_where_each_would_go(length: int) -> None:
    keys = [(number * 2654435761 % 256**length).to_bytes(length, "little") for number in range(100)]
    assert partitions_of(keys, 7) == [partition_of(key, 7) for key in keys]
