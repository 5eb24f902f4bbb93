"""Arrow IPC bytes ↔ frame, in memory, for the two topics that carry columns."""

import io

import polars as pl

BLOCK_CONTENT_TYPE = "application/vnd.apache.arrow.stream"


class UnreadableBlock(Exception):
    """The bytes are not an Arrow IPC stream."""


def encode_block(frame: pl.DataFrame) -> bytes:
    """One Arrow IPC stream, lz4-compressed."""
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="lz4")
    return buffer.getvalue()


def decode_block(value: bytes) -> pl.DataFrame:
    """Raises UnreadableBlock."""
    try:
        return pl.read_ipc_stream(value)
    except (pl.exceptions.PolarsError, OSError, EOFError) as error:
        raise UnreadableBlock(str(error)) from error
