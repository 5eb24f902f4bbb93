"""The envelope of a dead letter: nothing of the original is lost, and what is too large is said to be cut."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.eventlog.dead_letters import DeadLetter, dead_letter_of, to_record
from shared.eventlog.limits import check_sizes
from shared.eventlog.port import MAX_RECORD_BYTES, Headers, NewRecord, Partition, Record

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def letter(*, value: bytes = b"v", key: bytes | None = b"k", headers: Headers = (), detail: str = "why") -> DeadLetter:
    return DeadLetter(
        partition=Partition("raw.erp", 3),
        offset=7,
        key=key,
        value=value,
        headers=headers,
        consumer="ingest.raw",
        reason="broken",
        detail=detail,
        attempts=3,
        failed_at=NOON,
    )


def read_back(record: NewRecord) -> DeadLetter:
    return dead_letter_of(Record(Partition(record.topic, 0), 0, record.key, record.value, record.headers, NOON))


@given(
    value=st.binary(),
    key=st.none() | st.binary(),
    headers=st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=20)), max_size=5).map(tuple),
    detail=st.text(max_size=200),
)
def test_what_is_written_is_read_back(value: bytes, key: bytes | None, headers: Headers, detail: str) -> None:
    original = letter(value=value, key=key, headers=headers, detail=detail)
    assert read_back(to_record(original)) == original


@pytest.mark.parametrize(
    "original",
    [
        letter(value=bytes(MAX_RECORD_BYTES + 1)),
        letter(key=bytes(500_000)),
        letter(headers=tuple((f"h{n}", bytes(1000)) for n in range(500))),
    ],
)
def test_what_exceeds_this_log_is_cut_and_marked(original: DeadLetter) -> None:
    record = to_record(original)
    check_sizes([record])
    assert ("andon-cut", b"true") in record.headers
    assert read_back(record).offset == 7


def test_another_record_is_no_dead_letter() -> None:
    with pytest.raises(ValueError, match=r"no andon\.dead-letter\.v1"):
        read_back(NewRecord("dead-letters", b"x"))
