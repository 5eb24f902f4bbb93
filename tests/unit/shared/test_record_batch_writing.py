"""A batch is what the package kafka-python would write of the same records, byte by byte but for the epoch of the leader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.record.default_records import DefaultRecordBatchBuilder

from shared.eventlog.port import NewRecord
from shared.eventlog.produce_protocol import Producer
from shared.eventlog.record_batch_writing import MOST_BATCH_BYTES, written_batch

TAKEN, SEQUENCE = 1_700_000_000_123, 2**31 - 1
NO_LEADER_EPOCH = b"\xff" * 4
PRODUCER = Producer(2**40, 5)
HEADERS = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=5)), max_size=3).map(tuple)
RECORDS = st.builds(
    NewRecord, st.just("events"), st.binary(max_size=200), st.none() | st.binary(max_size=200), headers=HEADERS
)


def by_the_package(records: list[NewRecord]) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=PRODUCER.id,
        producer_epoch=PRODUCER.epoch,
        base_sequence=SEQUENCE,
        batch_size=1 << 26,
    )
    for place, record in enumerate(records):
        builder.append(place, TAKEN, record.key, record.value, list(record.headers))
    data = bytes(builder.build())
    return data[:12] + NO_LEADER_EPOCH + data[16:]  # which a broker sets itself


@given(st.lists(RECORDS, min_size=1, max_size=8))
def test_it_is_as_the_package_writes_it(records: list[NewRecord]) -> None:
    batch = written_batch(records, 0, producer=PRODUCER, sequence=SEQUENCE, taken_ms=TAKEN)
    assert (batch.records, batch.size) == (len(records), len(by_the_package(records)))
    assert b"".join(batch.parts) == by_the_package(records)


@pytest.mark.parametrize("size", [63, 64, 8191, 8192, MOST_BATCH_BYTES + 1, 8 * 1024 * 1024])
def test_texts_of_any_length_are_written_as_the_package_does(size: int) -> None:
    records = [NewRecord("events", bytes(size))]
    batch = written_batch(records, 0, producer=PRODUCER, sequence=SEQUENCE, taken_ms=TAKEN)
    assert b"".join(batch.parts) == by_the_package(records)


def test_records_beyond_a_batch_are_left_for_the_next() -> None:
    records = [NewRecord("events", bytes([number]) * 300_000) for number in range(7)]
    begin, counts = 0, []
    while begin < len(records):
        batch = written_batch(records, begin, producer=PRODUCER, sequence=SEQUENCE, taken_ms=TAKEN)
        assert b"".join(batch.parts) == by_the_package(records[begin : begin + batch.records])
        assert batch.size <= MOST_BATCH_BYTES + 100
        begin += batch.records
        counts.append(batch.records)
    assert counts == [3, 3, 1]
