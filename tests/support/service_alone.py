"""One service by itself on a log in memory: its clock, its HTTP interface, what it publishes, and what others do."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import msgspec
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from shared.eventlog.delivery import delivery_headers
from shared.eventlog.memory import MemoryLog
from shared.eventlog.partitioner import partition_of
from shared.eventlog.port import NewRecord, Partition, Record
from shared.events.envelope import Contract, Envelope, decode, encode
from shared.process.platform import Platform
from shared.process.service import UNAVAILABLE_ERRORS, Service
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds
from shared.web.application import Surroundings, create_application

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
_MOST_ROUNDS = 200

Data = TypeVar("Data", bound=msgspec.Struct)
Build = Callable[[Platform], Service]


@dataclass
class ServiceAlone:
    """A service, its log and its clock. Nothing moves but when a test says so."""

    clock: FixedClock
    log: MemoryLog
    registry: CollectorRegistry
    service: Service
    http: TestClient
    sequences: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    @classmethod
    @contextmanager
    def running(cls, build: Build, folder: Path, *, log_type: type[MemoryLog] = MemoryLog) -> Iterator[Self]:
        """The service on SQLite in `folder`, its clock standing at START."""
        clock, ids, registry = FixedClock(START), CountingIds(), CollectorRegistry()
        log = log_type(clock=clock, ids=ids)
        platform = Platform(clock=clock, ids=ids, log=log, registry=registry, data_dir=folder, poll_wait=timedelta(0))
        service = build(platform)
        service.start()
        surroundings = Surroundings(ids=ids, registry=registry, unavailable=UNAVAILABLE_ERRORS)
        application = create_application([service], surroundings)
        # Not entered with `with`: a request that a test lets crash is raised here, and must not take the client with it.
        yield cls(clock, log, registry, service, TestClient(application))
        service.stop()

    def request(
        self, method: str, path: str, body: Any = None, *, actor: str | None = None, version: int | None = None
    ) -> httpx.Response:
        """A request with a JSON body; `version` goes out as If-Match."""
        headers = {} if actor is None else {"Andon-Actor": actor}
        headers |= {} if version is None else {"If-Match": f'"{version}"'}
        answer: httpx.Response = self.http.request(method, f"/v1/{path}", json=body, headers=headers)
        return answer

    def get(self, path: str, expect: int = 200) -> dict[str, Any]:
        """The answer to a question."""
        return answered(self.request("GET", path), expect)

    def put(self, path: str, body: Mapping[str, Any], expect: int | None = None) -> dict[str, Any]:
        """Put a definition; unless told otherwise, it must be taken."""
        return answered(self.request("PUT", path, body), *((200, 201) if expect is None else (expect,)))

    def publish(self, topic: str, kind: str, data: Contract, *, key: str, producer: str, repeat: int = 1) -> None:
        """What another service's relay appends, numbered; `repeat` appends the same number several times."""
        event = Envelope(
            id=f"{producer}-{self.sequences.total()}",
            source=producer,
            type=kind,
            subject=key,
            time=self.clock.now(),
            recordedtime=self.clock.now(),
            data=data,
        )
        self.append(topic, encode(event), key=key, producer=producer, repeat=repeat)

    def append(self, topic: str, value: bytes, *, key: str, producer: str, repeat: int = 1) -> None:
        """Any bytes, under the next number of a producer."""
        number = partition_of(key.encode(), self.log.partition_count(topic))
        self.sequences[producer, topic, number] += 1
        headers = delivery_headers(producer, self.sequences[producer, topic, number])
        self.log.append([NewRecord(topic, value, key=key.encode(), headers=headers)] * repeat)
        self.settle()

    def settle(self) -> None:
        """Step every activity until none has anything left to do."""
        for _ in range(_MOST_ROUNDS):
            moved = [activity.stepper.step(self.clock.now()) for activity in self.service.activities]
            if not any(moved):
                return
        raise AssertionError(f"not quiet after {_MOST_ROUNDS} rounds")

    def pass_time(self, by: timedelta) -> None:
        """Let the clock go on, and everything happen that is due."""
        self.clock.advance(by)
        self.settle()

    def records(self, topic: str) -> Sequence[Record]:
        """Everything on a topic, partition by partition."""
        found: list[Record] = []
        for number in range(self.log.partition_count(topic)):
            first, end = self.log.bounds(Partition(topic, number))
            found += self.log.read(Partition(topic, number), first, max_records=end - first, max_bytes=2**40)
        return found

    def events(self, topic: str, data: type[Data]) -> list[tuple[str, Data]]:
        """(type, data) of everything published on a topic of CloudEvents, partition by partition."""
        envelopes = [decode(record.value, data) for record in self.records(topic)]
        return [(envelope.type, envelope.data) for envelope in envelopes]

    def metric(self, name: str, **labels: str) -> float | None:
        """A metric of the service, without its prefix."""
        return self.registry.get_sample_value(f"andon_{self.service.name}_{name}", labels)

    def restart(self) -> None:
        """What was only in memory is gone."""
        self.service.stop()
        self.service.start()


def answered(answer: httpx.Response, *expected: int) -> dict[str, Any]:
    """The body of an answer that has one of the statuses expected."""
    assert answer.status_code in expected, answer.text
    found: dict[str, Any] = answer.json()
    return found
