"""An event that was wrong, corrected by its source: values are restated, the anomaly is withdrawn, the issue is told."""

from datetime import timedelta
from pathlib import Path

from tests.flow.weekly_inspections import inspection, revision
from tests.support.platform import OneThread, one_thread
from tests.support.results import everything


def weeks(andon: OneThread) -> list[tuple[float, int, str]]:
    items = everything(andon.get, "/v1/indicators/first-pass-yield/values")
    return [(item["value"], item["sample_size"], item["status"]) for item in items]


def test_a_correction_is_followed_to_the_issue(tmp_path: Path) -> None:
    with one_thread(tmp_path) as andon:
        andon.define()
        sent = [inspection(0, 0, 90), inspection(1, 1, 90), inspection(2, 1, 92), inspection(3, 7, 99)]
        andon.send(sent)
        andon.settle()
        [issue] = everything(andon.get, "/v1/issues")
        assert weeks(andon)[:2] == [(0.9, 1, "final"), (0.91, 2, "final")]

        andon.send([revision("correction", 0, inspection(0, 0, 99)), revision("retraction", 1)])
        andon.settle()
        assert weeks(andon)[:2] == [(0.99, 1, "restated"), (0.92, 1, "restated")]
        assert everything(andon.get, "/v1/anomalies") == []
        assert andon.get(f"/v1/issues/{issue['id']}").json()["evidence_withdrawn"] is True

        andon.send([*sent, revision("retraction", 1)])
        andon.settle()
        assert weeks(andon)[:2] == [(0.99, 1, "restated"), (0.92, 1, "restated")]


def test_a_window_closes_that_holds_nothing_but_a_correction_that_came_before_its_event(tmp_path: Path) -> None:
    """Found by simulation, seed 1400903: the source of corrected readings alone was unknown, and no window of it ever closed."""
    with one_thread(tmp_path) as andon:
        andon.define()
        for event in (revision("correction", 0, inspection(0, 0, 99)), inspection(0, 0, 90)):
            andon.send([event])
            andon.settle()
        andon.pass_time(timedelta(days=2))
        assert weeks(andon) == [(0.99, 1, "final")]
