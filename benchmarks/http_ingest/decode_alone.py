"""Decode and map alone, in this process and in memory: what ingest does to a body before it makes anything durable."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.andon.installation import define
from benchmarks.definitions import DEFINITIONS
from benchmarks.measurement import Measurement
from services.ingest.adapters.definition_store import CachedCatalogue
from services.ingest.entrypoints.bodies import lines
from services.ingest.use_cases.accept_metric_events import PrepareMetricEvents
from shared.database.engine import Database

PART = "http"
_MOST_EVENT_BYTES = 1024 * 1024


def decode_and_map(prepared: Sequence[bytes], batch: int) -> Measurement:
    """From bodies to finished columns, one after the other. Raises RuntimeError when an event is refused."""
    with TemporaryDirectory() as name:
        define(Path(name), DEFINITIONS)
        database = Database(f"sqlite:///{Path(name) / 'ingest.db'}")
        prepare = PrepareMetricEvents(CachedCatalogue(database, most_event_bytes=_MOST_EVENT_BYTES))
        now = datetime.now(UTC)
        prepare(lines(prepared[0]), now=now)  # reads the definitions and makes the decoder
        cpu, began = time.process_time(), time.monotonic()
        mapped = sum(made.count for body in prepared for made in prepare(lines(body), now=now).batches)
        used, ended = time.process_time() - cpu, time.monotonic()
        database.close()
    expected = sum(body.count(b"\n") + 1 for body in prepared)
    if mapped != expected:
        raise RuntimeError(f"{mapped} of {expected} events were mapped")
    return Measurement(
        part=PART,
        contender="decode and map alone",
        case=f"batches of {batch:,}, 1 at a time",
        events=mapped,
        wall_seconds=ended - began,
        cpu_seconds=used,
    )
