"""Reading types and sources over HTTP: versions, what is refused, and what changes mean for events that come meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from tests.service.ingest.alone import INSPECTION, MES, Alone, event


def test_the_same_body_is_one_version_in_whatever_order(andon: Alone) -> None:
    assert andon.put("sources/mes-7", dict(reversed(MES.items())), expect=200)["version"] == 1
    assert andon.put("sources/mes-7", {**MES, "horizon": "P30D"}, expect=200)["version"] == 2
    assert andon.put("sources/mes-8", MES, expect=201)["version"] == 1
    assert andon.get("sources/mes-7")["definition"]["horizon"] == "P30D"
    assert [found["name"] for found in andon.get("sources")["items"]] == ["mes-7", "mes-8"]


def test_true_is_not_one(andon: Alone) -> None:
    of_one = {**MES, "measures": {**MES["measures"], "inspected": {"const": 1}}}
    assert andon.put("sources/mes-7", of_one)["version"] == 2
    of_true = {**MES, "measures": {**MES["measures"], "inspected": {"const": True}}}
    refusal = andon.put("sources/mes-7", of_true, expect=422)
    assert [problem["pointer"] for problem in refusal["errors"]] == ["/measures/inspected"]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("reading-types/x", {"measure": {}}, "/measure"),
        ("reading-types/x", {"measures": {"passed": {"at_most": "inspected"}}}, "/measures/passed/at_most"),
        ("reading-types/x", {"measures": {"passed": {"unit": "9**9**9"}}}, "/measures/passed/unit"),
        ("reading-types/x", {"measures": {"passed": {"unit": "min\n"}}}, "/measures/passed/unit"),
        ("reading-types/x", {"measures": {"passed": {"unit": "parsecs per fortnite"}}}, "/measures/passed/unit"),
        ("reading-types/x", {"measures": {"passed": {"unit": "k" * 10_000}}}, "/measures/passed/unit"),
        ("reading-types/x", {"measures": {"passed": {"minimum": 2, "maximum": 1}}}, "/measures/passed/minimum"),
        ("reading-types/x", {"measures": {"passed": {"minimum": 10**400}}}, "/measures/passed/minimum"),
        ("reading-types/x", {"dimensions": ["line", "line"]}, "/dimensions"),
        ("reading-types/x%0A", INSPECTION, "/name"),
        ("sources/x", {**MES, "reading_type": "nothing"}, "/reading_type"),
        ("sources/x", {**MES, "dimensions": {}}, "/dimensions/line"),
        ("sources/x", {**MES, "time_zone": "Europe/Atlantis"}, "/time_zone"),
        ("sources/x", {**MES, "time_zone": "localtime"}, "/time_zone"),
        ("sources/x", {**MES, "time_zone": "posixrules"}, "/time_zone"),
        ("sources/x", {**MES, "time_zone": "../../etc/passwd"}, "/time_zone"),
        ("sources/x", {**MES, "horizon": "P1Y"}, "/horizon"),
        ("sources/x", {**MES, "event_types": ["andon.correction"]}, "/event_types"),
    ],
)
def test_what_is_wrong_is_named_with_its_pointer(andon: Alone, path: str, body: dict[str, Any], pointer: str) -> None:
    answer = andon.request("PUT", path, body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-definition"), answer.text
    problems = {problem["pointer"]: problem["detail"] for problem in answer.json()["errors"]}
    assert problems.get(pointer), problems
    assert andon.request("GET", path).status_code == 404


def test_a_time_and_a_dimension_may_be_read_from_one_field(andon: Alone) -> None:
    andon.put("sources/mes-7", {**MES, "time": "data.line"})
    andon.take(event("e1", line="2026-11-23T07:00:00Z", time=None))
    assert [(row["observed_at"], row["dimension.line"]) for row in andon.readings()] == [
        ("2026-11-23T07:00:00+00:00", "2026-11-23T07:00:00Z")
    ]


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "W3sifV0", "e30"])
@pytest.mark.parametrize("path", ["sources", "reading-types"])
def test_lists_of_definitions_survive_cursors_that_nobody_gave_out(andon: Alone, path: str, cursor: str) -> None:
    assert andon.request("GET", f"{path}?cursor={cursor}").status_code in (200, 400)
    assert andon.get(path)["items"]


def test_pages_of_definitions_follow_one_another(andon: Alone) -> None:
    for number in range(4):
        andon.put(f"sources/s{number}", MES)
    first = andon.get("sources?limit=3")
    rest = andon.get(f"sources?limit=3&cursor={first['next']}")
    names = [found["name"] for found in (*first["items"], *rest["items"])]
    assert (names, rest["next"]) == (["mes-7", "s0", "s1", "s2", "s3"], None)


def test_a_definition_governs_what_is_sent_after_its_answer(andon: Alone) -> None:
    andon.take(event("e1"))
    andon.put("sources/mes-7", {**MES, "dimensions": {"line": {"const": "all"}}})
    andon.take(event("e2"))
    assert [row["dimension.line"] for row in andon.readings()] == ["A", "all"]


def test_events_of_a_type_that_gained_a_dimension_wait_for_their_source(andon: Alone) -> None:
    andon.put("reading-types/inspection", {**INSPECTION, "dimensions": ["line", "product"]})
    (refused,) = andon.take(event("e1"))["rejected"]
    assert refused["reason"] == "missing-field"
    assert "dimension product" in refused["detail"]
    assert "PUT /v1/sources/mes-7" in refused["detail"]
    andon.put("sources/mes-7", {**MES, "dimensions": {"line": "data.line", "product": {"const": "P1"}}})
    assert andon.settle_entry("replay", {})["replayed"] == 1
    (row,) = andon.readings()
    assert (row["dimension.product"], row["version"]) == ("P1", 2)


def test_a_type_that_lost_a_measure_takes_events_without_it(andon: Alone) -> None:
    lost = {"dimensions": ["line"], "measures": {"inspected": {"unit": "1"}}}
    andon.put("reading-types/inspection", lost)
    assert andon.take(event("e1", passed="anything"))["accepted"] == 1
    (row,) = andon.readings()
    assert "measure.passed" not in row
    assert (row["measure.inspected"], row["version"]) == (100.0, 2)


def test_one_batch_may_hold_readings_of_many_types(andon: Alone) -> None:
    andon.put("reading-types/ticket", {"dimensions": ["team"], "measures": {"minutes": {"unit": "min"}}})
    crm = {
        "reading_type": "ticket",
        "event_types": ["ticket.answered"],
        "dimensions": {"team": "data.team"},
        "measures": {"minutes": {"path": "data.hours", "unit": "h"}},
    }
    andon.put("sources/crm", crm)
    ticket = {**event("t1", source="crm"), "type": "ticket.answered", "data": {"team": "north", "hours": 1.5}}
    assert andon.take(event("e1"), ticket, event("e2"))["accepted"] == 3
    rows = {row["event_id"]: row for row in andon.readings()}
    assert (rows["t1"]["type"], rows["t1"]["measure.minutes"]) == ("ticket", 90.0)
    assert rows["e1"]["type"] == rows["e2"]["type"] == "inspection"


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Asia/Shanghai", "2026-11-23T16:00:00", "2026-11-23T08:00:00+00:00"),
        ("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00"),
        ("Pacific/Apia", "2026-11-23", "2026-11-22T11:00:00+00:00"),
    ],
)
def test_a_time_without_an_offset_is_local_time_of_the_source(andon: Alone, zone: str, local: str, utc: str) -> None:
    andon.put("sources/mes-7", {**MES, "time_zone": zone})
    andon.take(event("e1", time=local), event("e2", time="2026-11-23T08:00:00Z"))
    assert [row["observed_at"] for row in andon.readings()] == [utc, "2026-11-23T08:00:00+00:00"]


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("0001-01-01T00:00:00+14:00", "observed-too-old"),
        ("0000-12-31T00:00:00Z", "observed-too-old"),
        ("-0001-01-01T00:00:00Z", "observed-too-old"),
        ("1899-12-31T00:00:00Z", "observed-too-old"),
        ("9999-12-31T23:59:59-14:00", "observed-in-future"),
        ("+10000-01-01T00:00:00Z", "observed-in-future"),
        ("2026-13-01T00:00:00Z", "time-unreadable"),
        ("2026-11-23T25:00:00Z", "time-unreadable"),
        ("", "time-unreadable"),
    ],
)
@pytest.mark.parametrize("horizon", ["P400D", "unlimited"])
def test_times_out_of_this_world_are_the_fault_of_one_event(andon: Alone, time: str, reason: str, horizon: str) -> None:
    andon.put("sources/mes-7", {**MES, "horizon": horizon})
    answer = andon.take(event("e1"), event("e2", time=time), event("e3"))
    assert [(one["index"], one["reason"]) for one in answer["rejected"]] == [(1, reason)]
    assert andon.ids() == ["e1", "e3"]


def test_only_acceptance_judges_age(andon: Alone) -> None:
    """Within the clock's tolerance an event may be ahead; what was refused as too early can be replayed later."""
    ahead = event("e1", time="2026-11-23T09:04:00Z")
    early = event("e2", time="2026-11-23T09:06:00Z")
    assert [one["reason"] for one in andon.take(ahead, early)["rejected"]] == ["observed-in-future"]
    andon.clock.advance(timedelta(minutes=1))
    assert andon.settle_entry("replay", {})["replayed"] == 1
    assert andon.ids() == ["e1", "e2"]


def test_a_source_is_registered_again_after_a_restart_with_what_it_had(andon: Alone) -> None:
    andon.restart()
    andon.take(event("e1"))
    assert andon.put("sources/mes-7", MES, expect=200)["version"] == 1
    assert andon.ids() == ["e1"]
