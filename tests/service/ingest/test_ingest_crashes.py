"""A crash at each step of taking in, releasing and replaying: done again, everything stands where it should, and once per id."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from shared.eventlog.port import NewRecord
from shared.events.topics import raw_topic
from tests.service.ingest.alone import MES, Alone, alone, as_json, event
from tests.support.crash import Crash, Fault, FaultyLog, Kind, Moment, make_faulty

A_WHILE = timedelta(minutes=1)
"""Longer than a consumer waits before it tries again."""
GOOD = ["e0", "e2"]
MIXED = [event("e0"), event("e1", total="many"), event("e2")]


def arm(andon: Alone, fault: Fault) -> None:
    """From now on the fault strikes: an effect is one append, or one write transaction."""
    assert isinstance(andon.log, FaultyLog)
    andon.log.fault = fault
    make_faulty(andon.service.wiring.database, fault)


def until_done(andon: Alone, attempt: Callable[[], httpx.Response]) -> httpx.Response:
    """What a sender does: the same again, until it is answered with something else than "try again later"."""
    for _ in range(5):
        try:
            answer = attempt()
        except Crash:
            andon.restart()
            continue
        if answer.status_code != 503:
            return answer
        assert "retry-after" in answer.headers
    raise AssertionError("it never got through")


def struck(fault: Fault, readings: list[str]) -> None:
    """The fault has struck; every id is there, and twice at most, for the fold to drop."""
    assert fault.has_struck, "there are fewer effects than this test counts"
    assert sorted(set(readings)) == GOOD
    assert len(readings) <= 2 * len(GOOD)


@pytest.mark.parametrize("kind", ["error", "crash"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_taking_in_may_fail_at_any_step(tmp_path: Path, at: int, moment: Moment, kind: Kind) -> None:
    """Effect 1 commits the quarantine, effect 2 appends the readings."""
    fault = Fault(at, moment, kind)
    with alone(tmp_path, log_type=FaultyLog) as andon:
        arm(andon, fault)
        answer = until_done(andon, lambda: andon.request("POST", "metric-events", MIXED))
        assert answer.status_code == 202
        assert answer.json()["accepted"] == 2
        assert [(one["index"], one["reason"]) for one in answer.json()["rejected"]] == [(1, "not-a-number")]
        struck(fault, andon.ids())
        assert [entry["event_id"] for entry in andon.quarantine()] == ["e1"]
        assert len(andon.ids()) == (4 if (at, moment) == (2, "after") else 2)


def test_an_answer_that_was_lost_is_given_again(tmp_path: Path) -> None:
    with alone(tmp_path) as andon:
        first = andon.request("POST", "metric-events", MIXED)
        andon.restart()
        assert andon.request("POST", "metric-events", MIXED).json() == first.json()
        assert len(andon.quarantine()) == 1


@pytest.mark.parametrize("kind", ["error", "crash"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_releasing_may_fail_at_any_step(tmp_path: Path, at: int, moment: Moment, kind: Kind) -> None:
    """Effect 1 appends the corrected event, effect 2 marks the entry."""
    fault = Fault(at, moment, kind)
    with alone(tmp_path, log_type=FaultyLog) as andon:
        (refused,) = andon.take(event("e1", total="many"))["rejected"]
        arm(andon, fault)
        path = f"quarantine/{refused['quarantine_id']}/release"
        answer = until_done(andon, lambda: andon.request("POST", path, {"event": event("e1")}))
        marked_before = (at, moment) == (2, "after")
        assert answer.status_code == (409 if marked_before else 200)
        assert fault.has_struck
        assert set(andon.ids()) == {"e1"}
        (entry,) = andon.quarantine("state=released")
        assert [line["did"] for line in entry["history"]] == ["released"]


@pytest.mark.parametrize("kind", ["error", "crash"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_replaying_may_fail_between_append_and_mark(tmp_path: Path, at: int, moment: Moment, kind: Kind) -> None:
    fault = Fault(at, moment, kind)
    with alone(tmp_path, log_type=FaultyLog) as andon:
        andon.put("sources/mes-7", {**MES, "event_types": ["other"]})
        andon.take(*MIXED)
        andon.put("sources/mes-7", MES)
        arm(andon, fault)
        answer = until_done(andon, lambda: andon.request("POST", "quarantine/replay", {}))
        assert answer.json()["still_quarantined"] == 1
        struck(fault, andon.ids())
        assert len(andon.quarantine("state=replayed")) == 2
        assert [entry["event_id"] for entry in andon.quarantine()] == ["e1"]
        assert until_done(andon, lambda: andon.request("POST", "quarantine/replay", {})).json()["replayed"] == 0


@pytest.mark.parametrize("kind", ["error", "crash"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_taking_in_raw_records_may_fail_at_any_step(tmp_path: Path, at: int, moment: Moment, kind: Kind) -> None:
    """Effect 1 commits the quarantine, effect 2 appends the readings, effect 3 moves the position."""
    fault = Fault(at, moment, kind)
    with alone(tmp_path, log_type=FaultyLog) as andon:
        andon.settle()
        assert isinstance(andon.log, FaultyLog)
        lines = b"\n".join(map(as_json, MIXED))
        andon.log.append([NewRecord(raw_topic("mes-7"), lines)])
        arm(andon, fault)
        for _ in range(5):
            try:
                andon.pass_time(A_WHILE)
            except Crash:
                andon.restart()
        struck(fault, andon.ids())
        assert [entry["event_id"] for entry in andon.quarantine()] == ["e1"]
        andon.restart()
        seen = andon.ids()
        andon.settle()
        assert andon.ids() == seen, "a position that was moved is not read again"
