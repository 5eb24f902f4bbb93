"""Quantile sketches as bytes, as panes keep them: about two bytes for each bin.

A sketch is a sequence of whole numbers, each as a variable-length integer (seven bits to a byte, the lowest first, the high bit
set while more follow): level, number of bins, the first bin as an unsigned number (0, -1, 1, -2, … as 0, 1, 2, 3, …), how far
each further bin is from the one before it, and the counts.
"""

from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from services.analytics.domain.sketch import SKETCH

Numbers: TypeAlias = npt.NDArray[np.int64]
_MOST_BYTES = 9
"""Of a number below 2**63."""


def encode_sketches(sketches: pl.Series) -> pl.Series:
    """Null stays null."""
    fields = sketches.drop_nulls().struct
    if sketches.null_count() == len(sketches):
        return pl.Series(sketches.name, [None] * len(sketches), dtype=pl.Binary)
    lengths = fields.field("bins").list.len().to_numpy().astype(np.int64)
    bins = fields.field("bins").explode().to_numpy().astype(np.int64)
    starts = _starts(2 + 2 * lengths)
    numbers = np.empty(int((2 + 2 * lengths).sum()), dtype=np.int64)
    numbers[starts], numbers[starts + 1] = fields.field("level").to_numpy(), lengths
    at_bins = _places(starts, lengths)
    numbers[at_bins] = _steps(bins, _starts(lengths))
    numbers[at_bins + np.repeat(lengths, lengths)] = fields.field("counts").explode().to_numpy()
    written, ends = _to_bytes(numbers)
    bounds = [0, *ends[starts[1:] - 1].tolist(), written.size]
    blobs = iter(written[start:end].tobytes() for start, end in pairwise(bounds))
    found = [next(blobs) if present else None for present in sketches.is_not_null().to_list()]
    return pl.Series(sketches.name, found, dtype=pl.Binary)


def decode_sketches(blobs: pl.Series) -> pl.Series:
    """Null stays null."""
    present = blobs.drop_nulls().to_list()
    if not present:
        return pl.Series(blobs.name, [None] * len(blobs), dtype=SKETCH)
    written = np.frombuffer(b"".join(present), dtype=np.uint8)
    numbers, numbers_by_byte = _from_bytes(written)
    ends = numbers_by_byte[np.cumsum([len(blob) for blob in present]) - 1]
    starts = np.concatenate([[0], ends[:-1]])
    levels, lengths = numbers[starts], numbers[starts + 1]
    at_bins = _places(starts, lengths)
    bins, counts = _bins(numbers[at_bins], lengths), numbers[at_bins + np.repeat(lengths, lengths)]
    places = np.repeat(blobs.is_not_null().arg_true().to_numpy(), lengths)
    rows = pl.DataFrame({"place": places, "level": np.repeat(levels, lengths), "bins": bins, "counts": counts})
    lists = rows.group_by("place", maintain_order=True).agg(pl.col("level").first(), "bins", "counts")
    sketches = lists.select("place", pl.struct("level", "bins", "counts").cast(SKETCH).alias(blobs.name))
    every = pl.DataFrame({"place": np.arange(len(blobs))}, schema={"place": sketches.schema["place"]})
    return every.join(sketches, on="place", how="left", maintain_order="left")[blobs.name]


def _starts(lengths: Numbers) -> Numbers:
    return np.cumsum(lengths) - lengths


def _places(starts: Numbers, lengths: Numbers) -> Numbers:
    """Of all bins, one sketch after the other, where they stand among the numbers."""
    return np.repeat(starts + 2 - _starts(lengths), lengths) + np.arange(int(lengths.sum()))


def _steps(bins: Numbers, firsts: Numbers) -> Numbers:
    steps = np.diff(bins, prepend=0)
    steps[firsts] = np.where(bins[firsts] < 0, -2 * bins[firsts] - 1, 2 * bins[firsts])
    return steps


def _bins(steps: Numbers, lengths: Numbers) -> Numbers:
    firsts = _starts(lengths)
    unsigned = steps[firsts]
    steps[firsts] = np.where(unsigned % 2 == 1, -(unsigned + 1) // 2, unsigned // 2)
    sums = np.cumsum(steps)
    return sums - np.repeat(sums[firsts] - steps[firsts], lengths)


def _to_bytes(numbers: Numbers) -> tuple[npt.NDArray[np.uint8], Numbers]:
    """The bytes of all numbers, and where each number ends."""
    sizes = np.ones(numbers.size, dtype=np.int64)
    for count in range(1, _MOST_BYTES):
        sizes += numbers >= 1 << 7 * count
    ends = np.cumsum(sizes)
    written = np.empty(int(ends[-1]), dtype=np.uint8)
    for place in range(_MOST_BYTES):
        has = sizes > place
        more = np.where(sizes[has] > place + 1, 0x80, 0)
        written[(ends - sizes)[has] + place] = numbers[has] >> 7 * place & 0x7F | more
    return written, ends


def _from_bytes(written: npt.NDArray[np.uint8]) -> tuple[Numbers, Numbers]:
    """All numbers, and for each byte how many numbers have ended with it."""
    ended = np.cumsum(written < 0x80, dtype=np.int64)
    ends = np.flatnonzero(written < 0x80) + 1
    starts = np.concatenate([[0], ends[:-1]])
    numbers = np.zeros(ends.size, dtype=np.int64)
    for place in range(_MOST_BYTES):
        has = ends - starts > place
        numbers[has] |= (written[starts[has] + place] & 0x7F).astype(np.int64) << 7 * place
    return numbers, ended
