"""Arrow IPC bytes ↔ frame, in memory, for the two topics that carry columns."""

import io
import json
from typing import Any

import polars as pl

BLOCK_CONTENT_TYPE = "application/vnd.apache.arrow.stream"

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, EOFError)
"""What polars raises for bytes that something has damaged; a panic is no `Exception` and would pass by every handler."""


class UnreadableBlock(Exception):
    """The bytes are not an Arrow IPC stream, or not a Parquet file."""


def encode_block(frame: pl.DataFrame) -> bytes:
    """One Arrow IPC stream, lz4-compressed."""
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="lz4")
    return buffer.getvalue()


def decode_block(value: bytes) -> pl.DataFrame:
    """Raises UnreadableBlock."""
    try:
        return pl.read_ipc_stream(value)
    except _UNREADABLE as error:
        raise UnreadableBlock(str(error)) from error


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
