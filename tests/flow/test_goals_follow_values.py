"""A goal set that becomes active after its values have come tells at once how its goals stand."""

import json
from pathlib import Path

from shared.eventlog.port import Partition
from shared.events.topics import GOAL_CHANGES
from tests.support.inspection_plant import batches, expected
from tests.support.platform import OneThread, one_thread

PLANNER = {"Andon-Actor": "Li Wei; quality_manager"}
DIRECTOR = {"Andon-Actor": "Wang Fang; director"}
GOALS = "goal-sets/2026"


def told(andon: OneThread) -> list[str]:
    """Types of what was published of goals."""
    found = []
    for number in range(andon.log.partition_count(GOAL_CHANGES)):
        first, end = andon.log.offsets(Partition(GOAL_CHANGES, number))
        place = Partition(GOAL_CHANGES, number)
        records = andon.log.read(place, first, max_records=end - first, max_bytes=2**30)  # type: ignore[attr-defined]
        found += [str(json.loads(record.value)["type"]) for record in records]
    return found


def do(andon: OneThread, trigger: str, actor: dict[str, str]) -> None:
    answer = andon.http.post(f"/v1/{GOALS}/{trigger}", json={}, headers=actor)
    assert answer.status_code == 200, answer.text
    andon.settle()


def test_a_set_that_is_activated_late_is_judged_by_what_is_known(tmp_path: Path) -> None:
    days = batches(3)
    worst = min(expected(days).values, key=lambda value: value.numerator / value.denominator)
    with one_thread(tmp_path) as andon:
        andon.define()
        for batch in days:
            andon.send(batch)
        andon.settle()
        goal = {"indicator": "first-pass-yield", "subject": {"line": worst.line}, "comparator": ">=", "target": 0.99, "owner": "Chen Jie"}  # fmt: skip
        body = {"title": {"en": "2026"}, "goals": {"yield": goal}}
        put = andon.http.put(f"/v1/{GOALS}", json=body, headers=PLANNER)
        assert put.status_code == 201, put.text
        for trigger, actor in (("decompose", PLANNER), ("submit", PLANNER), ("vote-approve", DIRECTOR)):
            do(andon, trigger, actor)
        assert "andon.goal.health_changed.v1" not in told(andon)
        do(andon, "publish", PLANNER)
        assert told(andon).count("andon.goal.health_changed.v1") == 1
        [attained] = andon.get(f"/v1/{GOALS}/attainment").json()["items"]
        assert (attained["health"] == "off_track") == ("andon.goal.breached.v1" in told(andon))
        assert attained["health"] != "no_data"
