"""What sources promise goes along with their readings, and what is due is stated on the log once."""

from datetime import timedelta
from typing import Any

import pytest

from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import LogUnavailable
from shared.events.readings import CADENCE_HEADER, ON_TIME_WITHIN_HEADER
from shared.events.topics import READINGS
from tests.service.ingest.alone import MES, Alone, alone, event

MINUTE = timedelta(minutes=1)
PROMISED = MES | {"cadence": "PT5M", "on_time_within": "PT10M"}


def due(andon: Alone) -> list[str]:
    """When the spans begin that are stated, as often as they are."""
    rows = [row for row in andon.readings() if row["type"] == "andon-expectation"]
    assert all((row["source"], row["measure.expected"]) == ("mes-7", 1.0) for row in rows)
    return [row["observed_at"][11:16] for row in rows]


def pass_minutes(andon: Alone, minutes: int) -> None:
    for _ in range(minutes):
        andon.pass_time(MINUTE)


def test_a_source_without_cadence_owes_nothing(andon: Alone) -> None:
    pass_minutes(andon, 20)
    assert andon.readings() == []


def test_what_is_due_is_stated_when_its_time_is_over_and_once(andon: Alone) -> None:
    andon.put("sources/mes-7", PROMISED)
    andon.settle()
    pass_minutes(andon, 11)
    assert due(andon) == ["09:00", "09:05"]
    andon.restart()
    andon.pass_time(10 * MINUTE)
    assert due(andon) == ["09:00", "09:05", "09:10", "09:15"], "the time in which nothing ran included"


def test_nothing_is_due_while_a_source_has_no_cadence(andon: Alone) -> None:
    andon.put("sources/mes-7", PROMISED)
    pass_minutes(andon, 6)
    andon.put("sources/mes-7", MES)
    pass_minutes(andon, 30)
    andon.put("sources/mes-7", PROMISED)
    pass_minutes(andon, 6)
    assert due(andon) == ["09:00"]
    pass_minutes(andon, 4)
    assert due(andon) == ["09:00", "09:40"]


class FailingOnce(MemoryLog):
    """Takes the next append of a span, and then says that it could not."""

    fails = False

    def append(self, records: Any) -> Any:
        appended = super().append(records)
        if self.fails:
            self.fails = False
            raise LogUnavailable("the answer was lost")
        return appended


def test_a_span_whose_answer_was_lost_is_stated_again_under_the_same_id(tmp_path: Any) -> None:
    with alone(tmp_path, log_type=FailingOnce) as andon:
        andon.put("sources/mes-7", PROMISED)
        andon.settle()
        assert isinstance(andon.log, FailingOnce)
        andon.log.fails = True
        with pytest.raises(LogUnavailable):
            andon.pass_time(6 * MINUTE)
        andon.settle()
        assert due(andon) == ["09:00", "09:00"]
        assert len(set(andon.ids())) == 1, "the fold counts it once"


def test_blocks_say_what_their_source_promises(andon: Alone) -> None:
    andon.take(event("e1"))
    andon.put("sources/mes-7", PROMISED)
    andon.take(event("e2"))
    told = [dict(record.headers) for record in andon.records(READINGS)]
    promised = [(one.get(ON_TIME_WITHIN_HEADER), one.get(CADENCE_HEADER)) for one in told]
    assert set(promised) == {(b"600", b"300"), (None, None)}


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("cadence", "PT0S", "the shortest there may be here"),
        ("cadence", "often", "is not a duration"),
        ("cadence", "P2000D", "the longest there may be here"),
        ("on_time_within", "PT30S", "shorter than PT1M"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused(andon: Alone, field: str, value: str, remedy: str) -> None:
    answer = andon.request("PUT", "sources/mes-7", MES | {field: value})
    assert answer.status_code == 422
    [problem] = answer.json()["errors"]
    assert problem["pointer"] == f"/{field}"
    assert remedy in problem["detail"]
