"""Andon stage by stage, each in a process of its own, one after the other: what each costs per event when it has a core."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.andon.installation import Installation, fresh_installation
from benchmarks.broker import Broker
from benchmarks.event_loading import load
from benchmarks.event_set import EventSet
from benchmarks.measurement import Measurement, steady_state
from benchmarks.size import Size
from shared.events.topics import TOPICS
from shared.process.frame_engine import ONE_THREAD
from tests.support.kafka_server import REPOSITORY

PART = "stages"
DRIVERS = ("librdkafka", "kafka-python")
_AT_MOST_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Stage:
    """Some activities of a service that do one thing together."""

    name: str
    service: str
    activities: tuple[str, ...]


RAW_TO_BLOCKS = Stage("raw events → blocks", "ingest", ("ingest.raw", "ingest.compile"))
FOLD = Stage("blocks → deltas", "analytics", ("analytics.readings", "analytics.outbox"))
BLOCKS_TO_VALUES = Stage(
    "blocks → KPI values", "analytics", ("analytics.readings", "analytics.pane-deltas", "analytics.outbox")
)
STAGES = (RAW_TO_BLOCKS, FOLD, BLOCKS_TO_VALUES)
"""The last two begin with the same blocks. Evaluation by itself is their difference: run alone, after a fold that is through, it
would compute all of a new indicator's history from the readings that are kept."""


def measure(broker: Broker, size: Size) -> Iterator[Measurement]:
    """The slope of each stage, for each driver."""
    for driver in DRIVERS:
        small, large = (_all_stages(broker, EventSet(events), driver) for events in (size.small, size.large))
        for few, many in zip(small, large, strict=True):
            yield few
            yield many
            slope = steady_state(few, many)
            if slope is not None:
                yield slope


def _all_stages(broker: Broker, events: EventSet, driver: str) -> list[Measurement]:
    load(broker, events)
    with fresh_installation(broker, events, driver) as installation:
        raw = run_stage(installation, RAW_TO_BLOCKS)
        with _undone(installation):
            fold = run_stage(installation, FOLD)
        return [raw, fold, run_stage(installation, BLOCKS_TO_VALUES)]


@contextmanager
def _undone(installation: Installation) -> Iterator[None]:
    """Whatever analytics does in the block has not happened afterwards: its database and topics are as before."""
    kept = installation.folder.with_suffix(".kept")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(installation.folder, kept)
    try:
        yield
    finally:
        shutil.rmtree(installation.folder)
        kept.rename(installation.folder)
        installation.broker.delete([installation.topic(one.name) for one in TOPICS if one.owner == "analytics"])


def run_stage(installation: Installation, stage: Stage) -> Measurement:
    """Run one stage until it has nothing left to do. Raises RuntimeError when its process fails."""
    command = [sys.executable, "-m", "benchmarks.andon.stage_process", stage.service, *stage.activities]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**ONE_THREAD, **os.environ, **installation.environment()},
        capture_output=True,
        text=True,
        timeout=_AT_MOST_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{stage.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Measurement(
        part=PART,
        contender=f"Andon, {installation.driver}: {stage.name}",
        case=f"{installation.events.events:,} events",
        events=installation.events.events,
        wall_seconds=found["wall"],
        cpu_seconds=found["cpu"],
        peak_memory_bytes=found["peak_memory_bytes"],
    )
