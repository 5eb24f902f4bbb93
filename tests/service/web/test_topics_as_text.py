"""Any topic as text: JSON, rows of Arrow blocks, and bytes that are neither."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import NewRecord, TopicSpec
from shared.events.blocks import encode_block
from shared.events.topics import READINGS
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds
from shared.web.application import Surroundings, create_application

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
TOPIC = "anomalies"


@pytest.fixture
def log() -> Iterator[MemoryLog]:
    log = MemoryLog(clock=FixedClock(AT), ids=CountingIds())
    log.ensure_topics([TopicSpec(TOPIC, 2), TopicSpec(READINGS, 1)])
    yield log
    log.close()


def get(log: MemoryLog, path: str, actor: str = "Li Wei; admin") -> Any:
    surroundings = Surroundings(ids=CountingIds(), registry=CollectorRegistry(), log=log)
    http = TestClient(create_application([], surroundings), raise_server_exceptions=False)
    return http.get(f"/v1/topics/{path}", headers={"Andon-Actor": actor})


def append(log: MemoryLog, *values: bytes, topic: str = TOPIC, key: bytes = b"k") -> None:
    headers = (("content-type", b"\xff"),)
    log.append([NewRecord(topic=topic, key=key, value=value, partition=0, headers=headers) for value in values])


def shown(log: MemoryLog, topic: str = TOPIC) -> list[Any]:
    answer = get(log, f"{topic}/records")
    assert answer.status_code == 200, answer.text
    return [record["value"] for record in answer.json()["items"]]


NOT_SHOWN_AS_JSON = [b"\xff\xfe", b"", b"{", b"NaN", b'{"a": Infinity}', b'"\\ud800"', b"[" * 100_000]


@pytest.mark.parametrize("value", NOT_SHOWN_AS_JSON, ids=range(len(NOT_SHOWN_AS_JSON)))
def test_what_is_no_json_is_shown_as_base64(log: MemoryLog, value: bytes) -> None:
    append(log, value, key=b"\xff")
    assert shown(log) == [{"base64": base64.b64encode(value).decode()}]


def test_json_is_shown_as_it_is(log: MemoryLog) -> None:
    append(log, '{"line": "甲"}'.encode(), b"null", b"1")
    assert shown(log) == [{"line": "甲"}, None, 1]


def test_a_block_is_shown_as_rows_with_times_as_text(log: MemoryLog) -> None:
    block = encode_block(pl.DataFrame({"id": ["e1", "e2"], "at": [AT, AT], "x": [1.5, None]}))
    append(log, block, b"no block", topic=READINGS)
    rows, other = shown(log, READINGS)
    assert [(row["id"], row["x"]) for row in rows] == [("e1", 1.5), ("e2", None)]
    assert rows[0]["at"].startswith("2026-11-23")
    assert other == {"base64": base64.b64encode(b"no block").decode()}


def test_a_damaged_block_is_shown_as_base64(log: MemoryLog) -> None:
    block = encode_block(pl.DataFrame({"id": ["e1", "e2"] * 50, "x": [1.5, None] * 50}))
    append(
        log, *(block[:place] + bytes([block[place] ^ 255]) + block[place + 1 :] for place in range(400)), topic=READINGS
    )
    values = shown(log, READINGS) + get(log, f"{READINGS}/records?from=100&limit=300").json()["items"]
    assert len(values) == 400


def test_records_are_paged_by_offset(log: MemoryLog) -> None:
    append(log, *(str(number).encode() for number in range(5)))
    seen, start = [], 0
    while True:
        page = get(log, f"{TOPIC}/records?from={start}&limit=2").json()
        if not page["items"]:
            break
        seen += [record["value"] for record in page["items"]]
        start = page["next_offset"]
    assert seen == [0, 1, 2, 3, 4]
    assert start == page["end_offset"] == 5


def test_beyond_the_end_there_is_nothing_yet(log: MemoryLog) -> None:
    append(log, b"1")
    page = get(log, f"{TOPIC}/records?from=4611686018427387904").json()
    assert (page["items"], page["next_offset"]) == ([], 1)


@pytest.mark.parametrize("path", ["nothing", "nothing/records", f"{TOPIC}/records?partition=2", "%00/records"])
def test_an_unknown_topic_or_partition_is_not_found(log: MemoryLog, path: str) -> None:
    answer = get(log, path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-topic")


@pytest.mark.parametrize("query", ["from=-1", "limit=0", "limit=9999", "partition=x"])
def test_a_wrong_place_is_refused(log: MemoryLog, query: str) -> None:
    assert get(log, f"{TOPIC}/records?{query}").status_code == 422


def test_topics_are_for_admins(log: MemoryLog) -> None:
    for path in (TOPIC, f"{TOPIC}/records"):
        assert get(log, path, actor="Li Wei; director").status_code == 403
    assert get(log, TOPIC).json() == {"topic": TOPIC, "partitions": 2}
