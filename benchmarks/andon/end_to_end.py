"""Andon end to end, as an operator runs it: `andon run ingest` and `andon run analytics`, from raw events to final KPI values.

SQLite and the embedded defaults of every setting; nothing is tuned but the driver.
"""

import time
from datetime import datetime

import msgspec

from benchmarks.andon.installation import fresh_installation
from benchmarks.broker import Broker
from benchmarks.definitions import INDICATOR
from benchmarks.event_loading import load
from benchmarks.event_set import EventSet
from benchmarks.final_values import Counted, json_reader, wait_for_all
from benchmarks.measurement import Measurement
from benchmarks.process_usage import usage
from shared.events.topics import KPI_VALUES

PART = "end-to-end"


class _Window(msgspec.Struct):
    start: datetime


class _Value(msgspec.Struct):
    indicator: str
    subject: dict[str, str]
    window: _Window
    sample_size: int
    status: str


class _Envelope(msgspec.Struct):
    data: _Value


def run(broker: Broker, events: EventSet, driver: str, *, patience_seconds: float = 1800) -> Measurement:
    """One run, from the start of ingest until the last final value is on the log.

    Raises:
        Incomplete: it ended or took too long before every event was counted.
    """
    load(broker, events)
    with fresh_installation(broker, events, driver) as installation:
        ingest, analytics = installation.process("ingest"), installation.process("analytics")
        try:
            analytics.start()
            before, began = usage([analytics.pid]), time.monotonic()
            ingest.start_without_waiting()
            processes = [ingest.pid, analytics.pid]
            seen = wait_for_all(
                broker,
                installation.topic(KPI_VALUES),
                events=events,
                read=json_reader(_Envelope, _counted),
                alive=lambda: ingest.is_running and analytics.is_running,
                patience_seconds=patience_seconds,
            )
            used, ended = usage(processes).since(before), time.monotonic()
            ingest.stop()  # leaves its group, so that the next run need not wait for this one's session to expire
            analytics.stop()
        finally:
            ingest.kill()
            analytics.kill()
    return Measurement(
        part=PART,
        contender=f"Andon, {driver}",
        case=f"{events.events:,} events, {events.subjects:,} subjects",
        events=events.events,
        wall_seconds=ended - began,
        cpu_seconds=used.cpu_seconds,
        peak_memory_bytes=used.peak_memory_bytes,
        figures={"results": seen.results, "results_replaced": seen.replaced},
    )


def _counted(envelope: _Envelope) -> Counted | None:
    """Of what the events are counted by; the quality of the data, which Andon computes besides, is part of what they cost."""
    value = envelope.data
    if value.status == "provisional" or value.indicator != INDICATOR:
        return None
    return Counted(value.subject["line"], value.window.start, value.sample_size)
