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


def delta_partition(indicator: str, subject: str, partitions: int) -> int:
    """The partition of `pane-deltas` of one indicator and subject; fixed for ever, like the hash of event ids."""
    return xxhash.xxh64_intdigest(f"{indicator}|{subject}".encode()) % partitions


def subject_pairs(subject: Mapping[str, str]) -> list[str]:
    """What the canonical text of a subject contains exactly if it has these values: a name has no quote, a value's are escaped."""
    return [f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}" for name, value in subject.items()]
