"""Blocks as bytes: many small ones are read as one, and say the same."""

from datetime import UTC, datetime
from itertools import chain, pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.alike_blocks import as_one
from shared.events.blocks import (
    UnreadableBlock,
    decode_block,
    decode_joined,
    encode_block,
    joined_blocks,
    schema_bytes,
)
from shared.runtime.joined_texts import JoinedTexts, in_one

ROWS = pl.DataFrame(
    {
        "event_id": [
            "e1",
            "",
            "long " * 20,
            "ü",
            None,
            "long, and as long as the next",
            "long, and as long as the last",
            "e2",
        ],
        "id_hash": pl.Series([1, 2**64 - 1, 3, 4, 5, 6, 7, 8], dtype=pl.UInt64),
        "observed_at": pl.Series([datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in range(8)]),
        "has_cadence": [True, False, None, True, True, False, True, False],
        "raw": [b"", b"\n", b"\n" * 40, None, b"\xff", b"1", b"2", b"3"],
        "measure.passed": [0.5, None, -1e308, 0.0, 1.0, 2.0, 3.0, 4.0],
    }
)
FRAMES = st.tuples(st.integers(0, 7), st.integers(0, 2)).map(lambda cut: ROWS[cut[0] : cut[0] + cut[1]])


@given(st.lists(FRAMES, min_size=1, max_size=4), st.data())
def test_joined_blocks_are_their_rows_in_order(kinds: list[pl.DataFrame], data: st.DataObject) -> None:
    """Of a few kinds, so that many of them are laid out alike, or of many."""
    frames = data.draw(st.lists(st.sampled_from(kinds) | FRAMES, min_size=1, max_size=80))
    blocks = [encode_block(frame) for frame in frames]
    assert len({schema_bytes(block) for block in blocks}) == 1
    assert decode_joined(blocks).equals(pl.concat(frames))
    several = [joined_blocks([one, other]) for one, other in pairwise(blocks)]  # blocks of two batches
    if several:
        assert decode_joined(several).equals(pl.concat(chain.from_iterable(pairwise(frames))))
    read = [JoinedTexts(memoryview(b"\n".join(some)), np.array([*map(len, some)])) for some in (blocks, blocks[::-1])]
    assert decode_joined(in_one(read)).equals(pl.concat([*frames, *frames[::-1]]))


def test_blocks_of_one_row_become_one_batch() -> None:
    blocks = [encode_block(ROWS[place % 2 + 5 : place % 2 + 6]) for place in range(100)]
    rows = np.frombuffer(b"".join(blocks), dtype=np.uint8).reshape(100, -1)
    one = as_one(rows, ROWS.dtypes)
    assert one is not None
    assert len(one) < 100 * 300 < len(b"".join(blocks))
    assert decode_block(one).equals(pl.concat(50 * [ROWS[5:7]]))


@pytest.mark.parametrize(
    "block",
    [
        encode_block(pl.concat(50 * [ROWS])),  # compressed
        encode_block(pl.DataFrame({"sketch": [[1, 2]]})),
        encode_block(pl.DataFrame({"nothing": [None]})),
        joined_blocks(2 * [encode_block(ROWS)]),
        encode_block(ROWS)[:-8],  # some streams have no end
        schema_bytes(encode_block(ROWS)) + encode_block(ROWS)[-8:],
    ],
)
def test_others_do_not_become_one(block: bytes) -> None:
    rows = np.frombuffer(20 * block, dtype=np.uint8).reshape(20, -1)
    assert as_one(rows, decode_block(block).dtypes) is None


def test_blocks_with_other_columns_are_not_put_together() -> None:
    """They mean something else: together with a correction, readings were taken for corrections, and did not count. Found by the
    simulation, seed 1900744.
    """
    lacking = ROWS.drop("event_id")
    frames = [frame[place : place + 1] for place in range(8) for frame in (ROWS, lacking)]
    with pytest.raises(UnreadableBlock, match="columns"):
        decode_joined([encode_block(frame) for frame in 20 * frames])


def test_a_few_blocks_of_other_columns_are_not_joined() -> None:
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
    with pytest.raises(UnreadableBlock):
        decode_joined([*(20 * [encode_block(ROWS)]), *(20 * [damaged])])
