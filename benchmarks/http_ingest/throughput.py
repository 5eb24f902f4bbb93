"""Ingest over HTTP beside its parts alone: decoding, and mapping, the same bodies, and an endpoint that only reads them.

`andon run ingest` on the broker is ingest by itself; `andon run` is all four services in one process on the embedded log, which
fold what they take in at the same time.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from benchmarks.andon.installation import embedded_process, fresh_installation
from benchmarks.broker import Broker
from benchmarks.event_set import EventSet
from benchmarks.http_ingest.bare_endpoint import PATH
from benchmarks.http_ingest.decode_alone import parts_alone
from benchmarks.http_ingest.senders import bodies, send_all
from benchmarks.measurement import Measurement
from benchmarks.process_usage import usage
from benchmarks.size import Size
from tests.support.kafka_server import REPOSITORY, free_port

PART = "http"
BATCHES = (1, 10, 100, 1_000, 10_000)
SENDERS = (1, 8)
_LEAST_REQUESTS = 16
_MOST_REQUESTS = 4_000


@dataclass(frozen=True, slots=True)
class _Server:
    name: str
    port: int
    pid: int


def measure(broker: Broker, size: Size) -> Iterator[Measurement]:
    for batch in BATCHES:
        yield from parts_alone(_prepared(size, batch), batch)
    with _bare() as server:
        yield from _all_batches(server, size)
    events = EventSet(size.http_events)
    for driver in ("librdkafka", "kafka-python"):
        with fresh_installation(broker, events, driver) as installation, installation.process("ingest") as process:
            yield from _all_batches(_Server(f"Andon ingest, {driver}", process.port, process.pid), size)
    with embedded_process() as process:
        yield from _all_batches(_Server("Andon, all in one, embedded", process.port, process.pid), size)


def _all_batches(server: _Server, size: Size) -> Iterator[Measurement]:
    _send(server, EventSet(1_000), batch=100, senders=1)  # the first requests import, connect and warm up
    for batch in BATCHES:
        for senders in SENDERS:
            yield _send(server, _amount(size, batch), batch=batch, senders=senders)


def _amount(size: Size, batch: int) -> EventSet:
    """Fewer events in small batches, which cost more each; never fewer than some requests for each sender."""
    events = min(size.http_events, batch * _MOST_REQUESTS)
    return EventSet(max(events, batch * _LEAST_REQUESTS))


def _prepared(size: Size, batch: int) -> Sequence[bytes]:
    return list(bodies(_amount(size, batch), batch))


def _send(server: _Server, events: EventSet, *, batch: int, senders: int) -> Measurement:
    prepared = list(bodies(events, batch))
    before, began = usage([server.pid]), time.monotonic()
    accepted = send_all(prepared, port=server.port, path=PATH, senders=senders)
    used, ended = usage([server.pid]).since(before), time.monotonic()
    if accepted != events.events:
        raise RuntimeError(f"{server.name}: {accepted} of {events.events} events were accepted")
    return Measurement(
        part=PART,
        contender=server.name,
        case=f"batches of {batch:,}, {senders} at a time",
        events=events.events,
        wall_seconds=ended - began,
        cpu_seconds=used.cpu_seconds,
        peak_memory_bytes=used.peak_memory_bytes,
        figures={"requests_per_second": len(prepared) / (ended - began)},
    )


@contextmanager
def _bare() -> Iterator[_Server]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.http_ingest.bare_endpoint", str(port)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        try:
            _wait_until_ready(port)
            yield _Server("an endpoint that only reads the body", port, process.pid)
        finally:
            process.kill()


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/readyz")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the bare endpoint did not start")
