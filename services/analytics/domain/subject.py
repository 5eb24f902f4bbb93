"""Subjects as canonical JSON: keys sorted, no spaces, so that no two texts mean the same subject."""

import json
from collections.abc import Mapping, Sequence

import polars as pl
import xxhash

EVERYTHING = "{}"
"""The subject of an indicator that is not broken down."""


def subject_column(columns: Sequence[tuple[str, str]]) -> pl.Expr:
    """The subject of each row.

    Args:
        columns: (dimension, column that holds it).
    """
    if not columns:
        return pl.lit(EVERYTHING)
    return pl.struct(pl.col(column).alias(name) for name, column in sorted(columns)).struct.json_encode()


def subject_text(subject: Mapping[str, str]) -> str:
    """One subject in the same form."""
    return json.dumps(subject, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def delta_partitions(indicators: pl.Series, subjects: pl.Series, partitions: int) -> pl.Series:
    """The partition of `pane-deltas` of each indicator and subject: xxh64 of both, with a bar between them, modulo the number of
    partitions. Fixed for ever, like the hash of event ids.
    """
    texts = (indicators + "|" + subjects).to_list()
    return pl.Series([xxhash.xxh64_intdigest(text.encode()) for text in texts], dtype=pl.UInt64) % partitions


def subject_pairs(subject: Mapping[str, str]) -> list[str]:
    """What the canonical text of a subject contains exactly if it has these values: a name has no quote, a value's are escaped."""
    return [f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}" for name, value in subject.items()]
