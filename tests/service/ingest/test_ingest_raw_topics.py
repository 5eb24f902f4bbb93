"""`raw.<source>`: every form in which a producer may write its records, and none that stops the consumer."""

import pytest

from shared.eventlog.port import Headers, NewRecord
from shared.events.topics import raw_topic
from tests.service.ingest.alone import BATCH, LINES, MES, SINGLE, Alone, as_json, event, ndjson

DATA = as_json(event()["data"])


def binary(content_type: str | None = "application/json", **changes: str) -> Headers:
    attributes = {
        "specversion": "1.0",
        "id": "e1",
        "source": "mes-7",
        "type": "inspection.completed",
        "time": "2026-11-23T08:00:00Z",
        **changes,
    }
    named = tuple((f"ce_{name}", value.encode()) for name, value in attributes.items())
    return named if content_type is None else (*named, ("content-type", content_type.encode()))


def typed(content_type: str) -> Headers:
    return (("Content-Type", f"{content_type}; charset=UTF-8".encode()),)


THREE = [event("e1"), event("e2"), event("e3")]


@pytest.mark.parametrize(
    ("value", "headers", "ids"),
    [
        (as_json(event()), typed(SINGLE), ["e1"]),
        (as_json(event()), (), ["e1"]),
        (as_json(event()).replace(b", ", b",\n"), (), ["e1"]),
        (DATA, binary(), ["e1"]),
        (DATA, binary(None), ["e1"]),
        (DATA, binary(id="检 1"), ["检 1"]),
        (ndjson(THREE), typed(LINES), ["e1", "e2", "e3"]),
        (ndjson(THREE) + b"\n", (), ["e1", "e2", "e3"]),
        (as_json(THREE), typed(BATCH), ["e1", "e2", "e3"]),
        (as_json(THREE), (), ["e1", "e2", "e3"]),
    ],
)
def test_each_form_becomes_the_same_readings(andon: Alone, value: bytes, headers: Headers, ids: list[str]) -> None:
    andon.raw("mes-7", value, headers)
    assert andon.ids() == ids
    assert {row["measure.passed"] for row in andon.readings()} == {97.0}
    assert andon.quarantine() == []


@pytest.mark.parametrize(
    ("value", "headers", "reasons"),
    [
        (b"", (), ["malformed-json"]),
        (b"\x00\xff", (), ["malformed-json"]),
        (b"[", (), ["malformed-json"]),
        (b"[]", (), ["not-a-cloudevent"]),
        (b"\n\n", typed(LINES), ["malformed-json"]),
        (b"{}", typed(BATCH), ["not-a-cloudevent"]),
        (b"{\n{", (), ["malformed-json"]),
        (as_json(event(passed=101)), (), ["inconsistent-measures"]),
        (DATA, binary(specversion="0.3"), ["not-a-cloudevent"]),
        (b"\xff", binary(), ["malformed-json"]),
        (as_json(event(source="mes-9")), (), ["unknown-source"]),
    ],
)
def test_what_is_wrong_is_quarantined_and_what_follows_goes_on(
    andon: Alone, value: bytes, headers: Headers, reasons: list[str]
) -> None:
    andon.raw("mes-7", value, headers)
    andon.raw("mes-7", as_json(event("after")))
    assert [entry["reason"] for entry in andon.quarantine()] == reasons
    assert andon.ids() == ["after"]


def test_one_bad_line_of_a_record_leaves_the_others_alone(andon: Alone) -> None:
    andon.raw("mes-7", ndjson([event("e1"), event("e2", total="many"), event("e3")]), typed(LINES))
    assert andon.ids() == ["e1", "e3"]
    assert [entry["event_id"] for entry in andon.quarantine()] == ["e2"]


def test_a_topic_takes_events_of_its_own_source_only(andon: Alone) -> None:
    """A producer that may write to one topic cannot speak for another source, registered or not."""
    andon.put("sources/mes-8", MES)
    andon.raw("mes-8", as_json(event("forged")))
    andon.raw("mes-8", as_json(event("own", source="mes-8")))
    assert [(row["source"], row["event_id"]) for row in andon.readings()] == [("mes-8", "own")]
    assert [(entry["source"], entry["reason"]) for entry in andon.quarantine()] == [("mes-7", "unknown-source")]


def test_records_are_taken_in_once_across_restarts(andon: Alone) -> None:
    andon.raw("mes-7", as_json(event("e1")))
    andon.restart()
    andon.raw("mes-7", as_json(event("e2")))
    andon.restart()
    andon.settle()
    assert andon.ids() == ["e1", "e2"]


def test_records_with_headers_and_without_come_in_one_poll(andon: Alone) -> None:
    topic = raw_topic("mes-7")
    andon.log.append(
        [
            NewRecord(topic, ndjson([event("e1"), event("e2")]), partition=0),
            NewRecord(topic, as_json(event("e3")), partition=0),
            NewRecord(topic, as_json([event("e4"), event("e5")]), partition=1, headers=typed(BATCH)),
            NewRecord(topic, DATA, partition=1, headers=binary(id="e6")),
            NewRecord(topic, as_json(event("e7")), partition=1),
        ]
    )
    andon.settle()
    assert andon.ids() == [f"e{number}" for number in range(1, 8)]
    assert andon.quarantine() == []


def test_many_records_of_one_poll_become_few_blocks(andon: Alone) -> None:
    andon.log.append([NewRecord(raw_topic("mes-7"), as_json(event(f"e{number:03d}"))) for number in range(500)])
    andon.settle()
    assert andon.ids() == [f"e{number:03d}" for number in range(500)]
    assert len(andon.records("readings")) <= 4 * andon.log.partition_count(raw_topic("mes-7"))


def test_over_http_and_on_a_topic_an_event_is_the_same_reading(andon: Alone) -> None:
    andon.take(event())
    andon.raw("mes-7", as_json(event()))
    first, second = andon.readings()
    assert first == second
    assert len({record.partition for record in andon.records("readings")}) == 1


def test_a_batch_that_is_scanned_becomes_what_it_becomes_decoded(andon: Alone) -> None:
    sent = [event(f"e{number}", line="a\\b" if number % 7 == 0 else "A") for number in range(250)]
    sent[100] = event("e100", passed=101)
    for _ in ("decoded, and the scan is compiled then", "scanned"):
        andon.raw("mes-7", ndjson(sent))
    found = sorted(andon.readings(), key=lambda row: str(row["event_id"]))
    assert len(found) == 2 * 249
    assert found[::2] == found[1::2]
    assert [entry["reason"] for entry in andon.quarantine()] == ["inconsistent-measures"]
