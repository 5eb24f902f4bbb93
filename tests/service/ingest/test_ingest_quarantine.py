"""The quarantine, end to end: found, shown, released, replayed and let go; each event counts once."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.service.ingest.alone import BATCH, INSPECTION, MES, START, Alone, as_json, event


def refused(andon: Alone, *events: dict[str, Any]) -> list[str]:
    """Send events of which none can become a reading; the ids of their entries."""
    answer = andon.take(*events)
    assert answer["accepted"] == 0, answer
    return [one["quarantine_id"] for one in answer["rejected"]]


def history(andon: Alone, entry_id: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = andon.get(f"quarantine/{entry_id}")["history"]
    return lines


def three_hours(andon: Alone) -> None:
    """One bad event an hour, of three sources and for two reasons."""
    for hour, (source, total) in enumerate([("mes-7", "many"), ("mes-9", 100), ("mes-7", -5)]):
        andon.clock.advance(timedelta(hours=1 if hour else 0))
        refused(andon, event(f"e{hour}", source=source, total=total))


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["e0", "e1", "e2"]),
        ("source=mes-7", ["e0", "e2"]),
        ("source=mes-8", []),
        ("reason=unknown-source", ["e1"]),
        ("source=mes-7&reason=not-a-number", ["e0"]),
        ("from=2026-11-23T10:00:00Z", ["e1", "e2"]),
        ("to=2026-11-23T10:00:00Z", ["e0"]),
        (f"from={quote('2026-11-23T12:00:00+02:00')}&to=2026-11-23T11:00:00", ["e1"]),
        ("from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", ["e0", "e1", "e2"]),
        ("state=discarded", []),
    ],
)
def test_entries_are_found_by_source_reason_and_time(andon: Alone, query: str, ids: list[str]) -> None:
    three_hours(andon)
    assert [entry["event_id"] for entry in andon.quarantine(query)] == ids


def test_pages_follow_one_another_without_a_gap_or_a_double(andon: Alone) -> None:
    """All of one moment, so that the order is that of the ids."""
    wanted = sorted(refused(andon, *(event(f"e{number}", total="many") for number in range(25))))
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = andon.get(f"quarantine?limit=10{cursor}")
        seen += [entry["id"] for entry in page["items"]]
        cursor = f"&cursor={page['next']}"
        andon.clock.advance(timedelta(seconds=1))
        refused(andon, event(f"later{len(seen)}", total="many", source="mes-9"))
    assert seen[:25] == wanted
    assert len(seen) == 27
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(
    "cursor",
    ["x", "!", "e30", "WzFd", "W10", "WzEsMl0", "WyJhIiwiYiJd", "WyIyMDI2LTExLTIzVDA5OjAwOjAwWiJd", "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjAwIiwiYSJd"],
)  # fmt: skip
def test_a_cursor_that_nobody_gave_out_is_refused(andon: Alone, cursor: str) -> None:
    answer = andon.request("GET", f"quarantine?cursor={cursor}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-cursor"), answer.text


@pytest.mark.parametrize("query", ["from=0001-01-01T00:00:00%2B23:00", "to=9999-12-31T23:59:59-10:00"])
def test_times_that_lie_in_no_year_are_refused(andon: Alone, query: str) -> None:
    answer = andon.request("GET", f"quarantine?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-query")


def test_the_original_is_shown_as_it_was_sent(andon: Alone) -> None:
    original = '{"specversion":"1.0",   "id":"é1","source":"mes-7","type":"inspection.completed"}'
    answer = andon.post(f"[{original}]".encode(), BATCH).json()
    entry = andon.get(f"quarantine/{answer['rejected'][0]['quarantine_id']}")
    assert entry["original"] == original
    assert (entry["state"], entry["event_id"], entry["size"], entry["history"]) == ("open", "é1", len(original) + 1, [])
    assert entry["quarantined_at"] == "2026-11-23T09:00:00Z"


def test_an_entry_that_is_not_there_is_not_found(andon: Alone) -> None:
    for answer in (
        andon.request("GET", "quarantine/q-0"),
        andon.request("POST", "quarantine/q-0/release", {"event": event()}),
        andon.request("POST", "quarantine/q%00/discard", {"reason": "no use"}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-quarantine-entry"), answer.text


def test_a_corrected_event_counts_once_and_leaves_an_audit_line(andon: Alone) -> None:
    (entry_id,) = refused(andon, event("e1", total="100"))
    andon.clock.advance(timedelta(minutes=5))
    released = andon.settle_entry(f"{entry_id}/release", {"event": event("e1")})
    assert released["state"] == "released"
    (line,) = history(andon, entry_id)
    assert (line["did"], line["actor"], line["at"]) == (
        "released",
        "Li Wei",
        (START + timedelta(minutes=5)).isoformat(),
    )
    assert line["corrected"] == as_json(event("e1")).decode().replace(": ", ":").replace(", ", ",")
    assert [(row["event_id"], row["measure.inspected"]) for row in andon.readings()] == [("e1", 100.0)]
    again = andon.settle_entry(f"{entry_id}/release", {"event": event("e1")}, expect=409)
    assert (again["type"], again["state"]) == ("/problems/entry-closed", "released")
    assert andon.ids() == ["e1"]
    assert andon.quarantine() == []


@pytest.mark.parametrize("name", ["e1", "i" * 499, "i" * 1000, "检" * 600, " \t", "a/b?c#d%20"])
def test_a_corrected_event_keeps_its_id_however_long(andon: Alone, name: str) -> None:
    """What a list shows of a long id is cut; what names the event is not."""
    (entry_id,) = refused(andon, event(name, total="100"))
    wrong = andon.settle_entry(f"{entry_id}/release", {"event": event(f"{name}x")}, expect=422)
    assert "id" in wrong["detail"]
    andon.settle_entry(f"{entry_id}/release", {"event": event(name)})
    assert andon.ids() == [name]


def test_an_event_whose_id_is_too_long_gets_no_way_in(andon: Alone) -> None:
    (entry_id,) = refused(andon, event("i" * 1001))
    refusal = andon.settle_entry(f"{entry_id}/release", {"event": event("i" * 1001)}, expect=422)
    assert refusal["reason"] == "id-missing"
    assert andon.readings() == []


@pytest.mark.parametrize(
    ("corrected", "reason"),
    [
        (event("e1", total="many"), "not-a-number"),
        (event("e1", passed=101), "inconsistent-measures"),
        (event("e1", source="mes-9"), "unknown-source"),
        ({"id": "e1"}, "not-a-cloudevent"),
        (event("e1", time="2020-01-01T00:00:00Z"), "observed-too-old"),
    ],
)
def test_what_is_still_wrong_stays(andon: Alone, corrected: dict[str, Any], reason: str) -> None:
    (entry_id,) = refused(andon, event("e1", total="100"))
    refusal = andon.settle_entry(f"{entry_id}/release", {"event": corrected}, expect=422)
    assert (refusal["type"], refusal["reason"]) == ("/problems/still-wrong", reason)
    assert [entry["state"] for entry in andon.quarantine()] == ["open"]
    assert history(andon, entry_id) == []
    assert andon.readings() == []


def test_an_event_without_an_id_may_be_given_one(andon: Alone) -> None:
    (entry_id,) = refused(andon, event(""))
    andon.settle_entry(f"{entry_id}/release", {"event": event("e9")})
    assert andon.ids() == ["e9"]


def test_what_nobody_needs_is_let_go_with_a_reason(andon: Alone) -> None:
    (entry_id,) = refused(andon, event("e1", total="100"))
    assert andon.request("POST", f"quarantine/{entry_id}/discard", {}).status_code == 422
    assert andon.request("POST", f"quarantine/{entry_id}/discard", {"reason": ""}).status_code == 422
    andon.settle_entry(f"{entry_id}/discard", {"reason": "a test of the line"})
    (line,) = history(andon, entry_id)
    assert (line["did"], line["reason"], line["actor"]) == ("discarded", "a test of the line", "Li Wei")
    assert [entry["id"] for entry in andon.quarantine("state=discarded")] == [entry_id]
    assert andon.quarantine() == andon.readings() == []
    assert andon.settle_entry("replay", {})["replayed"] == 0


def test_the_same_bytes_again_do_not_open_what_was_settled(andon: Alone) -> None:
    (entry_id,) = refused(andon, event("e1", total="100"))
    andon.settle_entry(f"{entry_id}/discard", {"reason": "a test of the line"})
    assert refused(andon, event("e1", total="100")) == [entry_id]
    assert andon.quarantine() == []


def test_after_the_mapping_was_repaired_all_are_replayed(andon: Alone) -> None:
    """700 entries are more than one portion; those that have another fault stay, with the reason that keeps them now."""
    misread = {**MES, "measures": {"inspected": "data.inspected", "passed": "data.passed"}}
    andon.put("sources/mes-7", misread)
    refused(andon, *(event(f"e{number:03d}", passed=101 if number % 100 == 0 else 97) for number in range(700)))
    refused(andon, event("other", source="mes-9"))
    andon.put("sources/mes-7", MES)
    done = andon.settle_entry("replay", {"source": "mes-7", "reason": "missing-field"})
    assert done == {"replayed": 693, "still_quarantined": 7, "reasons": {"inconsistent-measures": 7}}
    assert len(andon.ids()) == len(set(andon.ids())) == 693
    assert {entry["reason"] for entry in andon.quarantine("source=mes-7")} == {"inconsistent-measures"}
    assert [line["did"] for line in history(andon, andon.quarantine("state=replayed")[0]["id"])] == ["replayed"]
    assert andon.settle_entry("replay", {"source": "mes-7"})["replayed"] == 0
    assert len(andon.ids()) == 693


def test_a_replay_may_be_of_a_time(andon: Alone) -> None:
    for hour in range(3):
        refused(andon, event(f"e{hour}", source="mes-8"))
        andon.clock.advance(timedelta(hours=1))
    andon.put("sources/mes-8", MES)
    done = andon.settle_entry("replay", {"from": "2026-11-23T10:00:00Z", "to": "2026-11-23T11:00:00Z"})
    assert done["replayed"] == 1
    assert andon.ids() == ["e1"]


def test_a_replay_is_counted_for_what_it_is_by_the_newest_definitions(andon: Alone) -> None:
    (entry_id,) = refused(andon, event("e1", line="B", passed=101))
    loose = {name: {"unit": "1"} for name in ("inspected", "passed")}
    andon.put("reading-types/inspection", {**INSPECTION, "measures": loose})
    assert andon.settle_entry("replay", {})["replayed"] == 1
    (row,) = andon.readings()
    assert (row["event_id"], row["measure.passed"], row["version"]) == ("e1", 101.0, 2)
    assert andon.get(f"quarantine/{entry_id}")["state"] == "replayed"
