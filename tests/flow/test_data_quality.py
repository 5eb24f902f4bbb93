"""Rejection rate, timeliness and completeness of a source: counted exactly, judged by rules, promised by goals."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.inspection_plant import DEFINITIONS
from tests.support.platform import START, OneThread, one_thread
from tests.support.results import everything

MES = DEFINITIONS["sources/mes-7"]
PROMISED = DEFINITIONS | {"sources/mes-7": MES | {"cadence": "PT5M", "on_time_within": "PT10M"}}
MINUTE = timedelta(minutes=1)


def event(number: int, *, late: timedelta = timedelta(0), total: Any = 100, at: timedelta) -> dict[str, Any]:
    """One that is sent at START + `at`, and was observed so much earlier."""
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "mes-7",
        "type": "inspection.completed",
        "time": (START + at - late).isoformat(),
        "data": {"line": "A", "product": "pump", "total": total, "passed": 97},
    }


def quality(andon: OneThread, name: str) -> list[tuple[str, float | None, float, float]]:
    """(hour, value, numerator, denominator) of each window."""
    return [
        (value["window"]["start"][11:16], value["value"], value["numerator"], value["denominator"])
        for value in everything(andon.get, f"/v1/indicators/{name}/values")
        if value["subject"] == {"source": "mes-7"}
    ]


def hour_of_events(andon: OneThread) -> None:
    """Every five minutes of an hour one event: two of the twelve late by twenty minutes, and three refused beside them."""
    for number in range(12):
        at = number * 5 * MINUTE
        andon.clock.advance(START + at - andon.clock.now())
        late = 20 * MINUTE if number in (5, 8) else timedelta(0)
        andon.send([event(number, late=late, at=at)])
        if number in (2, 3, 4):
            andon.send([event(100 + number, total="many", at=at)])
        andon.settle()


RULE = {
    "indicator": "andon-rejection-rate",
    "kind": "target",
    "comparator": "<=",
    "target": 0.1,
    "severity": "major",
    "opens_issue": True,
}
GOAL = {"indicator": "andon-timeliness", "subject": {"source": "mes-7"}, "comparator": ">=", "target": 0.9, "owner": "Chen Jie"}  # fmt: skip
PLANNER = {"Andon-Actor": "Li Wei; quality_manager"}
DIRECTOR = {"Andon-Actor": "Wang Fang; director"}


def test_quality_is_measured_judged_and_promised(tmp_path: Path) -> None:
    with one_thread(tmp_path) as andon:
        andon.settle()
        andon.define(PROMISED | {"rules/source-sends-nonsense": RULE})
        set_goal(andon)
        hour_of_events(andon)
        for _ in range(8):
            andon.pass_time(timedelta(minutes=15))
        assert quality(andon, "andon-rejection-rate") == [("09:00", 3 / 15, 3, 15)]
        assert quality(andon, "andon-timeliness") == [("09:00", 10 / 12, 10, 12)]
        hours = {hour: rest for hour, *rest in quality(andon, "andon-completeness")}
        assert hours["09:00"] == [1.0, 12, 12]
        assert hours["10:00"] == [0.0, 0, 12], "nothing came of what was due"

        [anomaly] = everything(andon.get, "/v1/anomalies?indicator=andon-rejection-rate")
        assert (anomaly["rule"], anomaly["subject"]) == ("source-sends-nonsense", {"source": "mes-7"})
        issues = [issue["anomaly_id"] for issue in everything(andon.get, "/v1/issues")]
        assert anomaly["id"] in issues
        [attained] = andon.get("/v1/goal-sets/2026/attainment").json()["items"]
        assert (attained["health"], attained["indicator"]) == ("at_risk", "andon-timeliness")


def test_late_events_restate_the_hour_that_they_belong_to_and_copies_change_nothing(tmp_path: Path) -> None:
    with one_thread(tmp_path) as andon:
        andon.define(PROMISED)
        hour_of_events(andon)
        for _ in range(8):
            andon.pass_time(timedelta(minutes=15))
        at = andon.clock.now() - START
        late = event(50, late=at - 30 * MINUTE, at=at)
        refused = event(103, total="many", at=15 * MINUTE)
        for copies in ([late], [late, refused], [event(3, at=15 * MINUTE), late]):
            andon.send(copies)
            andon.settle()
        for _ in range(8):
            andon.pass_time(timedelta(minutes=15))
        assert quality(andon, "andon-timeliness") == [("09:00", 10 / 13, 10, 13)]
        assert quality(andon, "andon-rejection-rate") == [("09:00", 3 / 15, 3, 15), ("11:00", 0.0, 0, 1)]
        hours = {hour: rest for hour, *rest in quality(andon, "andon-completeness")}
        assert hours["09:00"] == [13 / 12, 13, 12]


def test_nothing_is_said_of_the_completeness_of_a_source_without_cadence(tmp_path: Path) -> None:
    with one_thread(tmp_path) as andon:
        andon.define()
        hour_of_events(andon)
        andon.pass_time(timedelta(hours=3))
        assert quality(andon, "andon-completeness") == []
        assert quality(andon, "andon-timeliness") == [("09:00", 10 / 12, 10, 12)]


def set_goal(andon: OneThread) -> None:
    body = {"title": {"en": "2026"}, "goals": {"timely": GOAL}}
    answer = andon.http.put("/v1/goal-sets/2026", json=body, headers=PLANNER)
    assert answer.status_code == 201, answer.text
    for trigger, actor in (
        ("decompose", PLANNER),
        ("submit", PLANNER),
        ("vote-approve", DIRECTOR),
        ("publish", PLANNER),
    ):
        answer = andon.http.post(f"/v1/goal-sets/2026/{trigger}", json={}, headers=actor)
        assert answer.status_code == 200, answer.text
        andon.settle()


def test_a_source_that_stops_is_noticed_without_an_indicator_for_it(tmp_path: Path) -> None:
    with one_thread(tmp_path) as andon:
        andon.settle()
        silent = {"indicator": "andon-timeliness", "kind": "missing_data", "opens_issue": True}
        promised = {"indicator": "andon-completeness", "kind": "target", "comparator": ">=", "target": 0.9}
        andon.define(PROMISED | {"rules/source-is-silent": silent, "rules/data-are-due": promised})
        hour_of_events(andon)
        assert everything(andon.get, "/v1/anomalies") == []
        for _ in range(12):
            andon.pass_time(timedelta(minutes=15))
        found = {anomaly["rule"]: anomaly["subject"] for anomaly in everything(andon.get, "/v1/anomalies")}
        assert found == {"source-is-silent": {"source": "mes-7"}, "data-are-due": {"source": "mes-7"}}
