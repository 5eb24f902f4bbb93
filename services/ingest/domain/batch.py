"""Readings of one source, on their way to the log."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class TypedReadings:
    """What one source's part of a batch has become, by one version of its reading type."""

    source: str
    reading_type: str
    version: int
    readings: pl.DataFrame

    @property
    def count(self) -> int:
        return self.readings.height
