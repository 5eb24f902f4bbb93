"""How soon Andon is ready again after kill -9, with so many event ids in the horizon.

The ids are put into the database as the fold keeps them, over a year of observed days; the process is `andon run`, embedded.
"""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.andon.installation import data_folder, embedded_process
from benchmarks.broker import Broker
from benchmarks.event_set import EventSet
from benchmarks.http_ingest.bare_endpoint import PATH
from benchmarks.http_ingest.senders import Sender, bodies
from benchmarks.latency import folded
from benchmarks.measurement import Measurement
from benchmarks.process_usage import usage
from benchmarks.size import Size
from services.analytics.adapters.seen_id_store import SqlSeenIds
from services.analytics.domain.fold import NewIds
from shared.database.engine import Database
from shared.runtime.clock import SystemClock
from tests.support.processes import AndonProcess

PART = "restart"
_PARTITIONS = 4
_DAYS = 365
_FIRST_DAY = date(2025, 1, 1)
_SEED = 7
_PATIENCE = 120.0


def measure(broker: Broker, size: Size) -> Iterator[Measurement]:
    del broker  # the embedded log needs none
    for ids in (0, size.ids):
        with embedded_process() as process:
            _take_in(process, EventSet(1_000))
            process.stop()
            _remember(data_folder(process) / "analytics.db", ids)
            process.start()
            process.kill()
            began = time.monotonic()
            process.start()
            ready = time.monotonic() - began
            _take_in(process, EventSet(2_000))
            folded = time.monotonic() - began
            used = usage([process.pid])
        yield Measurement(
            part=PART,
            contender="Andon, all in one, embedded",
            case=f"{ids:,} ids in the horizon",
            events=1,
            wall_seconds=ready,
            cpu_seconds=used.cpu_seconds,
            peak_memory_bytes=used.peak_memory_bytes,
            figures={"ready_seconds": ready, "first_readings_folded_seconds": folded},
        )


def _remember(path: Path, ids: int) -> None:
    """So many ids on each partition, day by day, as many batches would have left them."""
    chance = np.random.default_rng(_SEED)
    database = Database(f"sqlite:///{path}")
    each = ids // _PARTITIONS // _DAYS
    for day in range(_DAYS if each else 0):
        observed = pl.Series("day", [_FIRST_DAY + timedelta(days=day)]).extend_constant(
            _FIRST_DAY + timedelta(days=day), each - 1
        )
        with database.writing() as connection:
            new = [
                NewIds(number, chance.integers(0, 2**64, each, dtype=np.uint64), observed)
                for number in range(_PARTITIONS)
            ]
            SqlSeenIds(connection).add(new, SystemClock().now())
    database.close()


def _take_in(process: AndonProcess, events: EventSet) -> None:
    """Send events and wait until they have been folded. Raises TimeoutError."""
    before = folded(process)
    with Sender(process.port) as sender:
        for body in bodies(events, events.events):
            sender.post(PATH, body)
    deadline = time.monotonic() + _PATIENCE
    while folded(process) < before + events.events:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{folded(process):,.0f} readings were folded")
        time.sleep(0.02)
