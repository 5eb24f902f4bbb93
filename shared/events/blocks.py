"""Arrow IPC bytes ↔ frame, in memory, for the two topics that carry columns."""

import io
import json
from collections.abc import Sequence
from typing import Any

import polars as pl

BLOCK_CONTENT_TYPE = "application/vnd.apache.arrow.stream"

_MESSAGE = b"\xff\xff\xff\xff"
_END = _MESSAGE + b"\0\0\0\0"
"""Of an Arrow IPC stream: each message begins with a mark and a length, and one of no length is the end."""

_FEW_ROWS = 20

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
    return block[: 8 + int.from_bytes(block[4:8], "little")]


def are_alike(blocks: Sequence[bytes]) -> bool:
    """Whether blocks begin and end alike, so that they can be joined."""
    schema = schema_bytes(blocks[0])
    return all(block.startswith(_MESSAGE) and block.startswith(schema) and block.endswith(_END) for block in blocks)


def joined_blocks(blocks: Sequence[bytes]) -> bytes:
    """Blocks that are alike as one, without decoding them: the batches of all behind the schema of the first.

    What decodes it gets as many chunks as there were batches; those of few rows are dear to look at.
    """
    schema = schema_bytes(blocks[0])
    return b"".join((schema, *(block[len(schema) : -len(_END)] for block in blocks), _END))


def decode_joined(blocks: Sequence[bytes]) -> pl.DataFrame:
    """The rows of several blocks that begin alike, in their order. Raises UnreadableBlock.

    A thousand blocks of one row are read so in a tenth of the time that they take one by one. They come as one piece: what looks at a
    thousand chunks of one row takes a hundred times as long.
    """
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
