"""Every append and every write transaction of a whole day fails once, before or after its effect: nothing is lost or doubled."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from shared.database.engine import DatabaseUnavailable
from shared.eventlog.port import LogUnavailable
from tests.support.crash import Crash, Fault, FaultyLog, Kind, Moment, make_faulty
from tests.support.inspection_plant import batches, expected
from tests.support.platform import OneThread, one_thread
from tests.support.results import observed

EFFECTS_PER_TEST = 16
FAULTY_DAYS = (25, 26)
"""Days on which weeks close, anomalies are raised and issues opened."""


def survive(andon: OneThread, attempt: Callable[[], object]) -> bool:
    """Run something that a fault may strike; a crash restarts every service. Says whether it went through."""
    try:
        attempt()
    except Crash:
        andon.restart()
        return False
    except (LogUnavailable, DatabaseUnavailable):
        return False
    return True


def send_until_accepted(andon: OneThread, batch: list[dict[str, object]]) -> None:
    while not survive(andon, lambda: andon.send(batch)):
        pass


def settle(andon: OneThread) -> None:
    while not survive(andon, andon.settle):
        pass


@pytest.mark.parametrize("kind", ["error", "crash"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", range(1, EFFECTS_PER_TEST + 1))
def test_a_failure_at_any_effect_changes_nothing(tmp_path: Path, at: int, moment: Moment, kind: Kind) -> None:
    days = batches(seed=7, weeks=5)
    fault = Fault(at, moment, kind)
    with one_thread(tmp_path, log_type=FaultyLog) as andon:
        assert isinstance(andon.log, FaultyLog)
        andon.define()
        for number, batch in enumerate(days):
            if number == FAULTY_DAYS[0]:
                andon.settle()
                andon.log.fault = fault
                for service in andon.services:
                    make_faulty(service.wiring.database, fault)
            send_until_accepted(andon, batch)
            if number in FAULTY_DAYS:
                settle(andon)
        settle(andon)

        assert fault.has_struck, "the day has fewer effects than this test counts"
        assert observed(andon.get) == expected(days)


def test_the_sender_is_told_to_repeat_when_the_log_is_away(tmp_path: Path) -> None:
    with one_thread(tmp_path, log_type=FaultyLog) as andon:
        assert isinstance(andon.log, FaultyLog)
        andon.define()
        andon.log.fault = Fault(1, "before", "error")
        batch = batches(seed=7)[0]
        refused: httpx.Response = andon.post_events(batch)
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert andon.post_events(batch).status_code == 202
