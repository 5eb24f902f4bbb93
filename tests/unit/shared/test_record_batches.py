"""Bytes of record batches become the records that the package kafka-python reads in them, and nothing is read that is not there."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.record import MemoryRecords

from shared.eventlog.kafka_options import Moments
from shared.eventlog.message_columns import MessageColumns
from shared.eventlog.port import LogUnavailable, Partition, Record
from shared.eventlog.record_batch_walk import compile_walk
from shared.eventlog.record_batches import message_columns, plain_batches
from tests.support.record_batches import LOG_APPEND_TIME, TRANSACTIONAL, BatchRecord, batch, summed

PLACE = Partition("raw.erp", 2)
MOMENTS = Moments()
HEAD_BYTES, SUM_COUNTS_FROM, GZIP = 61, 21, 1
TEXTS = st.none() | st.binary(max_size=300) | st.sampled_from([b"", b"\n", b"a\nb\n", bytes(range(256)), b"x" * 20_000])
HEADERS = st.lists(st.tuples(st.text(max_size=5), TEXTS), max_size=3)
RECORDS = st.builds(BatchRecord, TEXTS, TEXTS, HEADERS, st.integers(0, 4_000_000_000_000))
BATCHES = st.lists(
    st.tuples(st.lists(RECORDS, min_size=1, max_size=8), st.sampled_from([0, LOG_APPEND_TIME])), max_size=4
)


def joined(batches: list[tuple[list[BatchRecord], int]], first_offset: int) -> bytes:
    parts = []
    for records, attributes in batches:
        parts.append(batch(first_offset, records, attributes))
        first_offset += len(records) + 3
    return b"".join(parts)


def columns(data: bytes) -> MessageColumns:
    found = plain_batches(memoryview(data))
    assert found is not None
    return message_columns(found, compile_walk(), MOMENTS)


def as_the_package_reads(data: bytes) -> list[Record]:
    return [
        Record(
            PLACE,
            one.offset,
            one.key,
            one.value or b"",
            tuple((name, value or b"") for name, value in one.headers),
            MOMENTS[one.timestamp],
        )
        for some in MemoryRecords(data)
        for one in some
    ]


@given(BATCHES, st.integers(0, 2**50))
def test_records_are_those_that_the_package_reads(
    batches: list[tuple[list[BatchRecord], int]], first_offset: int
) -> None:
    data = joined(batches, first_offset)
    assert list(columns(data).records(PLACE)) == as_the_package_reads(data)


@given(BATCHES, st.integers(0, 2**50), st.data())
def test_what_is_cut_off_is_left_out_from_its_batch_on(
    batches: list[tuple[list[BatchRecord], int]], first_offset: int, cut: st.DataObject
) -> None:
    data = joined(batches, first_offset)
    some = data[: cut.draw(st.integers(0, len(data)))]
    found = plain_batches(memoryview(some))
    assert found is not None
    assert list(columns(some).records(PLACE)) == as_the_package_reads(some)
    assert found.records == sum(len(records) for records, _ in batches[: len(found.rows)])
    ends = [first_offset]
    for records, _ in batches:
        ends.append(ends[-1] + len(records) + 3)
    assert found.next_offset == (ends[len(found.rows)] - 3 if len(found.rows) else None)


@given(st.lists(RECORDS, min_size=1, max_size=5), st.data())
def test_a_changed_byte_is_noticed(records: list[BatchRecord], draw: st.DataObject) -> None:
    data = bytearray(batch(0, records))
    place = draw.draw(st.integers(SUM_COUNTS_FROM + 2, len(data) - 1))
    data[place] ^= draw.draw(st.integers(1, 255))
    with pytest.raises(LogUnavailable, match="sum"):
        plain_batches(memoryview(data))


@given(st.binary(max_size=200), st.integers(0, 30))
def test_records_that_are_none_are_refused_and_never_read_beyond_their_batch(garbage: bytes, count: int) -> None:
    head = bytearray(batch(0, [BatchRecord(b"")])[:HEAD_BYTES])
    struct.pack_into(">i", head, 8, HEAD_BYTES - 12 + len(garbage))
    struct.pack_into(">i", head, HEAD_BYTES - 4, count)
    data = summed(bytes(head) + garbage)
    try:
        expected = as_the_package_reads(data)
    except Exception:  # noqa: BLE001 - whatever makes the package refuse them
        with pytest.raises(LogUnavailable):
            list(columns(data).records(PLACE))
    else:
        assert list(columns(data).records(PLACE)) == expected


def test_a_header_that_ends_elsewhere_is_refused() -> None:
    data = bytearray(batch(0, [BatchRecord(b"", None, [("name", b"value")])]))
    data[-6] -= 2  # the zigzag size of the value: one less than it is
    with pytest.raises(LogUnavailable, match="header"):
        columns(summed(bytes(data)))


@pytest.mark.parametrize("attributes", [GZIP, TRANSACTIONAL])
def test_what_is_not_plain_is_left_to_the_package(attributes: int) -> None:
    data = batch(0, [BatchRecord(b"x" * 100)]) + batch(1, [BatchRecord(b"y")], attributes, producer=7)
    assert plain_batches(memoryview(data)) is None


def test_a_length_that_no_batch_has_is_refused() -> None:
    data = bytearray(batch(0, [BatchRecord(b"")]))
    struct.pack_into(">i", data, 8, -30)
    with pytest.raises(LogUnavailable, match="offset 0"):
        plain_batches(memoryview(data))
