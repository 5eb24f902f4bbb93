"""A rule observes, acts, is corrected and is judged by people, through all four services."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.flow.weekly_inspections import inspection, revision
from tests.support.platform import OneThread, one_thread
from tests.support.results import everything

MANAGER = {"Andon-Actor": "Li Wei; quality_manager"}
RULE = {
    "indicator": "first-pass-yield",
    "kind": "target",
    "comparator": ">=",
    "target": 0.95,
    "for_windows": 2,
    "opens_issue": True,
}


@pytest.fixture
def andon(tmp_path: Path) -> Iterator[OneThread]:
    with one_thread(tmp_path) as running:
        running.define()
        put_rule(running, mode="observe")
        yield running


def put_rule(andon: OneThread, **changed: Any) -> None:
    andon.define({"rules/yield-below-95": {**RULE, **changed}})
    andon.settle()


def correction(number: int, week: int, passed: int, *, later: int = 0) -> dict[str, Any]:
    return revision("correction", number, inspection(number, week, passed), later=later)


def send(andon: OneThread, *events: dict[str, Any]) -> None:
    """Send events, and let the source fall idle, so that every window that has begun and ended closes."""
    andon.send(events)
    andon.settle()
    andon.pass_time(timedelta(hours=2))


def anomalies(andon: OneThread, query: str = "") -> list[dict[str, Any]]:
    return everything(andon.get, f"/v1/anomalies{query}")


def issues(andon: OneThread) -> list[dict[str, Any]]:
    return everything(andon.get, "/v1/issues")


def call(andon: OneThread, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = andon.http.post(f"/v1/{path}", json=body, headers=MANAGER)
    assert answer.status_code == 200, answer.text
    andon.settle()
    found: dict[str, Any] = answer.json()
    return found


def statistics(andon: OneThread) -> dict[str, Any]:
    found: dict[str, Any] = andon.get("/v1/rules/yield-below-95/statistics").json()
    return found


def test_an_observing_rule_raises_and_opens_nothing_until_it_acts(andon: OneThread) -> None:
    send(andon, inspection(0, 0, 90), inspection(1, 1, 90), inspection(2, 2, 99), inspection(3, 3, 90))
    send(andon, inspection(4, 4, 90), inspection(5, 5, 99))
    observed = anomalies(andon)
    assert [(one["state"], one["opens_issue"]) for one in observed] == [("cleared", False), ("cleared", False)]
    send(andon, correction(5, 5, 90))
    assert [one["state"] for one in anomalies(andon)] == ["cleared", "open"]
    assert issues(andon) == []
    assert call(andon, "rules/yield-below-95/dry-run", {**RULE})["difference"]["both"] == 2

    put_rule(andon, mode="act")
    [over, goes_on] = anomalies(andon)
    assert [(one["rule_version"], one["opens_issue"]) for one in (over, goes_on)] == [(3, True), (3, True)]
    [issue] = issues(andon)
    assert issue["anomaly_id"] == goes_on["id"]

    put_rule(andon, mode="observe")
    send(andon, inspection(6, 6, 99))
    assert [one["state"] for one in anomalies(andon)] == ["cleared", "cleared"]
    [issue] = issues(andon)
    seen = andon.get(f"/v1/issues/{issue['id']}").json()["seen"]
    assert [(one["id"], one["state"]) for one in seen] == [(goes_on["id"], "cleared")]


def test_an_anomaly_is_judged_again_when_data_are_corrected(andon: OneThread) -> None:
    put_rule(andon, mode="act")
    send(andon, inspection(0, 0, 90), inspection(1, 1, 90), inspection(2, 2, 99), inspection(3, 7, 99))
    [cleared] = anomalies(andon)
    assert cleared["state"] == "cleared"
    send(andon, correction(1, 1, 99))
    assert anomalies(andon) == []
    [withdrawn] = anomalies(andon, "?state=withdrawn")
    assert withdrawn["id"] == cleared["id"]
    [issue] = issues(andon)
    assert issue["evidence_withdrawn"] is True

    send(andon, correction(1, 1, 91, later=1), correction(2, 2, 92))
    [late] = anomalies(andon)
    assert (late["state"], late["windows_missed"], late["id"] == cleared["id"]) == ("cleared", 3, False)
    [issue] = issues(andon)
    assert (issue["occurrences"], issue["evidence_withdrawn"]) == (2, False)
    counts = statistics(andon)["anomalies"]
    assert counts == {"raised": 2, "open": 0, "cleared": 1, "withdrawn": 1}


def test_people_judge_the_rule_by_its_issues(andon: OneThread) -> None:
    put_rule(andon, mode="act")
    send(andon, inspection(0, 0, 90), inspection(1, 1, 90), inspection(2, 2, 99), inspection(3, 3, 99))
    [first] = issues(andon)
    call(andon, f"issues/{first['id']}/accept", {"owner": "Chen Jie"})
    assert statistics(andon)["issues"]["undecided"] == 1
    call(andon, f"issues/{first['id']}/reject", {"reason_code": "false_signal", "reason": "a test run"})
    assert statistics(andon)["false_alarm_share"] == 1.0

    send(andon, inspection(4, 4, 90), inspection(5, 5, 90), inspection(6, 6, 99))
    [_, second] = issues(andon)
    call(andon, f"issues/{second['id']}/accept", {"owner": "Chen Jie"})
    call(andon, f"issues/{second['id']}/classify-correction", {"problem": {"what": "scratches"}})
    andon.restart()
    andon.settle()
    found = statistics(andon)
    assert found["issues"] == {"total": 2, "undecided": 0, "confirmed": 1, "rejected_as_false": 1, "data_error": 0}
    assert found["false_alarm_share"] == 0.5
