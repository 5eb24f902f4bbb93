"""Frames without rows. Most batches have nothing of most kinds, and to make such a frame takes polars longer than most looks at one."""

from functools import lru_cache

import polars as pl


def empty_frame(schema: pl.Schema) -> pl.DataFrame:
    """The frame of a schema that has no rows: one for all who ask, so nobody changes it in place."""
    return _made(tuple(schema.items()))


@lru_cache(maxsize=100)
def _made(columns: tuple[tuple[str, pl.DataType], ...]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict(columns))
