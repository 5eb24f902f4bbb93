"""Readings of one source, on their way to the log."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from services.ingest.domain.decode import SourcePlan
from services.ingest.domain.quarantine import Rejected


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch that has been decoded and mapped; rejections in the order of their events."""

    batches: Sequence[TypedReadings]
    rejected: Sequence[Rejected]


def typed(plan: SourcePlan, readings: pl.DataFrame) -> TypedReadings:
    """Readings that were made by a source's plan."""
    return TypedReadings(plan.source.name, plan.reading_type.name, plan.reading_type.version, readings)
