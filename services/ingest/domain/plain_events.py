"""Plainly written events of one source, read by columns; the others are left to be read one by one."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from services.ingest.domain import plain_json as form
from services.ingest.domain.plain_table import Path, PlainTable
from shared.runtime.joined_texts import ChainedTexts, JoinedTexts

WORTH_A_SCAN = 200
"""Fewer events are decoded sooner one by one."""

_JOINED = (JoinedTexts, ChainedTexts)

Scan = Callable[[form.Bytes, form.Rows, form.Rows, form.Bytes, form.Numbers, form.Moments, form.Marks], None]
"""`plain_json.scan`, compiled."""


@dataclass(frozen=True, slots=True)
class PlainColumns:
    """What was read of the events that are plain.

    Attributes:
        indices: of these events, ascending.
        others: the indices of those that are not plain.
        texts: all that are read as text, and the times where they could not be read.
        times: observed, as microseconds since 1970 in UTC; None where one of them is not written as RFC 3339 has it.
    """

    indices: Sequence[int]
    others: Sequence[int]
    texts: dict[Path, pl.Series]
    numbers: dict[Path, pl.Series]
    times: pl.Series | None


def read_plain(scan: Scan, table: PlainTable, originals: Sequence[bytes], *, most_bytes: int) -> PlainColumns | None:
    """Read those that are plain; None where the bytes of them all are no UTF-8.

    Args:
        most_bytes: a longer event is not plain.
    """
    count = len(originals)
    pieces: Iterable[bytes | memoryview] = originals.pieces if isinstance(originals, _JOINED) else originals
    lengths = _lengths(originals)
    joined = b"\n".join((b"", table.names, *pieces, b""))
    if not _is_utf8(joined):
        return None
    ends = np.cumsum(lengths + np.uint64(1), dtype=np.uint64) + table.rows[form.ROOT, form.PLACE] - np.uint64(1)
    rows, starts = table.rows.copy(), [len(joined) * number for number in range(len(table.texts))]
    rows[list(table.texts.values()), form.PLACE] = starts
    texts = np.empty(len(joined) * len(table.texts), dtype=np.uint8)
    numbers = np.full((len(table.numbers), count), np.nan)
    times, plain = np.full(count, form.NO_TIME), np.empty(count, dtype=np.bool_)
    scan(np.frombuffer(joined, dtype=np.uint8), ends, rows, texts, numbers, times, plain)
    plain &= lengths <= most_bytes
    are_timed = not (times[plain] == form.NO_TIME).any()
    columns = {
        path: texts[start : rows[row, form.PLACE] - np.uint64(1)].tobytes()
        for start, (path, row) in zip(starts, table.texts.items(), strict=True)
        if not (are_timed and path == table.time)
    }
    found = PlainColumns(
        range(count),
        (),
        dict(zip(columns, _split(columns.values()), strict=True)),
        {path: pl.Series(numbers[row], nan_to_null=True) for path, row in table.numbers.items()},
        pl.Series(times) if are_timed else None,
    )
    return found if plain.all() else _of_plain(found, plain)


def _lengths(texts: Sequence[bytes]) -> form.Rows:
    if isinstance(texts, _JOINED):
        return texts.lengths.astype(np.uint64)
    return np.fromiter(map(len, texts), dtype=np.uint64, count=len(texts))


def _of_plain(found: PlainColumns, plain: form.Marks) -> PlainColumns:
    mask = pl.Series(plain)
    return PlainColumns(
        np.flatnonzero(plain).tolist(),
        np.flatnonzero(~plain).tolist(),
        {path: column.filter(mask) for path, column in found.texts.items()},
        {path: column.filter(mask) for path, column in found.numbers.items()},
        None if found.times is None else found.times.filter(mask),
    )


def _is_utf8(text: bytes) -> bool:
    """A text that is cut off in the middle of a letter is none, although another might begin with the rest of it: a newline is between."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _split(columns: Collection[bytes]) -> list[pl.Series]:
    """Columns of texts from their lines; all in one call, each of which takes as long as thousands of lines."""
    lines = pl.Series([column.decode() for column in columns]).str.split("\n")
    return [lines[number] for number in range(len(columns))]
