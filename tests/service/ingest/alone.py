"""Ingest by itself on a log in memory: events over HTTP and on raw topics, and what comes to stand on `readings`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from services.ingest.bootstrap import IngestSettings, build
from services.ingest.domain.rejection import REJECTION
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import Headers, NewRecord
from shared.events.blocks import decode_block, rows_of
from shared.events.readings import READING_TYPE_HEADER, READING_TYPE_VERSION_HEADER, identity_hash
from shared.events.topics import READINGS, raw_topic
from shared.process.platform import Platform
from shared.process.service import Service
from tests.support.service_alone import START, ServiceAlone, answered

__all__ = ["BATCH", "INSPECTION", "LINES", "MES", "SINGLE", "START", "Alone", "alone", "as_json", "event", "ndjson"]

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"

INSPECTION: dict[str, Any] = {
    "dimensions": ["line"],
    "measures": {
        "inspected": {"unit": "1", "minimum": 0},
        "passed": {"unit": "1", "minimum": 0, "at_most": "inspected"},
    },
}
MES: dict[str, Any] = {
    "reading_type": "inspection",
    "event_types": ["inspection.completed"],
    "dimensions": {"line": "data.line"},
    "measures": {"inspected": "data.total", "passed": "data.passed"},
}


class Alone(ServiceAlone):
    """Ingest, its log and its clock."""

    def post(
        self, content: bytes | Iterator[bytes], content_type: str, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send events; content that comes piece by piece is streamed."""
        answer: httpx.Response = self.http.post(
            "/v1/metric-events", content=content, headers={"content-type": content_type, **(headers or {})}
        )
        return answer

    def take(self, *events: Mapping[str, Any]) -> dict[str, Any]:
        """Send a batch that must be taken in."""
        return answered(self.post(as_json(events), BATCH), 202)

    def raw(self, source: str, value: bytes, headers: Headers = ()) -> None:
        """What a producer of a source writes to its topic."""
        self.log.append([NewRecord(raw_topic(source), value, headers=headers)])
        self.settle()

    def readings(self) -> list[dict[str, Any]]:
        """Every row on `readings` that is no rejection."""
        return [row for row in self._all_readings() if row["type"] != REJECTION]

    def _all_readings(self) -> list[dict[str, Any]]:
        """Every row on `readings`, with the type and version that its block names; each lies where its id says."""
        partitions = self.log.partition_count(READINGS)
        found = []
        for record in self.records(READINGS):
            headers = dict(record.headers)
            named = {
                "type": headers[READING_TYPE_HEADER].decode(),
                "version": int(headers[READING_TYPE_VERSION_HEADER]),
            }
            for row in rows_of(decode_block(record.value)):
                assert row["id_hash"] == identity_hash(row["source"], row["event_id"])
                assert row["id_hash"] % partitions == record.partition.number
                found.append({**row, **named})
        return sorted(found, key=lambda row: str(row["event_id"]))

    def rejections(self) -> list[tuple[str, str]]:
        """(source, reason) of each rejection on `readings`; one that was appended twice stands there twice."""
        return [(row["source"], row["dimension.reason"]) for row in self._all_readings() if row["type"] == REJECTION]

    def rejection_ids(self) -> list[str]:
        """The ids of all rejections on `readings`."""
        return [row["event_id"] for row in self._all_readings() if row["type"] == REJECTION]

    def ids(self) -> list[str]:
        """The ids of all readings, in their order; one that was appended twice stands there twice."""
        return [row["event_id"] for row in self.readings()]

    def quarantine(self, query: str = "") -> list[dict[str, Any]]:
        """Entries of the quarantine, open ones unless the query says otherwise."""
        items: list[dict[str, Any]] = self.get(f"quarantine?{query}")["items"]
        return items

    def settle_entry(self, path: str, body: Mapping[str, Any], expect: int = 200) -> dict[str, Any]:
        """Release, discard or replay, as a person."""
        return answered(self.request("POST", f"quarantine/{path}", body, actor="Li Wei; quality_manager"), expect)


@contextmanager
def alone(folder: Path, *, log_type: type[MemoryLog] = MemoryLog, **settings: Any) -> Iterator[Alone]:
    """Ingest on SQLite in `folder` with one source, `mes-7`; settings as given, else by default."""

    def made(platform: Platform) -> Service:
        return build(IngestSettings.read().model_copy(update=settings), platform)

    with Alone.running(made, folder, log_type=log_type) as running:
        running.put("reading-types/inspection", INSPECTION)
        running.put("sources/mes-7", MES)
        yield running


def event(name: str = "e1", *, total: Any = 100, passed: Any = 97, line: Any = "A", **changes: Any) -> dict[str, Any]:
    """A good event of the source, unless changed; an attribute that is None is left out."""
    found = {
        "specversion": "1.0",
        "id": name,
        "source": "mes-7",
        "type": "inspection.completed",
        "time": "2026-11-23T08:00:00Z",
        "data": {"line": line, "total": total, "passed": passed},
        **changes,
    }
    return {attribute: value for attribute, value in found.items() if value is not None}


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def ndjson(events: Sequence[Mapping[str, Any]]) -> bytes:
    return b"\n".join(as_json(one) for one in events)
