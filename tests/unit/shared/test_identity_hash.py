"""The hash that names an event for ever. These values may never change: logs and databases in use depend on them."""

import numpy as np
import polars as pl
import pytest
import xxhash
from hypothesis import example, given
from hypothesis import strategies as st

from shared.events.readings import identity_hash, identity_hashes
from shared.events.xxh64 import xxh64_of_each


@pytest.mark.parametrize(
    ("source", "event_id", "expected"),
    [
        ("a", "b", 16348310442870688621),
        ("mes-7", "e1", 11734007537016872083),
        ("", "", 3803688792395291579),
        ("质量", "事件-1", 1345600409771200713),
    ],
)
def test_golden_values(source: str, event_id: str, expected: int) -> None:
    assert identity_hash(source, event_id) == expected


def test_lengths_keep_source_and_id_apart() -> None:
    assert identity_hash("ab", "c") != identity_hash("a", "bc")


@given(st.text(), st.text())
def test_it_is_an_unsigned_64_bit_number(source: str, event_id: str) -> None:
    assert 0 <= identity_hash(source, event_id) < 2**64


@given(st.integers(1, 120), st.data())
def test_a_column_of_one_length_has_the_hashes_of_the_library(length: int, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.binary(min_size=length, max_size=length), min_size=1, max_size=5))
    letters = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, length)
    assert xxh64_of_each(letters).tolist() == [xxhash.xxh64_intdigest(row) for row in rows]


@given(st.text(max_size=5), st.lists(st.text(max_size=40), min_size=1, max_size=5), st.sampled_from([1, 700]))
@example("a", ["bc", "d\n"], 700)
@example("a", ["b\nc", ""], 700)
@example("a", ["b\nc", "d", "e"], 700)
@example("a", ["", "\n"], 700)
def test_many_at_once_are_hashed_as_one_by_one(source: str, event_ids: list[str], times: int) -> None:
    for batch in (event_ids * times, event_ids[:1] * times):
        hashes = identity_hashes(source, pl.Series(batch, dtype=pl.String))
        assert hashes.tolist() == [identity_hash(source, event_id) for event_id in batch]
