"""Issues by itself on a log in memory: what other services publish, its HTTP interface, and what it publishes."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from services.issues.bootstrap import IssuesSettings, build
from shared.eventlog.delivery import delivery_headers
from shared.eventlog.memory import MemoryLog
from shared.eventlog.partitioner import partition_of
from shared.eventlog.port import NewRecord, Partition
from shared.events.anomalies import AnomalySnapshot, EvidenceValue
from shared.events.envelope import Contract, Envelope, decode, encode
from shared.events.issue_changes import IssueChanged
from shared.events.kpi_values import WindowSpan
from shared.events.topics import ANOMALIES, ISSUE_CHANGES
from shared.process.platform import Platform
from shared.process.service import UNAVAILABLE_ERRORS, Service
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds
from shared.web.application import Surroundings, create_application

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
_MOST_ROUNDS = 200

MANAGER = "Li Wei; quality_manager"
SECOND_MANAGER = "Zhao Min; quality_manager"
OWNER = "Chen Jie; department_liaison"
WORKER = "Wu Gang; action_owner"
STATISTICIAN = "Sun Na; statistician"
VIEWER = "He Yan; viewer"


@dataclass
class Alone:
    """Issues, its log and its clock."""

    clock: FixedClock
    log: MemoryLog
    registry: CollectorRegistry
    service: Service
    http: TestClient
    sequences: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def send(
        self, method: str, path: str, body: Any = None, *, actor: str = MANAGER, version: int | None = None
    ) -> httpx.Response:
        headers = {"Andon-Actor": actor, **({} if version is None else {"If-Match": f'"{version}"'})}
        answer: httpx.Response = self.http.request(method, f"/v1/{path}", json=body, headers=headers)
        return answer

    def post(self, path: str, body: Any = None, *, expect: int = 200, **caller: Any) -> dict[str, Any]:
        answer = self.send("POST", path, {} if body is None else body, **caller)
        assert answer.status_code == expect, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str, expect: int = 200, actor: str = MANAGER) -> dict[str, Any]:
        answer = self.send("GET", path, actor=actor)
        assert answer.status_code == expect, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def issues(self, query: str = "") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(f"issues?{query}")["items"]
        return items

    def publish(self, topic: str, kind: str, data: Contract, *, key: str, producer: str, repeat: int = 1) -> None:
        """What another service's relay appends, numbered; `repeat` appends the same number several times."""
        value = encode(
            Envelope(
                id=f"{producer}-{self.sequences.total()}",
                source=producer,
                type=kind,
                subject=key,
                time=self.clock.now(),
                recordedtime=self.clock.now(),
                data=data,
            )
        )
        number = partition_of(key.encode(), self.log.partition_count(topic))
        self.sequences[producer, topic, number] += 1
        headers = delivery_headers(producer, self.sequences[producer, topic, number])
        self.log.append([NewRecord(topic, value, key=key.encode(), headers=headers)] * repeat)
        self.settle()

    def anomaly(self, name: str = "anomaly-1", kind: str = "raised", *, repeat: int = 1, **changed: Any) -> None:
        """An anomaly's change, as analytics publishes it."""
        data = snapshot(name, **changed)
        key = f'{data.indicator}|{{"line":"{data.subject["line"]}"}}'
        self.publish(ANOMALIES, f"andon.anomaly.{kind}.v1", data, key=key, producer="analytics", repeat=repeat)

    def settle(self) -> None:
        """Step every activity until none has anything left to do."""
        for _ in range(_MOST_ROUNDS):
            moved = [activity.stepper.step(self.clock.now()) for activity in self.service.activities]
            if not any(moved):
                return
        raise AssertionError(f"not quiet after {_MOST_ROUNDS} rounds")

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.settle()

    def published(self, issue_id: str | None = None) -> list[IssueChanged]:
        """Everything on `issue-changes`, about one issue or all, in order per issue."""
        self.settle()
        found = []
        for number in range(self.log.partition_count(ISSUE_CHANGES)):
            first, end = self.log.bounds(Partition(ISSUE_CHANGES, number))
            records = self.log.read(Partition(ISSUE_CHANGES, number), first, max_records=end - first, max_bytes=2**40)
            for envelope in (decode(record.value, IssueChanged) for record in records):
                assert envelope.type == f"andon.{envelope.data.change}.v1"
                found.append(envelope.data)
        return [change for change in found if issue_id in (None, change.issue_id)]

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"andon_issues_{name}", labels)

    def restart(self) -> None:
        self.service.stop()
        self.service.start()


@contextmanager
def alone(folder: Path) -> Iterator[Alone]:
    """Issues on SQLite in `folder`, its clock standing at START."""
    clock, ids, registry = FixedClock(START), CountingIds(), CollectorRegistry()
    log = MemoryLog(clock=clock, ids=ids)
    platform = Platform(clock=clock, ids=ids, log=log, registry=registry, data_dir=folder, poll_wait=timedelta(0))
    service = build(IssuesSettings.read(), platform)
    service.start()
    surroundings = Surroundings(ids=ids, registry=registry, unavailable=UNAVAILABLE_ERRORS)
    with TestClient(create_application([service], surroundings), raise_server_exceptions=False) as http:
        yield Alone(clock, log, registry, service, http)
    service.stop()


def snapshot(name: str = "anomaly-1", *, weeks_ago: int = 1, line: str = "A", **changed: Any) -> AnomalySnapshot:
    """An anomaly of the yield of one line; `weeks_ago` its newest week ended."""
    end = START - timedelta(hours=9) - timedelta(weeks=weeks_ago - 1)
    value = EvidenceValue(
        window=WindowSpan(start=end - timedelta(weeks=1), end=end),
        value=0.94,
        numerator=94.0,
        denominator=100.0,
        sample_size=5,
        revision=1,
    )
    facts: dict[str, Any] = {
        "rule": "yield-below-95",
        "rule_version": 1,
        "rule_kind": "target",
        "indicator": "first-pass-yield",
        "indicator_version": 1,
        "indicator_direction": "higher_is_better",
        "indicator_title": {"en": "First-pass yield", "zh": "一次交验合格率"},
        "state": "open",
        "direction": "below",
        "severity": "moderate",
        "opens_issue": True,
        "reason": "below 0.95 two weeks running",
        "comparator": ">=",
        "target": 0.95,
        "values": [value],
        "raised_at": START,
    }
    return AnomalySnapshot(anomaly_id=name, subject={"line": line}, **{**facts, **changed})
