"""Every form in which events come over HTTP: what is answered, item by item, and what then stands on `readings`."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import NewRecord, Partition
from tests.service.ingest.alone import BATCH, LINES, MES, SINGLE, Alone, alone, as_json, event, ndjson

EVERYTHING = {"accepted": 1, "rejected": []}


@pytest.mark.parametrize("content_type", [SINGLE, "application/json", f"{SINGLE}; charset=utf-8"])
def test_a_single_event_becomes_a_reading(andon: Alone, content_type: str) -> None:
    answer = andon.post(as_json(event()), content_type)
    assert (answer.status_code, answer.json()) == (202, EVERYTHING)
    (row,) = andon.readings()
    assert {name: row[name] for name in row if name != "id_hash"} == {
        "event_id": "e1",
        "source": "mes-7",
        "observed_at": "2026-11-23T08:00:00+00:00",
        "dimension.line": "A",
        "measure.inspected": 100.0,
        "measure.passed": 97.0,
        "type": "inspection",
        "version": 1,
    }


def test_a_single_event_that_is_wrong_is_kept_and_answered(andon: Alone) -> None:
    answer = andon.post(as_json(event(total="100")), SINGLE)
    assert answer.status_code == 202
    (refused,) = answer.json()["rejected"]
    assert (refused["index"], refused["id"], refused["reason"]) == (0, "e1", "not-a-number")
    assert "data.total" in refused["detail"]
    assert andon.get(f"quarantine/{refused['quarantine_id']}")["original"] == as_json(event(total="100")).decode()
    assert andon.readings() == []


def mixed() -> list[Any]:
    """Good and bad events by turns; the bad ones with their reasons."""
    return [
        event("e0"),
        event("e1", total=math.nan),
        event("e2"),
        event("e3", passed=101),
        event("e4", line=None),
        event("e5"),
        [],
        event("e7", source="mes-8"),
        event("e8", time="soon"),
        event(""),
    ]


REASONS = [
    (1, "e1", "not-finite"),
    (3, "e3", "inconsistent-measures"),
    (4, "e4", "missing-field"),
    (6, None, "not-a-cloudevent"),
    (7, "e7", "unknown-source"),
    (8, "e8", "time-unreadable"),
    (9, "", "id-missing"),
]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(as_json(mixed()), BATCH), (as_json(mixed()), "application/json"), (ndjson(mixed()), LINES)],
)
def test_each_item_of_a_batch_is_answered_in_order(andon: Alone, content: bytes, content_type: str) -> None:
    answer = andon.post(content, content_type)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert told["accepted"] == 3
    assert [(one["index"], one["id"], one["reason"]) for one in told["rejected"]] == REASONS
    assert all(one["detail"] for one in told["rejected"])
    assert andon.ids() == ["e0", "e2", "e5"]
    kept = {entry["id"]: (entry["reason"], entry["event_id"]) for entry in andon.quarantine()}
    assert kept == {one["quarantine_id"]: (one["reason"], one["id"]) for one in told["rejected"]}


def test_sending_the_same_again_answers_the_same(andon: Alone) -> None:
    """Each copy stands on the log, on the partition of the first; the fold tells them apart by their hash."""
    answers = [andon.post(as_json(mixed()), BATCH).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert andon.ids() == ["e0", "e0", "e2", "e2", "e5", "e5"]
    assert len(andon.quarantine()) == len(REASONS)


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\n\n \n"])
def test_lines_are_streamed_and_counted_from_the_first(andon: Alone, newline: bytes) -> None:
    """40 000 lines are several portions; an index counts events of the whole body, blank lines left out."""
    events = [event(f"e{number:05d}", passed=101 if number % 10_000 == 7 else 97) for number in range(40_000)]
    answer = andon.post(pieces(newline.join(map(as_json, events)) + newline, 65_536), LINES)
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] == 39_996
    assert [one["index"] for one in answer.json()["rejected"]] == [7, 10_007, 20_007, 30_007]
    assert len(set(andon.ids())) == len(andon.ids()) == 39_996


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_last_line_belongs_to_the_batch_of_those_before_it(andon: Alone, end: bytes) -> None:
    assert andon.post(ndjson([event("e1"), event("e2"), event("e3")]) + end, LINES).json() == {
        "accepted": 3,
        "rejected": [],
    }
    assert andon.metric("batch_events_count") == 1
    assert andon.metric("batch_events_sum") == 3


def test_a_line_that_is_no_json_is_the_fault_of_that_line(andon: Alone) -> None:
    answer = andon.post(as_json(event("e0")) + b"\n{\n" + as_json(event("e2")), LINES)
    assert [(one["index"], one["reason"]) for one in answer.json()["rejected"]] == [(1, "malformed-json")]
    assert andon.ids() == ["e0", "e2"]


def binary(**changes: str) -> dict[str, str]:
    attributes = {
        "specversion": "1.0",
        "id": "e1",
        "source": "mes-7",
        "type": "inspection.completed",
        "time": "2026-11-23T08:00:00Z",
        **changes,
    }
    return {f"ce-{name}": value for name, value in attributes.items()}


def test_binary_mode_means_the_same_as_the_structured_event(andon: Alone) -> None:
    answer = andon.post(as_json(event()["data"]), "application/json", binary())
    assert (answer.status_code, answer.json()) == (202, EVERYTHING)
    andon.post(as_json(event()), SINGLE)
    first, second = andon.readings()
    assert first == second


def test_attributes_of_binary_mode_are_percent_decoded(andon: Alone) -> None:
    andon.post(as_json(event()["data"]), "application/json", binary(id="%E6%A3%80%20%25"))
    assert andon.ids() == ["检 %"]


def test_data_of_binary_mode_that_is_no_json_is_kept_whole(andon: Alone) -> None:
    answer = andon.post(b"\xff\x00not json", "application/octet-stream", binary())
    (refused,) = answer.json()["rejected"]
    assert refused["reason"] == "malformed-json"
    entry = andon.get(f"quarantine/{refused['quarantine_id']}")
    assert entry["original"] is None
    assert entry["original_base64"]


@pytest.mark.parametrize(
    ("content", "content_type", "status", "problem"),
    [
        (b"{", SINGLE, 400, "unreadable-body"),
        (b"", SINGLE, 400, "unreadable-body"),
        (b"\xff", SINGLE, 400, "unreadable-body"),
        (b"{}", BATCH, 400, "unreadable-body"),
        (as_json([event(), event("e2")])[:-1], BATCH, 400, "unreadable-body"),
        (as_json([event()]) + b"x", BATCH, 400, "unreadable-body"),
        (b"[" * 100_000, BATCH, 400, "unreadable-body"),
        (as_json(event()), "text/plain", 415, "unsupported-media-type"),
        (as_json(event()), "", 415, "unsupported-media-type"),
    ],
)
def test_a_body_that_cannot_be_read_as_a_whole_is_refused_whole(
    andon: Alone, content: bytes, content_type: str, status: int, problem: str
) -> None:
    answer = andon.post(content, content_type)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert andon.readings() == andon.quarantine() == []


def test_a_compressed_body_is_not_taken_for_json(andon: Alone) -> None:
    answer = andon.post(b"\x1f\x8b", SINGLE, {"content-encoding": "gzip"})
    assert answer.status_code == 415
    assert "Content-Encoding" in answer.json()["detail"]


@pytest.mark.parametrize(("content", "content_type"), [(b"[]", BATCH), (b"", LINES), (b"\n \n", LINES)])
def test_no_events_are_no_trouble(andon: Alone, content: bytes, content_type: str) -> None:
    answer = andon.post(content, content_type)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "rejected": []})


def big(count: int) -> Sequence[dict[str, Any]]:
    return [event(f"e{number:04d}") for number in range(count)]


def test_a_body_that_is_too_large_is_refused_and_lines_are_not(tmp_path: Path) -> None:
    with alone(tmp_path, most_body_bytes=10_000) as andon:
        answer = andon.post(as_json(big(100)), BATCH)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
        assert LINES in answer.json()["detail"]
        assert andon.readings() == []
        assert andon.post(ndjson(big(100)), LINES).json()["accepted"] == 100
        assert len(andon.readings()) == 100


def test_a_line_that_never_ends_is_refused(tmp_path: Path) -> None:
    with alone(tmp_path, most_body_bytes=10_000) as andon:
        endless = (b"x" * 5_000_000 for _ in range(2))
        assert andon.post(endless, LINES).status_code == 413


def test_an_event_that_is_too_large_is_the_fault_of_that_event(tmp_path: Path) -> None:
    with alone(tmp_path, most_event_bytes=2000) as andon:
        answer = andon.post(as_json([event("e0"), event("e1", line="x" * 3000), event("e2")]), BATCH).json()
        assert [(one["index"], one["id"], one["reason"]) for one in answer["rejected"]] == [(1, None, "too-large")]
        assert andon.ids() == ["e0", "e2"]
        assert andon.quarantine()[0]["size"] > 3000


class BusyLog(MemoryLog):
    """Lets something else happen while its next append is under way."""

    meanwhile: Callable[[], None] | None = None

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().append(records)


def test_who_comes_while_too_much_is_in_flight_is_asked_to_wait(tmp_path: Path) -> None:
    refused = []
    with alone(tmp_path, log_type=BusyLog, most_bytes_in_flight=15_000) as andon:
        assert isinstance(andon.log, BusyLog)
        andon.log.meanwhile = lambda: refused.append(andon.post(as_json(event("late")), SINGLE))
        assert andon.post(as_json(big(100)), BATCH).json()["accepted"] == 100
        (answer,) = refused
        assert (answer.status_code, answer.json()["type"]) == (429, "/problems/overloaded")
        assert int(answer.headers["retry-after"]) >= 1
        assert "late" not in andon.ids()
        assert andon.post(as_json(event("late")), SINGLE).status_code == 202
        assert "late" in andon.ids()


def test_a_source_beyond_its_quota_is_asked_to_wait_and_others_are_not(andon: Alone) -> None:
    andon.put("sources/mes-8", {**MES, "quota": {"events": 60, "per": "PT1M"}})
    assert andon.post(as_json([event(f"a{n}", source="mes-8") for n in range(90)]), BATCH).status_code == 202
    answer = andon.post(as_json([event("e1"), event("a90", source="mes-8")]), BATCH)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert not {"e1", "a90"} & set(andon.ids())
    assert andon.post(as_json(event("e1")), SINGLE).status_code == 202
    andon.clock.advance(timedelta(seconds=30))
    assert andon.post(as_json(event("a90", source="mes-8")), SINGLE).status_code == 202


def test_what_was_taken_in_is_counted_by_its_outcome(andon: Alone) -> None:
    andon.post(as_json(mixed()), BATCH)
    assert andon.metric("readings_total", outcome="accepted", reason="none") == 3
    for _, _, reason in REASONS:
        assert andon.metric("readings_total", outcome="quarantined", reason=reason) == 1
    andon.settle()
    assert andon.metric("quarantine_open", reason="not-finite") == 1
