"""A process that runs chosen activities of one service, and nothing else, until there is nothing left to do.

    python -m benchmarks.andon.stage_process analytics analytics.readings analytics.outbox

It steps what `andon run` steps, each in a thread, without the HTTP interface, and prints as JSON what that cost, from its first
step to the last one that found work.
"""

import json
import random
import resource
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from services.targets import build_service
from shared.eventlog.factory import LogChoice, open_log
from shared.process.garbage_collection import collect_less_often
from shared.process.platform import Platform
from shared.runtime.clock import SystemClock
from shared.runtime.component import Activity
from shared.runtime.identifiers import SortableIds
from shared.runtime.settings import ProcessSettings

QUIET_SECONDS = 6.0
"""No activity has found work for so long: the stage is through. Longer than a broker takes to form a group."""
_START_SECONDS = 60.0


@dataclass
class _Work:
    """When work was last found, and what had been used by then."""

    began: float = field(default_factory=time.monotonic)
    cpu_before: float = field(default_factory=time.process_time)
    ended: float = 0.0
    cpu: float = 0.0

    def found(self) -> None:
        self.ended, self.cpu = time.monotonic(), time.process_time()

    @property
    def is_over(self) -> bool:
        now = time.monotonic()
        return now - self.ended > QUIET_SECONDS if self.ended else now - self.began > _START_SECONDS

    def as_json(self) -> dict[str, float]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return {"wall": self.ended - self.began, "cpu": self.cpu - self.cpu_before, "peak_memory_bytes": peak}


def main(service_name: str, chosen: Sequence[str]) -> None:
    settings = ProcessSettings.read()
    clock = SystemClock()
    platform = _platform(settings, clock)
    service = build_service(service_name, platform)
    service.start()
    activities = [activity for activity in service.activities if activity.stepper.name in chosen]
    if len(activities) != len(chosen):
        raise SystemExit(f"{service_name} has {[activity.stepper.name for activity in service.activities]}")
    collect_less_often()
    work = _run(activities, clock)
    service.stop()
    platform.log.close()
    print(json.dumps(work.as_json()))


def _run(activities: Sequence[Activity], clock: SystemClock) -> _Work:
    """Raises what an activity raises."""
    work, stopping = _Work(), threading.Event()
    with ThreadPoolExecutor(len(activities)) as threads:
        driven = [threads.submit(_drive, one, work=work, clock=clock, stopping=stopping) for one in activities]
        while not work.is_over and not any(one.done() for one in driven):
            time.sleep(0.1)
        stopping.set()
    for one in driven:
        one.result()
    return work


def _drive(activity: Activity, *, work: _Work, clock: SystemClock, stopping: threading.Event) -> None:
    while not stopping.is_set():
        if activity.stepper.step(clock.now()):
            work.found()
        else:
            stopping.wait(activity.rest.total_seconds())


def _platform(settings: ProcessSettings, clock: SystemClock) -> Platform:
    ids = SortableIds(clock, random.SystemRandom())
    choice = LogChoice(
        kind=settings.log,
        folder=settings.data_dir / "log",
        bootstrap_servers=settings.kafka_bootstrap_servers,
        topic_prefix=settings.kafka_topic_prefix,
    )
    log = open_log(choice, clock=clock, ids=ids)
    return Platform(clock=clock, ids=ids, log=log, registry=CollectorRegistry(), data_dir=settings.data_dir)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
