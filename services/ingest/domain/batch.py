"""Readings of one source, on their way to the log."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from services.ingest.domain.event_columns import SourcePlan
from services.ingest.domain.quarantine import Rejected
from services.ingest.domain.quota import Quota
from services.ingest.domain.source import NO_PROMISE, Promise


@dataclass(frozen=True, slots=True)
class TypedReadings:
    """What one source's part of a batch has become, by one version of its reading type, and what was promised of it."""

    source: str
    reading_type: str
    version: int
    readings: pl.DataFrame
    promise: Promise = NO_PROMISE

    @property
    def count(self) -> int:
        return self.readings.height


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch that has been decoded and mapped; rejections in the order of their events.

    Attributes:
        quotas: of the sources that have one.
    """

    batches: Sequence[TypedReadings]
    rejected: Sequence[Rejected]
    quotas: Mapping[str, Quota] = field(default_factory=dict)

    @property
    def events_by_source(self) -> Mapping[str, int]:
        """How many events each source has sent, as far as they can be told to be of a source."""
        counts = Counter(one.source for one in self.rejected if one.source is not None)
        for batch in self.batches:
            counts[batch.source] += batch.count
        return counts


def typed(plan: SourcePlan, readings: pl.DataFrame) -> TypedReadings:
    """Readings that were made by a source's plan."""
    source, reading_type = plan.source, plan.reading_type
    return TypedReadings(source.name, reading_type.name, reading_type.version, readings, source.promise)
