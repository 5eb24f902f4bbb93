"""Arrow IPC bytes ↔ frame, in memory, for the two topics that carry columns."""

import io
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shared.events.alike_blocks import END, MESSAGE, Rows, as_one, head_size, message_size
from shared.runtime.joined_texts import ChainedTexts

BLOCK_CONTENT_TYPE = "application/vnd.apache.arrow.stream"

Places: TypeAlias = NDArray[np.int64]

_FEW_ROWS = 20
_WORTH_MAKING_ONE = 8
"""Blocks of a layout, on average, from which on it costs less to make them one than to decode their batches one by one."""

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, EOFError)
"""What polars raises for bytes that something has damaged; a panic is no `Exception` and would pass by every handler."""


class UnreadableBlock(Exception):
    """The bytes are not an Arrow IPC stream, or not a Parquet file."""


def encode_block(frame: pl.DataFrame) -> bytes:
    """One Arrow IPC stream, lz4-compressed unless it has so few rows that it would be no shorter, and slower to read."""
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="lz4" if frame.height > _FEW_ROWS else "uncompressed")
    return buffer.getvalue()


def decode_block(value: bytes) -> pl.DataFrame:
    """Raises UnreadableBlock."""
    try:
        return pl.read_ipc_stream(value)
    except _UNREADABLE as error:
        raise UnreadableBlock(str(error)) from error


def schema_bytes(block: bytes) -> bytes:
    """How a block begins: its schema. Blocks that begin alike have the same columns, and can be decoded joined."""
    return block[: message_size(block, 0)]


def are_alike(blocks: Sequence[bytes]) -> bool:
    """Whether blocks begin and end alike, so that they can be joined."""
    schema = schema_bytes(blocks[0])
    return all(block.startswith(MESSAGE) and block.startswith(schema) and block.endswith(END) for block in blocks)


def joined_blocks(blocks: Sequence[bytes]) -> bytes:
    """Blocks that are alike as one, without decoding them: the batches of all behind the schema of the first.

    What decodes it gets as many chunks as there were batches; those of few rows are dear to look at.
    """
    schema = schema_bytes(blocks[0])
    return b"".join((schema, *(block[len(schema) : -len(END)] for block in blocks), END))


def decode_joined(blocks: Sequence[bytes]) -> pl.DataFrame:
    """The rows of several blocks that begin alike, in their order, as one piece. Raises UnreadableBlock.

    Of a thousand blocks of one row each, of which many are laid out alike, one is read in a twentieth of the time that it takes by
    itself. Blocks with other columns mean something else, as corrections do, and are not put together.
    """
    layouts = list(_by_layout(blocks))
    if len({schema_bytes(rows[0].tobytes()) for _, rows in layouts}) > 1:
        raise UnreadableBlock("the blocks do not have the same columns")
    is_worth_it = _WORTH_MAKING_ONE * len(layouts) <= len(blocks)
    frames = [frame for _, rows in layouts if (frame := _decoded(rows)) is not None] if is_worth_it else []
    if len(frames) < len(layouts):
        return _decoded_batch_by_batch(blocks)
    if len(frames) == 1:
        return frames[0]
    places = [np.repeat(at, frame.height // len(at)) for (at, _), frame in zip(layouts, frames, strict=True)]
    return pl.concat(frames)[np.concatenate(places).argsort(kind="stable")]


def _by_layout(blocks: Sequence[bytes]) -> Iterator[tuple[Places, Rows]]:
    """Blocks of one length that begin alike, up to the body of their first batch: where they stand, and their bytes."""
    if isinstance(blocks, ChainedTexts):
        joined, lengths = b"\n".join(blocks.pieces), blocks.lengths
    else:
        joined, lengths = b"\n".join(blocks), np.fromiter(map(len, blocks), dtype=np.int64)
    memory = np.frombuffer(joined, dtype=np.uint8)
    begins = np.cumsum(lengths + 1) - lengths - 1
    for length in np.unique(lengths).tolist():
        at = np.flatnonzero(lengths == length)
        rows = sliding_window_view(memory, length)[begins[at]]
        size = head_size(rows[0].tobytes())
        if (rows[:, :size] == rows[0, :size]).all():
            yield at, rows
            continue
        places: defaultdict[bytes, list[int]] = defaultdict(list)
        for place, head in enumerate(np.ascontiguousarray(rows[:, :size]).view(np.dtype((np.void, size))).ravel()):
            places[head.tobytes()].append(place)
        yield from ((at[some], rows[some]) for some in places.values())


def _decoded(blocks: Rows) -> pl.DataFrame | None:
    """Of blocks that begin alike; None where they cannot be made one."""
    first = decode_block(blocks[0].tobytes())
    if len(blocks) == 1:
        return first
    one = as_one(blocks, first.dtypes)
    return None if one is None else decode_block(one)


def _decoded_batch_by_batch(blocks: Sequence[bytes]) -> pl.DataFrame:
    if not are_alike(blocks):
        raise UnreadableBlock("the blocks do not begin and end alike")
    return decode_block(joined_blocks(blocks)).rechunk()


def decode_parquet(value: bytes) -> pl.DataFrame:
    """The table in the bytes of a Parquet file. Raises UnreadableBlock."""
    try:
        return pl.read_parquet(io.BytesIO(value))  # noqa: TID251 - bytes in memory, no file
    except _UNREADABLE as error:
        raise UnreadableBlock(str(error)) from error


def rows_of(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """A frame as rows for people and for JSON: times as text. For display and loading, not for computing."""
    rows: list[dict[str, Any]] = json.loads(frame.write_json())
    return rows
