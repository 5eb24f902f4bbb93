"""How soon `andon run` is ready again after kill -9, when the five rules of an indicator remember very many series.

Series, values and what is held of open windows come about by events that are sent; what the rules remember of each series is put
into the database as judging leaves it after some hundred windows.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from benchmarks.andon.installation import data_folder, embedded_process
from benchmarks.definitions import DEFINITIONS
from benchmarks.event_set import EventSet, subject_name
from benchmarks.http_ingest.bare_endpoint import PATH
from benchmarks.http_ingest.senders import Sender, bodies
from benchmarks.latency import folded
from benchmarks.process_usage import usage
from benchmarks.rules.judged_values import CASES
from benchmarks.rules.kept_memories import RULES, fill
from crash.soak.samples import lags
from services.analytics.domain.subject import subject_text
from services.analytics.domain.value_frame import series_of
from shared.database.engine import Database
from tests.support.processes import AndonProcess

_JUDGED = {
    f"rules/{number}": {"indicator": "hourly-yield", **case.fields}
    for number, case in enumerate(case for case in CASES if case.name in RULES)
}
_EVENTS_EACH = 3
_SPAN = timedelta(hours=4)
"""Windows stay open for two hours after their end: one hour closes, three stay open."""
_BATCH = 5_000
_PATIENCE_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Restart:
    """Attributes:
    ready_seconds: from the start of the process until `/readyz` says yes.
    taken_in_seconds: until the first reading that is sent then has been folded and evaluated.
    """

    file_bytes: int
    ready_seconds: float
    ready_cpu_seconds: float
    taken_in_seconds: float
    peak_memory_bytes: int


def measure(series: int) -> Restart:
    """Raises TimeoutError if the events are not taken in within half an hour."""
    events = EventSet(series * _EVENTS_EACH, subjects=series, span=_SPAN)
    with embedded_process({**DEFINITIONS, **_JUDGED}) as process:
        for body in bodies(events, _BATCH):
            _send(process, body)
        _wait(process, events.events)
        process.stop()
        path = data_folder(process) / "analytics.db"
        _remember(path, series)
        process.start()
        process.kill()
        began = time.monotonic()
        process.start()
        ready, ready_cpu = time.monotonic() - began, usage([process.pid]).cpu_seconds
        _send(process, next(bodies(EventSet(events.events + 1, subjects=series, span=_SPAN), 1)))
        _wait(process, 1)
        taken_in = time.monotonic() - began
        used = usage([process.pid])
        return Restart(path.stat().st_size, ready, ready_cpu, taken_in, used.peak_memory_bytes)


def _send(process: AndonProcess, body: bytes) -> None:
    with Sender(process.port) as sender:
        sender.post(PATH, body)


def _wait(process: AndonProcess, count: int) -> None:
    """Until so many readings have been folded since the process started, and no consumer has anything to read."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while folded(process) < count or _lag(process) > 0:
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"{folded(process):,.0f} of {count:,} readings were folded, {_lag(process):,.0f} records wait"
            )
        time.sleep(0.05)


def _lag(process: AndonProcess) -> float:
    records, _ = lags(httpx.get(f"{process.url}/metrics", timeout=60).text)
    return records


def _remember(path: Path, series: int) -> None:
    """Checkpoints of every series, as it is named in the database."""
    subjects = (subject_text({"line": subject_name(number)}) for number in range(series))
    database = Database(f"sqlite:///{path}")
    fill(database, [series_of("hourly-yield", 1, subject) for subject in subjects])
    database.close()
