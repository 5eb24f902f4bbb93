"""A day of a source, worked off at once after an outage: partitions of unequal size, and no value is final too early."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from services.ingest.entrypoints.raw_consumer import CONSUMER
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import Assigned, Consumer, NewRecord, Record, Revoked
from shared.events.topics import raw_topic
from tests.support.inspection_plant import DEFINITIONS
from tests.support.platform import OneThread, one_thread
from tests.support.results import everything

INDICATOR = DEFINITIONS["indicators/first-pass-yield"] | {
    "window": {"kind": "tumbling", "every": "hour"},
    "calendar": "default",
    "minimum_sample": 1,
    "allowed_lateness": "PT1H",
}
BEGINNING = datetime.fromisoformat("2026-11-23T10:00:00+00:00")
HOURS = 24
AN_HOUR = {"A": 8, "B": 2}
"""Events of each line, which has a partition of its own."""
FEW = 20


class _FewAtATime(MemoryLog):
    """Of raw topics a few records are read at a time, as many of one partition as of another."""

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        consumer = super().consumer(group=group, topics=topics, on_assigned=on_assigned, on_revoked=on_revoked)
        return cast("Consumer", _Few(consumer)) if group == CONSUMER else consumer


class _Few:
    """A consumer that returns few records, whatever is asked for."""

    def __init__(self, consumer: Consumer) -> None:
        self._all = consumer

    def poll(self, wait: timedelta, max_records: int) -> Sequence[Record]:
        return self._all.poll(wait, min(max_records, FEW))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._all, name)


def inspection(line: str, at: datetime) -> bytes:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"{line}-{at.isoformat()}",
        "source": "mes-7",
        "type": "inspection.completed",
        "time": at.isoformat(),
        "data": {"line": line, "product": "P1", "total": 100, "passed": 97},
    }
    return json.dumps(event).encode()


def sends_for_a_day(andon: OneThread) -> None:
    """Each event is on the log at its own time, in a partition of its line, while nobody reads."""
    sends = sorted(
        (BEGINNING + timedelta(hours=1) * number / an_hour, line, partition)
        for partition, (line, an_hour) in enumerate(AN_HOUR.items())
        for number in range(HOURS * an_hour)
    )
    for at, line, partition in sends:
        andon.clock.advance(at - andon.clock.now())
        andon.log.append([NewRecord(raw_topic("mes-7"), inspection(line, at), partition=partition)])


def test_a_backlog_restates_nothing(tmp_path: Path) -> None:
    with one_thread(tmp_path, _FewAtATime) as andon:
        andon.define(DEFINITIONS | {"indicators/first-pass-yield": INDICATOR})
        andon.settle()
        sends_for_a_day(andon)
        andon.settle()
        items = everything(andon.get, "/v1/indicators/first-pass-yield/values")
    closed = [item for item in items if item["status"] != "provisional"]
    assert {item["status"] for item in closed} == {"final"}
    assert len(closed) >= 2 * (HOURS - 3)
    assert all(item["sample_size"] == AN_HOUR[item["subject"]["line"]] for item in items)
