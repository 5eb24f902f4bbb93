"""Analytics by itself on a log in memory: blocks of readings in, its HTTP interface and its topics out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from services.analytics.bootstrap import AnalyticsSettings, build
from shared.eventlog.port import NewRecord
from shared.events.blocks import encode_block
from shared.events.envelope import Envelope, decode, encode
from shared.events.readings import (
    FIXED_COLUMNS,
    READING_TYPE_HEADER,
    READING_TYPE_VERSION_HEADER,
    dimension_column,
    identity_hash,
    measure_column,
)
from shared.events.topics import READINGS
from shared.process.platform import Platform
from shared.process.service import Service
from tests.support.service_alone import START, Data, ServiceAlone

__all__ = ["START", "Alone", "Inspection", "Revision", "alone"]


@dataclass(frozen=True)
class Inspection:
    """One reading of the type `inspection`."""

    id: str
    at: datetime
    line: str
    passed: float
    inspected: float
    source: str = "mes-7"


@dataclass(frozen=True)
class Revision:
    """What a source says later about one of its events; `corrected` is None for a retraction."""

    id: str
    at: datetime
    event_id: str
    corrected: Inspection | None = None
    source: str = "mes-7"


class Alone(ServiceAlone):
    """Analytics, its log and its clock."""

    def events(self, topic: str, data: type[Data]) -> list[tuple[str, Data]]:
        """What is published, without what is told of the indicators that exist from the start."""
        read = [(msgspec.json.decode(record.value)["subject"], record.value) for record in self.records(topic)]
        own = [decode(value, data) for subject, value in read if not subject.startswith("andon-")]
        return [(envelope.type, envelope.data) for envelope in own]

    def own_indicators(self, query: str = "") -> list[dict[str, Any]]:
        """The indicators that were defined; without those that exist from the start."""
        return [item for item in self.get(f"indicators?{query}")["items"] if not item["built_in"]]

    def values(self, indicator: str, query: str = "") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(f"indicators/{indicator}/values?limit=1000&{query}")["items"]
        return items

    def anomalies(self, query: str = "") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(f"anomalies?{query}")["items"]
        return items

    def send(self, readings: Sequence[Inspection], *, settle: bool = True) -> None:
        """Append one block per partition, as ingest does, and let everything happen."""
        partitions = self.log.partition_count(READINGS)
        parts: dict[int, list[Inspection]] = {}
        for reading in readings:
            parts.setdefault(identity_hash(reading.source, reading.id) % partitions, []).append(reading)
        headers = ((READING_TYPE_HEADER, b"inspection"), (READING_TYPE_VERSION_HEADER, b"1"))
        self.log.append(
            [
                NewRecord(READINGS, encode_block(_block(part)), partition=number, headers=headers)
                for number, part in parts.items()
            ]
        )
        if settle:
            self.settle()

    def revise(self, revisions: Sequence[Revision], *, settle: bool = True) -> None:
        """Append corrections and retractions, as ingest does."""
        partitions = self.log.partition_count(READINGS)
        headers = ((READING_TYPE_HEADER, b"inspection"), (READING_TYPE_VERSION_HEADER, b"1"))
        for revision in revisions:
            number = identity_hash(revision.source, revision.event_id) % partitions
            self.log.append([NewRecord(READINGS, encode_block(_revision(revision)), partition=number, headers=headers)])
        if settle:
            self.settle()

    def publish_event(self, topic: str, event: Envelope[Any]) -> None:
        """What another service would publish, by a producer that numbers nothing."""
        self.log.append([NewRecord(topic, encode(event), key=event.subject.encode())])
        self.settle()


@contextmanager
def alone(folder: Path, **settings: Any) -> Iterator[Alone]:
    """Analytics on SQLite in `folder`, its clock standing at START; settings as given, else by default."""

    def made(platform: Platform) -> Service:
        return build(AnalyticsSettings.read().model_copy(update=settings), platform)

    with Alone.running(made, folder) as running:
        yield running


def _block(readings: Sequence[Inspection]) -> pl.DataFrame:
    fixed = pl.DataFrame(
        {
            "event_id": [reading.id for reading in readings],
            "id_hash": [identity_hash(reading.source, reading.id) for reading in readings],
            "source": [reading.source for reading in readings],
            "observed_at": [reading.at for reading in readings],
        },
        schema=FIXED_COLUMNS,
    )
    return fixed.with_columns(
        pl.Series(dimension_column("line"), [reading.line for reading in readings], dtype=pl.String),
        pl.Series(measure_column("passed"), [reading.passed for reading in readings], dtype=pl.Float64),
        pl.Series(measure_column("inspected"), [reading.inspected for reading in readings], dtype=pl.Float64),
    )


def _revision(revision: Revision) -> pl.DataFrame:
    facts = [
        pl.lit(revision.at, dtype=pl.Datetime("us", "UTC")).alias("revised_at"),
        pl.lit(revision.id).alias("revision_id"),
    ]
    if revision.corrected is not None:
        return _block([revision.corrected]).with_columns(*facts, pl.lit(value=False).alias("retracted"))
    of_event = {
        "event_id": revision.event_id,
        "id_hash": identity_hash(revision.source, revision.event_id),
        "source": revision.source,
        "observed_at": None,
    }
    frame = pl.DataFrame([of_event], schema=FIXED_COLUMNS)
    return frame.with_columns(*facts, pl.lit(value=True).alias("retracted"))
