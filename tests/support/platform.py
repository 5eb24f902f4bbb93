"""All four services in one thread: a fixed clock, predictable ids, and steps taken only when a test takes them."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from services.targets import ALL, build_service
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import EventLog, LogUnavailable
from shared.process.platform import Platform
from shared.process.service import UNAVAILABLE_ERRORS, Service
from shared.runtime.clock import FixedClock
from shared.runtime.component import Stepper
from shared.runtime.identifiers import CountingIds
from shared.web.application import Surroundings, create_application
from tests.support.inspection_plant import DEFINITIONS, ndjson

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
_MOST_ROUNDS = 500


@dataclass
class OneThread:
    """The four services and everything that moves them."""

    clock: FixedClock
    log: EventLog
    services: Sequence[Service]
    http: TestClient

    def steppers(self) -> list[Stepper]:
        return [activity.stepper for service in self.services for activity in service.activities]

    def settle(self, order: random.Random | None = None) -> None:
        """Step every activity, in an order that may be drawn by lot, until none has anything left to do."""
        for _ in range(_MOST_ROUNDS):
            steppers = self.steppers()
            if order is not None:
                order.shuffle(steppers)
            moved = [stepper.step(self.clock.now()) for stepper in steppers]
            if not any(moved):
                return
        raise AssertionError(f"not quiet after {_MOST_ROUNDS} rounds")

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.settle()

    def define(self, definitions: Mapping[str, Any] = DEFINITIONS) -> None:
        for path, body in definitions.items():
            answer = self.http.put(f"/v1/{path}", json=body)
            assert answer.status_code in (200, 201), f"{path}: {answer.text}"

    def post_events(self, batch: Sequence[Mapping[str, Any]]) -> httpx.Response:
        answer: httpx.Response = self.http.post(
            "/v1/metric-events",
            content=ndjson(dict(event) for event in batch),
            headers={"content-type": "application/x-ndjson"},
        )
        return answer

    def send(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """Send a batch; a server that asks to repeat is reported as the log being away."""
        answer = self.post_events(batch)
        if answer.status_code == 503:
            raise LogUnavailable(answer.text)
        assert answer.status_code == 202, answer.text

    def get(self, path: str) -> Any:
        return self.http.get(path)

    def restart(self) -> None:
        """Stop every service and start it again: what was only in memory is gone."""
        for service in reversed(self.services):
            service.stop()
        for service in self.services:
            service.start()


@contextmanager
def one_thread(folder: Path, log_type: Callable[..., EventLog] = MemoryLog) -> Iterator[OneThread]:
    """Four services on a log, one in memory if nothing else is said, and SQLite files in `folder`.

    Args:
        log_type: called with `clock` and `ids`.
    """
    clock, ids, registry = FixedClock(START), CountingIds(), CollectorRegistry()
    log = log_type(clock=clock, ids=ids)
    platform = Platform(clock=clock, ids=ids, log=log, registry=registry, data_dir=folder, poll_wait=timedelta(0))
    services = [build_service(name, platform) for name in ALL]
    for service in services:
        service.start()
    surroundings = Surroundings(ids=ids, registry=registry, unavailable=UNAVAILABLE_ERRORS, log=log)
    application = create_application(services, surroundings)
    # Not entered with `with`: a request that a test lets crash is raised here, and must not take the client with it.
    yield OneThread(clock, log, services, TestClient(application))
    for service in reversed(services):
        service.stop()
