"""Blocks as bytes: many small ones are read as one, and say the same."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.blocks import UnreadableBlock, decode_joined, encode_block, schema_bytes

ROWS = pl.DataFrame(
    {
        "event_id": ["e1", "", "long " * 20, "ü", None],
        "id_hash": pl.Series([1, 2**64 - 1, 3, 4, 5], dtype=pl.UInt64),
        "observed_at": pl.Series([datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in range(5)]),
        "measure.passed": [0.5, None, -1e308, 0.0, 1.0],
    }
)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(0, 3))
def test_joined_blocks_are_their_rows_in_order(places: list[int], largest: int) -> None:
    frames = [ROWS[place : place + 1 + place % (largest + 1)] for place in places]
    blocks = [encode_block(frame) for frame in frames]
    assert len({schema_bytes(block) for block in blocks}) == 1
    assert decode_joined(blocks).equals(pl.concat(frames))


def test_blocks_of_other_columns_begin_otherwise_and_are_not_joined() -> None:
    one, other = encode_block(ROWS), encode_block(ROWS.drop("event_id"))
    assert schema_bytes(one) != schema_bytes(other)
    with pytest.raises(UnreadableBlock):
        decode_joined([one, other])


@pytest.mark.parametrize(
    "damaged", [b"", b"\xff" * 7, encode_block(ROWS)[:-9], encode_block(ROWS)[8:], b"\xff\xff\xff\xff" * 3]
)
def test_damaged_blocks_are_told(damaged: bytes) -> None:
    with pytest.raises(UnreadableBlock):
        decode_joined([damaged, encode_block(ROWS)])
    with pytest.raises(UnreadableBlock):
        decode_joined([encode_block(ROWS), damaged])
