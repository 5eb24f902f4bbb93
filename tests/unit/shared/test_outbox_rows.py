"""Records come out of the rows of an outbox as they went in."""

from collections.abc import Iterable
from itertools import repeat

from hypothesis import given
from hypothesis import strategies as st

from shared.database.outbox_rows import AlikeRecords, Waiting, packed, packed_alike, unpacked
from shared.eventlog.port import NewRecord

HEADERS = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=5)), max_size=2).map(tuple)
SUNDRY = st.tuples(st.none() | st.binary(max_size=5), st.none() | st.integers(0, 9), HEADERS, st.binary(max_size=9))
LARGE = bytes(3_000_000)


def unpacked_all(rows: Iterable[bytes]) -> list[Waiting]:
    return [record for row in rows for record in unpacked(row).records]


@given(st.lists(SUNDRY, max_size=9), st.sampled_from([1, 300]))
def test_sundry_records(records: list[Waiting], times: int) -> None:
    new = [NewRecord("topic", value, key, partition, headers) for key, partition, headers, value in records] * times
    assert unpacked_all(packed(new)) == records * times


@given(
    st.lists(st.tuples(st.binary(max_size=5), st.binary(max_size=9)), max_size=9), HEADERS, st.sampled_from([1, 300])
)
def test_records_that_are_alike(pairs: list[tuple[bytes, bytes]], headers: tuple[()], times: int) -> None:
    keys, values = [key for key, _ in pairs] * times, [value for _, value in pairs] * times
    expected = list(zip(keys, repeat(None), repeat(headers), values, strict=False))
    assert unpacked_all(packed_alike(AlikeRecords(headers, keys, values))) == expected


def test_a_row_holds_neither_many_records_nor_many_bytes() -> None:
    values = [*[b"small"] * 1001, LARGE, LARGE, b"small"]
    rows = [unpacked(row) for row in packed_alike(AlikeRecords((), [b"key"] * len(values), values))]
    assert [len(row.records) for row in rows] == [500, 500, 1, 1, 2]
    assert all(row.size < 2 * len(LARGE) for row in rows)
    assert len(next(packed_alike(AlikeRecords((), [b"key"], [LARGE])))) < len(LARGE) // 100
