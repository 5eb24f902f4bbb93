"""Readings of one type and version, on their way to the log."""

from dataclasses import dataclass

from services.ingest.domain.mapping import Mapped


@dataclass(frozen=True, slots=True)
class TypedReadings:
    """What one source's part of a batch has become."""

    reading_type: str
    version: int
    mapped: Mapped

    @property
    def count(self) -> int:
        return self.mapped.readings.height
