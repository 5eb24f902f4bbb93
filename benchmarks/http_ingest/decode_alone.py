"""The parts of taking in a body alone, in this process and in memory: what ingest does to it before it makes anything durable."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.andon.installation import define
from benchmarks.definitions import DEFINITIONS
from benchmarks.measurement import Measurement
from services.ingest.adapters.compiled_scan import compile_scan
from services.ingest.adapters.definition_store import CachedCatalogue
from services.ingest.entrypoints.bodies import lines
from services.ingest.use_cases.accept_metric_events import PrepareMetricEvents
from shared.database.engine import Database

PART = "http"
_MOST_EVENT_BYTES = 1024 * 1024


def parts_alone(prepared: Sequence[bytes], batch: int) -> Iterator[Measurement]:
    """From bodies to decoded events, and to finished columns, one body after the other. RuntimeError when an event is refused."""
    with _catalogue() as catalogue:
        prepare, now = PrepareMetricEvents(catalogue), datetime.now(UTC)

        def decoded(body: bytes) -> int:
            return sum(len(part.indices) for part in catalogue.decoder().decode(lines(body)).parts)

        def mapped(body: bytes) -> int:
            return sum(made.count for made in prepare(lines(body), now=now).batches)

        yield _timed("decode alone", decoded, prepared, batch=batch)
        yield _timed("decode and map alone", mapped, prepared, batch=batch)


@contextmanager
def _catalogue() -> Iterator[CachedCatalogue]:
    with TemporaryDirectory() as name:
        define(Path(name), DEFINITIONS)
        database = Database(f"sqlite:///{Path(name) / 'ingest.db'}")
        yield CachedCatalogue(database, most_event_bytes=_MOST_EVENT_BYTES, scan=compile_scan)
        database.close()


def _timed(what: str, take: Callable[[bytes], int], prepared: Sequence[bytes], *, batch: int) -> Measurement:
    take(prepared[0])  # reads the definitions and makes the decoder
    cpu, began = time.process_time(), time.monotonic()
    taken = sum(map(take, prepared))
    used, ended = time.process_time() - cpu, time.monotonic()
    expected = sum(body.count(b"\n") + 1 for body in prepared)
    if taken != expected:
        raise RuntimeError(f"{what}: {taken} of {expected} events came through")
    return Measurement(
        part=PART,
        contender=what,
        case=f"batches of {batch:,}, 1 at a time",
        events=taken,
        wall_seconds=ended - began,
        cpu_seconds=used,
    )
