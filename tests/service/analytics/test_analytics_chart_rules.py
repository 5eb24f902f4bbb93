"""The books' data sent as readings: the rules on charts raise anomalies at the books' points, and no others."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.events.anomalies import AnomalySnapshot
from shared.events.topics import ANOMALIES
from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import YIELD
from tests.unit.analytics.spc.published import case

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
SHARE = YIELD | {"minimum_sample": 0}
MEAN = SHARE | {"formula": {"kind": "mean", "measure": "passed"}, "direction": "lower_is_better"}
COUNT = SHARE | {"formula": {"kind": "count"}, "direction": "lower_is_better"}


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        yield running


def start_of(week: int) -> str:
    return (MONDAY + timedelta(weeks=week)).isoformat().replace("+00:00", "Z")


def readings(figures: Sequence[tuple[float, float]], first: int = 0) -> list[Inspection]:
    return [
        Inspection(f"A{first + place}", MONDAY + timedelta(weeks=first + place, hours=9), "A", passed, inspected)
        for place, (passed, inspected) in enumerate(figures)
    ]


def single_values(figures: list[float]) -> list[Inspection]:
    return readings([(figure, 1) for figure in figures])


def flagged(plant: Alone, query: str = "") -> list[int]:
    """The weeks that anomalies rest on, counted from 1 as in the books."""
    starts = {seen["window"]["start"] for one in plant.anomalies(query) for seen in one["values"]}
    weeks = [(datetime.fromisoformat(start) - MONDAY) // timedelta(weeks=1) + 1 for start in starts]
    return sorted(weeks)


def judged(plant: Alone, indicator: dict[str, Any], rule: dict[str, Any], sent: list[Inspection]) -> list[int]:
    """In two parts, so that judging goes on from what it remembers."""
    plant.put("indicators/first-pass-yield", indicator)
    plant.put("rules/steady", {"indicator": "first-pass-yield", **rule})
    for part in (sent[: len(sent) // 2], sent[len(sent) // 2 :]):
        plant.send(part)
        plant.pass_time(timedelta(hours=3))
    return flagged(plant)


def test_proportions(plant: Alone) -> None:
    juice = case("p_orangejuice_phase1")["data"]
    sent = readings([(count, juice["n"]) for count in juice["count"]])
    rule = {"kind": "control_chart", "chart": "p", "baseline_windows": 30, "run_rules": ["N1"]}
    assert judged(plant, SHARE | {"direction": "lower_is_better"}, rule, sent) == [15, 23]
    [first, _] = sorted(plant.anomalies(), key=lambda one: one["raised_window"]["start"])
    assert (first["rule_kind"], first["direction"], first["meaning"]) == ("control_chart", "above", "deterioration")
    used = first["values"][0]["yardstick"]
    assert [used["lower"], used["centre"], used["upper"]] == pytest.approx([0.0524276, 0.2313333, 0.4102391], abs=1e-7)
    assert (used["phase"], used["points"], used["patterns"]) == ("beginning", 30, ["N1"])
    [(_, published), *_] = plant.events(ANOMALIES, AnomalySnapshot)
    assert published.values[0].yardstick is not None


def test_counts(plant: Alone) -> None:
    sent = [
        Inspection(f"A{week}-{number}", MONDAY + timedelta(weeks=week, hours=9), "A", 0, 1)
        for week, count in enumerate(case("c_circuit_phase1")["data"]["count"])
        for number in range(count)
    ]
    rule = {"kind": "control_chart", "chart": "c", "baseline_windows": 26}
    assert judged(plant, COUNT, rule, sent) == [6, 20, 21]


def test_events_per_unit(plant: Alone) -> None:
    data = case("u_pcmanufact")["data"]
    sent = readings([(count, data["n"]) for count in data["count"]])
    rule = {"kind": "control_chart", "chart": "u", "baseline_windows": 20}
    assert judged(plant, SHARE, rule, sent) == []


def test_single_values(plant: Alone) -> None:
    sent = single_values(case("xmr_viscosity_phase1")["data"]["x"])
    assert judged(plant, MEAN, {"kind": "control_chart", "baseline_windows": 20}, sent) == [4]


def test_a_sum(plant: Alone) -> None:
    sent = single_values(case("cusum_montgomery_9_1")["data"]["x"])
    assert judged(plant, MEAN, {"kind": "cusum", "centre": 10, "sigma": 1, "h": 5}, sent) == [29, 30]
    [anomaly] = plant.anomalies()
    assert "CUSUM" in anomaly["reasons"]["zh"]


def test_an_average(plant: Alone) -> None:
    groups = np.array(case("ewma_pistonrings_all_l.2_L2.7")["data"]["subgroups"])
    means, spread = groups.mean(axis=1), np.ptp(groups, axis=1)[:25].mean() / 2.326 / 5**0.5
    rule = {"kind": "ewma", "lambda": 0.2, "L": 2.7, "centre": float(means[:25].mean()), "sigma": float(spread)}
    assert judged(plant, MEAN, rule, single_values(means.tolist())) == [35, 37, 38, 39, 40]


def test_anomalies_are_the_signals_of_the_chart_and_follow_its_phases(plant: Alone) -> None:
    plant.put("indicators/first-pass-yield", YIELD)
    plant.put("rules/steady", {"indicator": "first-pass-yield", "kind": "control_chart"})
    level = [(960 + 5 * (-1) ** place, 1000) for place in range(30)]
    shifted = [(900 + 5 * (-1) ** place, 1000) for place in range(30)]
    plant.send(readings(level))
    plant.pass_time(timedelta(hours=3))
    assert flagged(plant) == []
    plant.send(readings(shifted, first=30))
    plant.pass_time(timedelta(hours=3))
    chart = plant.get("indicators/first-pass-yield/chart?subject.line=A")
    assert {signal["window"]["start"] for signal in chart["signals"]} == {start_of(week) for week in range(30, 60)}
    [anomaly] = plant.anomalies()
    assert (anomaly["windows_missed"], anomaly["state"]) == (30, "open")
    body = {"subject": {"line": "A"}, "from": start_of(30), "reason": "new product"}
    answer = plant.request("POST", "indicators/first-pass-yield/phases", body, actor="Li Wei; quality_manager")
    assert answer.status_code == 201
    plant.pass_time(timedelta(minutes=1))
    assert plant.get("indicators/first-pass-yield/chart?subject.line=A")["signals"] == []
    [withdrawn] = plant.anomalies("state=withdrawn")
    assert (withdrawn["id"], withdrawn["state"]) == (anomaly["id"], "withdrawn")


def test_what_the_indicator_cannot_have_is_refused(plant: Alone) -> None:
    plant.put("indicators/first-pass-yield", YIELD)
    body = {"indicator": "first-pass-yield", "kind": "control_chart", "chart": "c"}
    answer = plant.request("PUT", "rules/steady", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/chart"


def test_weeks_are_too_coarse_for_seasons(plant: Alone) -> None:
    plant.put("indicators/first-pass-yield", YIELD)
    body = {"indicator": "first-pass-yield", "kind": "seasonal", "once_in": 500}
    answer = plant.request("PUT", "rules/unusual", body)
    assert answer.status_code == 422
    [problem] = answer.json()["errors"]
    assert problem["pointer"] == "/kind"
    assert "an indicator of hours" in problem["detail"]


def test_an_unusual_hour(plant: Alone) -> None:
    plant.put("indicators/first-pass-yield", MEAN | {"window": {"kind": "tumbling", "every": "hour"}})
    shown = plant.put("rules/unusual", {"indicator": "first-pass-yield", "kind": "seasonal"})
    assert shown["expected_false_alarms"]["windows_between"] == 1000
    figures = [100 + 40 * (number % 24 < 12) + (number * 37 % 11) / 2 for number in range(400)]
    figures[380] = 300
    for part in (range(200), range(200, 380), range(380, 400)):
        plant.send(
            [
                Inspection(f"A{number}", MONDAY + timedelta(hours=number, minutes=5), "A", figures[number], 1)
                for number in part
            ]
        )
        plant.pass_time(timedelta(hours=3))
    [anomaly] = plant.anomalies("state=cleared")
    assert anomaly["raised_window"]["start"] == (MONDAY + timedelta(hours=380)).isoformat().replace("+00:00", "Z")
    assert anomaly["values"][0]["yardstick"]["centre"] == pytest.approx(103, abs=5)


def test_how_often_it_alarms_falsely_is_said(plant: Alone) -> None:
    plant.put("indicators/first-pass-yield", YIELD)
    shown = plant.put("rules/steady", {"indicator": "first-pass-yield", "kind": "ewma"})
    assert (shown["lambda"], shown["L"], shown["limits"]) == (0.2, 2.962, "exact")
    assert shown["expected_false_alarms"]["windows_between"] == pytest.approx(494.4, abs=0.1)
