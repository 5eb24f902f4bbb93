"""Records of `pane-deltas`, whichever stage writes them."""

import polars as pl

from services.analytics.domain.pane import without_empty_sketches
from shared.eventlog.port import MAX_RECORD_BYTES, Headers, NewRecord
from shared.events.blocks import BLOCK_CONTENT_TYPE, encode_block
from shared.events.topics import PANE_DELTAS

_LARGEST_BLOCK = MAX_RECORD_BYTES // 2
_CONTENT = ("content-type", BLOCK_CONTENT_TYPE.encode())


def blocks(rows: pl.DataFrame) -> list[bytes]:
    """One block, or as many as it takes for each to fit into a record."""
    block = encode_block(without_empty_sketches(rows))
    if len(block) <= _LARGEST_BLOCK or rows.height == 1:
        return [block]
    half = rows.height // 2
    return [*blocks(rows.head(half)), *blocks(rows.tail(rows.height - half))]


def pane_delta_record(partition: int, block: bytes, headers: Headers) -> NewRecord:
    """One record to one partition; that it is a block goes without saying."""
    return NewRecord(PANE_DELTAS, block, partition=partition, headers=(_CONTENT, *headers))
