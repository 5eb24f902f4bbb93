"""Control charts over HTTP: points, limits, phases that people begin, baselines that are kept, targets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from services.analytics.adapters.reader import SqlReaders
from services.analytics.adapters.units_of_work import SqlChartUnitOfWork
from services.analytics.domain.control_chart.frozen_baseline import FrozenBaseline
from services.analytics.domain.value_frame import series_of
from services.analytics.use_cases.query_chart import AskForChart, QueryChart
from tests.service.analytics.alone import START, Alone, Inspection, Revision, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2025, 1, 6, tzinfo=UTC)
CHART = "indicators/first-pass-yield/chart?subject.line=A"
SVG = "{http://www.w3.org/2000/svg}"
PHASES = "indicators/first-pass-yield/phases"


def start_of(week: int) -> str:
    return (MONDAY + week * timedelta(weeks=1)).isoformat().replace("+00:00", "Z")


def inspection(week: int, passed: float, line: str = "A") -> Inspection:
    return Inspection(f"{line}{week}", MONDAY + timedelta(weeks=week, hours=9), line, passed, 1000)


def steady(count: int, first: int = 0, level: int = 960) -> list[Inspection]:
    """Weeks that scatter a little less than chance would."""
    return [inspection(first + place, level + 5 * (-1) ** place) for place in range(count)]


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", YIELD)
        yield running


def fill(plant: Alone, readings: list[Inspection]) -> dict[str, Any]:
    """The chart once all windows of the readings are final."""
    plant.send(readings)
    plant.pass_time(timedelta(hours=3))
    return plant.get(CHART)


def rebase(plant: Alone, week: int, reason: str = "new torque tool", **changed: Any) -> Any:
    body = {"subject": {"line": "A"}, "from": start_of(week), "reason": reason} | changed
    return plant.request("POST", PHASES, body, actor="Li Wei; quality_manager")


def test_a_series_without_values_has_an_empty_chart(plant: Alone) -> None:
    chart = plant.get(CHART)
    assert (chart["state"], chart["points"], chart["signals"], chart["target"]) == ("waiting", [], [], None)
    assert [phase["from"] for phase in chart["phases"]] == [None]


def test_a_chart_has_points_centre_limits_and_signals(plant: Alone) -> None:
    chart = fill(plant, [*steady(30), inspection(30, 880)])
    assert (chart["indicator"], chart["subject"], chart["title"]["zh"]) == (
        "first-pass-yield",
        {"line": "A"},
        "一次交验合格率",
    )
    assert chart["centre"] == pytest.approx(0.96)
    spread = 3 * (0.96 * 0.04 / 1000) ** 0.5
    assert chart["limits"] == pytest.approx({"lower": 0.96 - spread, "upper": 0.96 + spread})
    assert (chart["chart"]["type"], chart["chart"]["reason"]) == ("p", "share-of-a-whole")
    assert chart["chart"]["explanation"].startswith("p: a share of so many trials scatters binomially")
    [signal] = [signal for signal in chart["signals"] if signal["rule"] == "N1"]
    assert (signal["side"], signal["effect"], signal["window"]["start"]) == ("below", "worse", start_of(30))
    assert signal["windows"] == [signal["window"]]
    assert chart["points"][30]["signals"] == ["N1"]
    assert [point["joined"] for point in chart["points"]] == [False] + [True] * 30


def test_from_and_to_choose_what_is_shown_and_move_no_limit(plant: Alone) -> None:
    whole = fill(plant, [*steady(30), inspection(30, 880)])
    part = plant.get(f"{CHART}&from={start_of(10)}&to={start_of(20)}")
    assert part["points"] == whole["points"][10:20]
    assert (part["limits"], part["signals"]) == (whole["limits"], [])


def test_a_baseline_is_kept_once_it_is_complete_and_later_data_leave_it_alone(plant: Alone) -> None:
    learning = fill(plant, steady(23))
    assert (learning["state"], learning["phases"][0]["baselines"]) == ("learning", [])
    frozen = fill(plant, steady(1, first=23))
    assert frozen["state"] == "frozen"
    [kept] = frozen["phases"][0]["baselines"]
    assert (kept["version"], kept["points"], kept["chart"], kept["actor"]) == (1, 24, "p", "analytics")
    assert kept["reason"] == "the first 24 judged windows are complete"
    assert kept["window"] == {"start": start_of(0), "end": start_of(24)}
    later = fill(plant, steady(20, first=24, level=800))
    assert later["phases"][0]["baselines"] == [kept]
    assert later["limits"] == frozen["limits"]


def test_a_correction_restates_the_baseline_with_a_reason(plant: Alone) -> None:
    before = fill(plant, steady(26))
    again = inspection(3, 700)
    plant.revise([Revision("c1", MONDAY + timedelta(weeks=30), "A3", again)])
    plant.pass_time(timedelta(hours=3))
    for chart in (plant.get(CHART), plant.get(CHART)):
        first, second = chart["phases"][0]["baselines"]
        assert first == before["phases"][0]["baselines"][0]
        assert (second["version"], second["actor"]) == (2, "analytics")
        assert "corrected data" in second["reason"]
        assert chart["centre"] != before["centre"]


def test_who_reads_older_values_does_not_undo_a_restated_baseline(plant: Alone) -> None:
    database = plant.service.wiring.database
    plant.send(steady(26))
    plant.pass_time(timedelta(hours=3))
    series = series_of("first-pass-yield", 1, '{"line":"A"}')

    def overtaken() -> SqlChartUnitOfWork:
        """Between reading and keeping, another request keeps what a correction has changed."""
        with SqlChartUnitOfWork(database) as other:
            other.charts.add_baseline(series, FrozenBaseline("beginning", 1, {}, "restated", "analytics", START))
            other.commit()
        return SqlChartUnitOfWork(database)

    query = QueryChart(SqlReaders(database), overtaken)
    shown = query(AskForChart("first-pass-yield", {"line": "A"}), now=START)
    assert [kept.reason for kept in shown.baselines["beginning"]] == ["restated"]


def test_a_phase_is_begun_on_purpose(plant: Alone) -> None:
    fill(plant, [*steady(30), *steady(26, first=30, level=990)])
    answer = rebase(plant, 30, "new torque tool; verified by issue 17")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["from"], made["version"], made["actor"]) == (start_of(30), 1, "Li Wei")
    chart = plant.get(CHART)
    assert [(phase["from"], phase["state"]) for phase in chart["phases"]] == [
        (start_of(0), "frozen"),
        (start_of(30), "frozen"),
    ]
    assert chart["phases"][1]["rebase"] == made
    [kept] = chart["phases"][1]["baselines"]
    assert (kept["actor"], kept["reason"]) == ("Li Wei", "new torque tool; verified by issue 17")
    assert chart["centre"] == pytest.approx(0.99)
    assert chart["points"][0]["centre"] == pytest.approx(0.96)
    assert chart["points"][30]["joined"] is False


def test_the_same_rebase_twice_is_one_and_another_reason_a_new_version(plant: Alone) -> None:
    first = rebase(plant, 30)
    again, corrected = rebase(plant, 30, "  new torque tool "), rebase(plant, 30, "new torque tool and fixture")
    assert [answer.status_code for answer in (first, again, corrected)] == [201, 200, 200]
    assert again.json() == first.json()
    listed = plant.get(f"{PHASES}?subject.line=A")
    assert listed == {"items": [first.json(), corrected.json()], "next": None}
    assert [item["version"] for item in listed["items"]] == [1, 2]
    [phase] = plant.get(CHART)["phases"]
    assert phase["rebase"]["reason"] == "new torque tool and fixture"


def test_a_phase_that_was_begun_by_mistake_is_taken_back_and_stays_on_record(plant: Alone) -> None:
    before = fill(plant, steady(30))
    rebase(plant, 20, "wrong week")
    assert len(plant.get(CHART)["phases"]) == 2
    taken = [rebase(plant, 20, "it was line B", withdrawn=True) for _ in range(2)]
    assert [answer.status_code for answer in taken] == [200, 200]
    assert plant.get(CHART) == before
    listed = plant.get(f"{PHASES}?subject.line=A")["items"]
    assert [(item["version"], item["reason"], item["withdrawn"]) for item in listed] == [
        (1, "wrong week", False),
        (2, "it was line B", True),
    ]
    assert rebase(plant, 20, "after all").json()["version"] == 3
    assert len(plant.get(CHART)["phases"]) == 2


def test_windows_with_a_known_cause_set_no_limits_and_stay(plant: Alone) -> None:
    readings = [*steady(12), inspection(12, 700), *steady(8, first=13)]
    fill(plant, readings)
    assert plant.get(CHART)["state"] == "learning"
    plan = {"baseline_windows": 21, "excluded": [start_of(12)]}
    made = rebase(plant, 0, "the scale was broken", **plan).json()
    assert (made["version"], made["baseline_windows"], made["excluded"]) == (1, 21, [start_of(12)])
    again = rebase(plant, 0, "the scale was broken", **plan)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    chart = plant.get(CHART)
    [phase] = chart["phases"]
    assert (phase["state"], phase["points_behind"]) == ("frozen", 20)
    assert chart["centre"] == pytest.approx(0.96)
    assert chart["points"][12]["signals"] == ["N1"]
    assert rebase(plant, 0, "the scale was broken", baseline_windows=21).json()["version"] == 2
    [phase] = plant.get(CHART)["phases"]
    assert [(kept["version"], kept["points"], kept["actor"]) for kept in phase["baselines"]] == [
        (1, 20, "Li Wei"),
        (2, 21, "Li Wei"),
    ]


def test_the_chart_is_that_of_the_rule_in_force(plant: Alone) -> None:
    fill(plant, [*steady(24), inspection(24, 940)])
    usual = plant.get(CHART)
    assert (usual["rule"], usual["phases"][0]["points_behind"]) == (None, 24)
    rules: dict[str, dict[str, Any]] = {
        "any-line": {"baseline_windows": 10},
        "line-a": {"baseline_windows": 20, "subject": {"line": "A"}, "run_rules": ["N3"]},
        "line-b": {"subject": {"line": "B"}},
        "drifts": {"kind": "ewma", "L": 1.0, "lambda": 1.0},
    }
    for name, fields in rules.items():
        plant.put(f"rules/{name}", {"indicator": "first-pass-yield", "kind": "control_chart", **fields})
    plant.settle()
    chart = plant.get(CHART)
    assert (chart["rule"], chart["phases"][0]["points_behind"], chart["signals"]) == ("line-a", 20, [])
    reasons = [kept["reason"] for kept in chart["phases"][0]["baselines"]]
    assert reasons == ["the first 24 judged windows are complete", "a rule sets the limits from 20 windows"]
    assert plant.get(f"{CHART}&rule=any-line")["phases"][0]["points_behind"] == 10
    drifts = plant.get(f"{CHART}&rule=drifts")
    assert drifts["points"][24]["statistic"]["value"] == pytest.approx(0.94)
    assert {signal["rule"] for signal in drifts["signals"]} == {"ewma"}
    assert drifts["signals"][-1]["window"]["start"] == start_of(24)
    assert len(plant.get(CHART)["phases"][0]["baselines"]) == 2
    detail = plant.get(f"{CHART}&rule=line-b", 400)["detail"]
    assert "rules that do: any-line, drifts, line-a" in detail


def test_a_rebase_is_of_one_subject_and_outlives_a_changed_formula(plant: Alone) -> None:
    rebase(plant, 30)
    assert plant.get(f"{PHASES}?subject.line=B")["items"] == []
    plant.put("indicators/first-pass-yield", YIELD | {"formula": {"kind": "mean", "measure": "passed"}})
    [kept] = plant.get(f"{PHASES}?subject.line=A")["items"]
    assert kept["from"] == start_of(30)


@pytest.mark.parametrize(
    ("changed", "pointer", "remedy"),
    [
        ({"from": "2025-01-07T00:00:00Z"}, "/from", "begins at 2025-01-06T00:00:00+00:00"),
        ({"from": "0001-01-01T00:00:00Z"}, "/from", "between the years"),
        ({"reason": " "}, "/reason", "say in 1 to 500 characters"),
        ({"reason": "\x00"}, "/reason", "say in 1 to 500 characters"),
        ({"withdrawn": True}, "/withdrawn", "no phase was begun then"),
        ({"baseline_windows": 4}, "/baseline_windows", "choose 5 to 1000 windows"),
        ({"baseline_windows": 6, "excluded": [start_of(30), start_of(31)]}, "/excluded", "fewer than 5 of 6 windows"),
        ({"excluded": [start_of(29)]}, "/excluded/0", "lies before the phase"),
        ({"excluded": ["2025-08-05T00:00:00Z"]}, "/excluded/0", "begins at 2025-08-04T00:00:00+00:00"),
        ({"subject": {}}, "/subject", "is computed by line"),
        ({"subject": {"line": ""}}, "/subject/line", "write a text"),
    ],
)
def test_a_rebase_that_cannot_be_is_refused_with_a_remedy(
    plant: Alone, changed: dict[str, Any], pointer: str, remedy: str
) -> None:
    answer = rebase(plant, 30, **changed)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert remedy in error["detail"]
    assert plant.get(f"{PHASES}?subject.line=A")["items"] == []


def test_a_chart_is_of_one_series_of_a_known_indicator(plant: Alone) -> None:
    assert "subject.line=" in plant.get("indicators/first-pass-yield/chart", 400)["detail"]
    assert "subject.line=" in plant.get(f"{PHASES}?subject.line=A&subject.shift=1", 400)["detail"]
    assert plant.get("indicators/nothing/chart", 404)["type"].endswith("unknown-indicator")
    unknown = plant.request("POST", "indicators/nothing/phases", {"from": start_of(0), "reason": "r"})
    assert unknown.status_code == 404


@pytest.mark.parametrize(("target", "verdict"), [(0.9, "capable"), (0.95, "hit_or_miss"), (0.999, "not_capable")])
def test_a_target_is_read_against_the_newest_limits(plant: Alone, target: float, verdict: str) -> None:
    plant.put("rules/yield", BELOW_95 | {"target": target})
    plant.put("rules/of-line-b", BELOW_95 | {"target": 0.5, "subject": {"line": "B"}})
    found = fill(plant, steady(24))["target"]
    assert found == {
        "rule": "yield",
        "goal_id": None,
        "comparator": ">=",
        "target": target,
        "assurance": verdict,
        "learning": False,
        "stable": True,
    }


def test_without_limits_nothing_is_said_about_a_target(plant: Alone) -> None:
    plant.put("rules/yield", BELOW_95)
    assert fill(plant, steady(3))["target"]["assurance"] == "unknown"


def test_the_more_exact_of_two_targets_is_shown(plant: Alone) -> None:
    plant.put("rules/a-general-one", BELOW_95)
    plant.put("rules/of-line-a", BELOW_95 | {"target": 0.9, "subject": {"line": "A"}})
    assert fill(plant, steady(24))["target"]["rule"] == "of-line-a"


def test_what_is_kept_outlives_a_restart(plant: Alone) -> None:
    fill(plant, steady(30))
    rebase(plant, 28)
    before = plant.get(CHART)
    plant.restart()
    assert plant.get(CHART) == before


def asked(plant: Alone, query: str = "", **headers: str) -> Any:
    return plant.http.get(f"/v1/{CHART}{query}", headers=headers)


@pytest.mark.parametrize(
    ("language", "title"), [("en", "First-pass yield · line A"), ("zh-CN,zh;q=0.9", "一次交验合格率 · line A")]
)
def test_the_same_chart_is_a_picture_for_who_accepts_one(plant: Alone, language: str, title: str) -> None:
    fill(plant, steady(30))
    answer = asked(plant, Accept="image/svg+xml", **{"Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-language"] == language[:2]
    svg = ElementTree.fromstring(answer.text)
    assert title in [text.text for text in svg.iter(f"{SVG}text")]
    assert len([dot for dot in svg.iter(f"{SVG}circle") if dot.find(f"{SVG}title") is not None]) == 30


def test_a_cache_keeps_data_and_picture_apart(plant: Alone) -> None:
    for accept in ("application/json", "image/svg+xml"):
        assert asked(plant, Accept=accept).headers["vary"] == "Accept, Accept-Language"


def test_a_picture_shows_the_newest_windows_unless_told_otherwise(plant: Alone) -> None:
    daily = YIELD | {"window": {"kind": "tumbling", "every": "day"}}
    plant.put("indicators/first-pass-yield", daily)
    first = datetime(2026, 6, 1, tzinfo=UTC)
    fill(plant, [Inspection(f"d{day}", first + timedelta(days=day), "A", 950, 1000) for day in range(130)])
    count = {
        query: asked(plant, query, Accept="image/svg+xml").text.count('class="point"')
        for query in ("", "&from=2026-06-01", "&from=2026-06-01&to=2026-06-11")
    }
    assert list(count.values()) == [120 + 1, 130 + 1, 10 + 1]  # one more in the legend


def test_a_picture_of_nothing_says_so(plant: Alone) -> None:
    assert "no values yet" in asked(plant, Accept="image/svg+xml").text
