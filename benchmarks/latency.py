"""From an accepted event to an open issue: how long a person waits to see what a breach has set off.

A probe is one request with a reading far below target and the readings, an hour of event time later, that close its window. The
clock starts when the answer 202 has arrived, and stops when `GET /v1/issues` shows the issue. All four services run in one process.
"""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx
import numpy as np

from benchmarks.andon.installation import embedded_process, kafka_process
from benchmarks.broker import Broker
from benchmarks.definitions import DEFINITIONS
from benchmarks.event_set import BEGINNING, EventSet
from benchmarks.http_ingest.bare_endpoint import PATH
from benchmarks.http_ingest.senders import Sender, bodies
from benchmarks.measurement import Measurement
from benchmarks.process_usage import usage
from benchmarks.size import Size
from shared.events.readings import identity_hash
from tests.support.processes import AndonProcess

PART = "latency"
PARTITIONS = 4
PROBED = {
    **DEFINITIONS,
    "sources/probe": {
        "reading_type": "probe",
        "event_types": ["probe"],
        "dimensions": {"line": "data.line"},
        "measures": {"inspected": "data.total", "passed": "data.passed"},
        "horizon": "unlimited",
    },
    "reading-types/probe": {
        "dimensions": ["line"],
        "measures": {"inspected": {"unit": "1"}, "passed": {"unit": "1"}},
    },
    "indicators/probe-yield": {
        "title": {"en": "Probe yield"},
        "reading_type": "probe",
        "formula": {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
        "by": ["line"],
        "window": {"kind": "tumbling", "every": "hour"},
        "direction": "higher_is_better",
        "minimum_sample": 1,
        "allowed_lateness": "PT0S",
    },
    "rules/probe-below": {
        "indicator": "probe-yield",
        "kind": "target",
        "comparator": ">=",
        "target": 0.9,
        "severity": "major",
        "opens_issue": True,
    },
}
_WARM_UP = 5
_BATCH = 1_000
_CALIBRATION = 30_000
_LOAD_EVENTS = 500_000
_POLL_SECONDS = 0.01
_PATIENCE = 30.0


def measure(broker: Broker, size: Size) -> Iterator[Measurement]:
    definitions = {path: PROBED[path] for path in sorted(PROBED, key=_definition_order)}
    running = {
        "embedded": embedded_process(definitions),
        "Kafka, librdkafka": kafka_process(broker, definitions, "librdkafka"),
        "Kafka, kafka-python": kafka_process(broker, definitions, "kafka-python"),
    }
    for name, start in running.items():
        with start as process:
            probes = _probes()
            for _ in range(_WARM_UP):
                _probe(process, next(probes))
            yield _measured(name, "idle", process, probes=probes, seconds=size.latency_seconds)
            pace = _capacity(process) / 2
            with _load(process, pace):
                yield _measured(name, "half load", process, probes=probes, seconds=size.latency_seconds, pace=pace)


def _definition_order(path: str) -> int:
    return ("reading-types", "sources", "indicators", "rules").index(path.split("/", maxsplit=1)[0])


def _measured(
    name: str, case: str, process: AndonProcess, *, probes: Iterator[int], seconds: float, pace: float = 0.0
) -> Measurement:
    waits: list[float] = []
    before, began = usage([process.pid]), time.monotonic()
    while time.monotonic() - began < seconds:
        waits.append(_probe(process, next(probes)))
        time.sleep(0.05)
    ended, used = time.monotonic(), usage([process.pid]).since(before)
    middle, late = np.percentile(waits, [50, 99])
    return Measurement(
        part=PART,
        contender=f"Andon, all in one, {name}",
        case=case,
        events=len(waits),
        wall_seconds=ended - began,
        cpu_seconds=used.cpu_seconds,
        peak_memory_bytes=used.peak_memory_bytes,
        figures={"p50_seconds": float(middle), "p99_seconds": float(late), "load_events_per_second": pace},
    )


def _probes() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def _probe(process: AndonProcess, number: int) -> float:
    """Seconds from the answer to the issue. Raises TimeoutError."""
    line, start = f"P{number:06d}", BEGINNING + timedelta(hours=2 * number)
    breach = _reading(f"{line}-0", start, line=line, passed=10)
    later = start + timedelta(hours=1)
    closing = [_reading(one, later, line="closer", passed=100) for one in _ids_on_every_partition(line)]
    body = "\n".join([breach, *closing]).encode()
    httpx.post(process.url + PATH, content=body, headers={"content-type": "application/x-ndjson"}).raise_for_status()
    accepted = time.monotonic()
    with httpx.Client(base_url=process.url) as client:
        while not client.get("/v1/issues", params={"subject.line": line}).json()["items"]:
            if time.monotonic() - accepted > _PATIENCE:
                raise TimeoutError(f"no issue for {line} within {_PATIENCE:g} s")
            time.sleep(_POLL_SECONDS)
    return time.monotonic() - accepted


def _reading(event_id: str, at: datetime, *, line: str, passed: int) -> str:
    data = {"line": line, "total": 100, "passed": passed}
    event = {"specversion": "1.0", "id": event_id, "source": "probe", "type": "probe", "time": at.isoformat()}
    return json.dumps({**event, "data": data})


def _ids_on_every_partition(line: str) -> list[str]:
    """One event id for each partition of `readings`, so that the source's watermark moves on all of them."""
    found: dict[int, str] = {}
    number = 1
    while len(found) < PARTITIONS:
        event_id = f"{line}-{number}"
        found.setdefault(identity_hash("probe", event_id) % PARTITIONS, event_id)
        number += 1
    return list(found.values())


def _capacity(process: AndonProcess) -> float:
    """Events a second, taken in and folded, once what a first large batch sets going (the compiled scan is loaded) is over."""
    batches = list(bodies(EventSet(2 * _CALIBRATION), _BATCH))
    half = len(batches) // 2
    _take_in(process, batches[:half])
    return _CALIBRATION / _take_in(process, batches[half:])


def _take_in(process: AndonProcess, batches: Sequence[bytes]) -> float:
    """Send bodies one after the other; returns the seconds until the fold has seen them."""
    began, wanted = time.monotonic(), folded(process) + len(batches) * _BATCH
    with Sender(process.port) as sender:
        for body in batches:
            sender.post(PATH, body)
    while folded(process) < wanted:
        if time.monotonic() - began > 10 * _PATIENCE:
            raise TimeoutError("the calibration was not folded")
        time.sleep(0.05)
    return time.monotonic() - began


def folded(process: AndonProcess) -> float:
    """Readings that the fold has seen since the process started, copies included."""
    metrics = httpx.get(f"{process.url}/metrics", timeout=60).text.splitlines()
    return sum(float(line.split()[-1]) for line in metrics if line.startswith("andon_analytics_readings_total{"))


@contextmanager
def _load(process: AndonProcess, pace: float) -> Iterator[None]:
    """Batches of a thousand at so many events a second, until the block is left. Fails when a request does."""
    stopping, failed = threading.Event(), list[Exception]()

    def send() -> None:
        due = time.monotonic()
        try:
            with Sender(process.port) as sender:
                for body in bodies(EventSet(_LOAD_EVENTS), _BATCH):
                    due += _BATCH / pace
                    if stopping.wait(max(0.0, due - time.monotonic())):
                        return
                    sender.post(PATH, body)
        except (OSError, RuntimeError) as error:
            failed.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
    if failed:
        raise failed[0]
