"""Indicators that are computed from others: over HTTP and the log, whatever comes first."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from shared.events.kpi_values import KpiValueComputed
from shared.events.topics import KPI_VALUES
from tests.service.analytics.alone import Alone, Inspection, Revision, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(weeks=1)
PASSED = YIELD | {"formula": {"kind": "mean", "measure": "passed"}, "minimum_sample": 0}
INSPECTED = YIELD | {"formula": {"kind": "sum", "measure": "inspected"}, "minimum_sample": 0}
DERIVED: dict[str, Any] = {
    "formula": {"kind": "derived", "expression": "first-pass-yield * (passed-mean - 1) / inspected-sum"},
    "by": ["line"],
    "window": {"kind": "tumbling", "every": "week"},
    "direction": "higher_is_better",
}


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", YIELD)
        running.put("indicators/passed-mean", PASSED)
        running.put("indicators/inspected-sum", INSPECTED)
        yield running


def weeks(*passed: float, line: str = "A", of: float = 1000) -> list[Inspection]:
    return [
        Inspection(f"{line}-{number}-{part}", MONDAY + number * WEEK + part * timedelta(days=1), line, figure, of)
        for number, figure in enumerate(passed)
        for part in range(2)
    ]


LAST = Inspection("last", MONDAY + 40 * WEEK, "last", 1, 1)


def shown(analytics: Alone, indicator: str = "derived", line: str = "A") -> list[tuple[float | None, str, str, int]]:
    values = analytics.values(indicator, f"subject.line={line}")
    return [(value["value"], value["status"], value["judgement"], value["revision"]) for value in values]


def expected(passed: float, of: float = 1000) -> float:
    """By plain arithmetic, from two equal readings."""
    passed_yield = Fraction(int(passed), int(of))
    return float(passed_yield * (int(passed) - 1) / (2 * int(of)))


def test_a_derived_value_follows_from_the_final_values_of_its_parts(analytics: Alone) -> None:
    created = analytics.put("indicators/derived", DERIVED, expect=201)
    assert created["formula"]["expression"] == "first-pass-yield × (passed-mean - 1) ÷ inspected-sum"
    assert created["formula_text"]["en"].startswith("first-pass-yield × (passed-mean - 1) ÷ inspected-sum, by line,")
    assert created["data_source"] == "first-pass-yield, passed-mean, inspected-sum"
    assert created["reading_type"] is None
    analytics.send([*weeks(950, 940), *weeks(500, line="B"), LAST])
    assert shown(analytics) == [(expected(950), "final", "judged", 1), (expected(940), "final", "judged", 1)]
    assert shown(analytics, line="B") == [(expected(500), "final", "judged", 1)]
    told = [data for _, data in analytics.events(KPI_VALUES, KpiValueComputed) if data.indicator == "derived"]
    assert sorted(data.value for data in told if data.value) == sorted(map(expected, (950, 940, 500)))
    assert {(data.formula, data.numerator, data.status) for data in told if data.value} == {("derived", None, "final")}


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_readings_and_definitions_does_not_matter(tmp_path: Path, seed: int) -> None:
    order = random.Random(seed)
    readings = [*weeks(950, 940, 930), *weeks(500, 700, line="B"), LAST]
    order.shuffle(readings)
    definitions = [("first-pass-yield", YIELD), ("passed-mean", PASSED), ("inspected-sum", INSPECTED)]
    with alone(tmp_path) as analytics:
        for name, body in definitions:
            analytics.put(f"indicators/{name}", body)
        derived_after = order.randrange(len(readings))
        for place, reading in enumerate(readings):
            analytics.send([reading], settle=order.random() < 0.4)
            if place == derived_after:
                analytics.put("indicators/derived", DERIVED)
        analytics.settle()
        values = {
            (place, line): value for line in "AB" for place, (value, *_) in enumerate(shown(analytics, line=line))
        }
    assert values == {
        (place, line): expected(figure)
        for line, figures in (("A", (950, 940, 930)), ("B", (500, 700)))
        for place, figure in enumerate(figures)
    }


def test_history_is_computed_for_a_derived_indicator_that_comes_later(analytics: Alone) -> None:
    analytics.send([*weeks(*range(900, 930)), *weeks(500, line="B"), LAST])
    analytics.put("indicators/derived", DERIVED)
    analytics.settle()
    assert shown(analytics) == [(expected(figure), "final", "judged", 1) for figure in range(900, 930)]
    analytics.send(
        [Inspection("B-late", MONDAY + 2 * WEEK, "B", 600, 1000), Inspection("end", MONDAY + 80 * WEEK, "x", 1, 1)]
    )
    assert [value for value, *_ in shown(analytics, line="B")] == [
        expected(500),
        float(Fraction(600, 1000) * 599 / 1000),
    ]


def test_a_restated_part_restates_what_rests_on_it(analytics: Alone) -> None:
    analytics.put("indicators/derived", DERIVED)
    analytics.send([*weeks(950), LAST])
    analytics.revise([Revision("c-1", MONDAY + 50 * WEEK, "A-0-0", Inspection("A-0-0", MONDAY, "A", 850, 1000))])
    [(value, status, _, revision)] = shown(analytics)
    assert value == float(Fraction(1800, 2000) * 899 / 2000)
    assert status == "restated"
    assert revision >= 2


def test_a_part_that_is_missing_leaves_no_value(analytics: Alone) -> None:
    only_b = INSPECTED | {"formula": {"kind": "sum", "measure": "inspected", "where": {"line": ["B"]}}}
    analytics.put("indicators/inspected-b", only_b)
    analytics.put(
        "indicators/derived", DERIVED | {"formula": {"kind": "derived", "expression": "passed-mean / inspected-b"}}
    )
    analytics.send([*weeks(950), *weeks(500, line="B"), LAST])
    assert shown(analytics) == [(None, "provisional", "insufficient", 0)]
    assert shown(analytics, line="B") == [(0.25, "final", "judged", 1)]


def test_a_part_that_is_too_small_to_be_judged_is_not_judged_in_another(analytics: Alone) -> None:
    analytics.put("indicators/derived", DERIVED)
    analytics.send([*weeks(9, of=10), LAST])
    assert [judgement for _, _, judgement, _ in shown(analytics)] == ["insufficient"]
    analytics.put("indicators/first-pass-yield", YIELD | {"minimum_sample": 20})
    analytics.settle()
    assert shown(analytics) == [(expected(9, 10), "restated", "judged", 2)]
    analytics.put("indicators/derived", DERIVED | {"minimum_sample": 3})
    analytics.settle()
    assert shown(analytics) == [(expected(9, 10), "restated", "insufficient", 3)]


def test_division_by_zero_is_no_value(analytics: Alone) -> None:
    body = DERIVED | {"formula": {"kind": "derived", "expression": "inspected-sum / (passed-mean - 950)"}}
    analytics.put("indicators/derived", body)
    analytics.send([*weeks(950, 850), LAST])
    assert shown(analytics) == [(None, "final", "insufficient", 1), (-20.0, "final", "judged", 1)]


def test_a_weighted_score_adds_up(analytics: Alone) -> None:
    for name in ("politeness", "speed", "accuracy"):
        where = {"line": [name]}
        body = YIELD | {"formula": {"kind": "mean", "measure": "passed", "where": where}, "by": [], "minimum_sample": 0}
        analytics.put(f"indicators/{name}", body)
    weights = {"politeness": 0.5, "speed": 0.3, "accuracy": 0.2}
    score = DERIVED | {"formula": {"kind": "weighted_score", "weights": weights}, "by": []}
    created = analytics.put("indicators/service-score", score)
    assert created["formula"]["weights"] == weights
    assert analytics.put("indicators/service-score", score, expect=200)["version"] == 1
    scores = zip(weights, (4, 5, 3), strict=True)
    analytics.send([*(Inspection(name, MONDAY, name, score, 10) for name, score in scores), LAST])
    [value] = analytics.values("service-score")
    assert (value["value"], value["status"]) == (4.1, "final")


def test_rules_judge_a_derived_indicator_like_any_other(analytics: Alone) -> None:
    analytics.put("indicators/derived", DERIVED | {"formula": {"kind": "derived", "expression": "passed-mean / 1000"}})
    analytics.put("rules/derived-below-95", BELOW_95 | {"indicator": "derived"})
    analytics.send([*weeks(940, 930, 960), LAST])
    [anomaly] = analytics.anomalies()
    assert (anomaly["indicator"], anomaly["state"], anomaly["windows_missed"]) == ("derived", "cleared", 2)
    chart = analytics.get("indicators/derived/chart?subject.line=A")
    assert [point["value"] for point in chart["points"]] == [0.94, 0.93, 0.96]


def test_a_rule_that_comes_later_judges_the_derived_history(analytics: Alone) -> None:
    analytics.put("indicators/derived", DERIVED | {"formula": {"kind": "derived", "expression": "passed-mean / 1000"}})
    analytics.send([*weeks(940, 930), LAST])
    analytics.put("rules/derived-below-95", BELOW_95 | {"indicator": "derived"})
    analytics.settle()
    [anomaly] = analytics.anomalies()
    assert (anomaly["state"], anomaly["windows_missed"]) == ("open", 2)


def test_what_is_derived_may_be_derived_from(analytics: Alone) -> None:
    analytics.put("indicators/half", DERIVED | {"formula": {"kind": "derived", "expression": "passed-mean / 2"}})
    analytics.put("indicators/quarter", DERIVED | {"formula": {"kind": "derived", "expression": "half / 2"}})
    analytics.send([*weeks(800), LAST])
    assert [value for value, *_ in shown(analytics, "quarter")] == [200.0]


def test_a_part_that_is_computed_otherwise_recomputes_what_rests_on_it(analytics: Alone) -> None:
    analytics.put("indicators/half", DERIVED | {"formula": {"kind": "derived", "expression": "passed-mean / 2"}})
    analytics.put("indicators/quarter", DERIVED | {"formula": {"kind": "derived", "expression": "half / 2"}})
    analytics.send([*weeks(800), LAST])
    analytics.put("indicators/passed-mean", PASSED | {"formula": {"kind": "sum", "measure": "passed"}})
    analytics.settle()
    assert [value for value, *_ in shown(analytics, "quarter")] == [400.0]
    quarter = analytics.get("indicators/quarter")
    assert (quarter["version"], quarter["computed_as"]) == (2, 2)
    assert analytics.put("indicators/passed-mean", PASSED | {"formula": {"kind": "sum", "measure": "passed"}})
    assert analytics.get("indicators/quarter")["version"] == 2


def test_rolling_windows_are_derived_too(analytics: Alone) -> None:
    rolling = {"window": {"kind": "rolling", "length": "P2W", "step": "P1W"}}
    analytics.put("indicators/rolling-mean", PASSED | rolling)
    analytics.put("indicators/rolling-sum", INSPECTED | rolling)
    body = DERIVED | rolling | {"formula": {"kind": "derived", "expression": "rolling-mean / rolling-sum"}}
    analytics.put("indicators/derived", body)
    analytics.send([*weeks(800, 600), LAST])
    parts = [analytics.values(name, "subject.line=A&status=final") for name in ("rolling-mean", "rolling-sum")]
    quotients = [mean["value"] / total["value"] for mean, total in zip(*parts, strict=True)]
    assert [value for value, *_ in shown(analytics)] == pytest.approx(quotients, rel=1e-15)
    assert len(quotients) == 3


@pytest.mark.parametrize(
    ("changed", "pointer", "remedy"),
    [
        (
            {"formula": {"kind": "derived", "expression": "nobody / 2"}},
            "/formula/expression",
            "PUT /v1/indicators/nobody",
        ),
        ({"formula": {"kind": "derived", "expression": "derived / 2"}}, "/formula/expression", "derive it from others"),
        ({"formula": {"kind": "derived", "expression": "passed-mean +"}}, "/formula/expression", "needs an indicator"),
        ({"formula": {"kind": "derived", "expression": "1 + 1"}}, "/formula/expression", "names no indicator"),
        ({"formula": {"kind": "derived", "expression": "__import__('os')"}}, "/formula/expression", "use names of"),
        ({"formula": {"kind": "derived"}}, "/formula/expression", "write for example"),
        ({"formula": {"kind": "weighted_score", "weights": {"passed-mean": 0.9}}}, "/formula/weights", "add up to 1"),
        ({"formula": {"kind": "weighted_score", "weights": {"passed-mean": -1}}}, "/formula/weights", "above 0"),
        ({"formula": {"kind": "weighted_score", "weights": {}}}, "/formula/weights", "one weight for each"),
        ({"by": []}, "/by", "write [line]"),
        ({"window": {"kind": "tumbling", "every": "day"}}, "/window", "give both the same"),
        ({"calendar": "plant"}, "/calendar", "write default"),
        (
            {"unit": "kg", "formula": {"kind": "derived", "expression": "passed-mean / inspected-sum"}},
            "/unit",
            "write 1",
        ),
        ({"formula": {"kind": "derived", "expression": "delay * first-pass-yield"}}, "/unit", "write minute"),
        ({"formula": {"kind": "derived", "expression": "delay + first-pass-yield"}}, "/unit", "cannot be added"),
        (
            {"formula": {"kind": "weighted_score", "weights": {"delay": 0.5, "passed-mean": 0.5}}},
            "/unit",
            "use parts of one unit",
        ),
        ({"reading_type": "inspection"}, "/reading_type", "leave it out"),
        ({"allowed_lateness": "PT2H"}, "/allowed_lateness", "leave it out"),
        (
            {"formula": {"kind": "derived", "expression": "passed-mean", "measure": "passed"}},
            "/formula/measure",
            "leave",
        ),
    ],
)
def test_what_cannot_be_derived_is_refused(analytics: Alone, changed: Any, pointer: str, remedy: str) -> None:
    analytics.put("calendars/plant", {"time_zone": "Asia/Shanghai"})
    analytics.put("indicators/delay", PASSED | {"unit": "min"})
    problem = analytics.put("indicators/derived", DERIVED | changed, expect=422)
    assert pointer in {error["pointer"] for error in problem["errors"]}
    assert remedy in " ".join(error["detail"] for error in problem["errors"])


def test_no_indicator_comes_back_to_itself(analytics: Alone) -> None:
    analytics.put("indicators/half", DERIVED | {"formula": {"kind": "derived", "expression": "passed-mean / 2"}})
    analytics.put("indicators/quarter", DERIVED | {"formula": {"kind": "derived", "expression": "half / 2"}})
    cycle = DERIVED | {"formula": {"kind": "derived", "expression": "quarter * 4"}}
    problem = analytics.put("indicators/passed-mean", cycle, expect=422)
    assert problem["errors"][0]["pointer"] == "/formula/expression"
    assert "comes back to passed-mean" in problem["detail"]


def test_a_part_keeps_the_windows_that_others_rest_on(analytics: Alone) -> None:
    analytics.put("indicators/derived", DERIVED)
    problem = analytics.put("indicators/passed-mean", PASSED | {"by": []}, expect=422)
    [error] = problem["errors"]
    assert error["pointer"] == "/by"
    assert "derived is computed from passed-mean" in error["detail"]


def test_a_calendar_moves_parts_and_what_rests_on_them_once(analytics: Alone) -> None:
    analytics.put("calendars/plant", {"week_starts": "monday"})
    analytics.put("indicators/passed-here", PASSED | {"calendar": "plant"})
    body = DERIVED | {"calendar": "plant", "formula": {"kind": "derived", "expression": "passed-here / 2"}}
    analytics.put("indicators/derived", body)
    analytics.send([*weeks(800), LAST])
    analytics.put("calendars/plant", {"week_starts": "sunday"})
    analytics.settle()
    assert analytics.get("indicators/derived")["computed_as"] == 2
    assert [value for value, *_ in shown(analytics)] == [400.0]


def test_a_restart_in_between_changes_nothing(analytics: Alone) -> None:
    analytics.put("indicators/derived", DERIVED)
    analytics.send(weeks(950, 940), settle=False)
    for _ in range(6):
        for activity in analytics.service.activities:
            activity.stepper.step(analytics.clock.now())
        analytics.restart()
    analytics.send([LAST])
    assert [value for value, *_ in shown(analytics)] == [expected(950), expected(940)]


def test_a_derived_value_is_explained_by_its_parts(analytics: Alone) -> None:
    analytics.put("indicators/derived", DERIVED)
    analytics.send([*weeks(950), LAST])
    shown = analytics.get("indicators/derived/explain?subject.line=A&window_start=2026-03-02T00:00:00Z")
    assert shown["with_numbers"]["en"] == f"0.95 × (950 - 1) ÷ 2000 = {expected(950):.15g}"
    assert [(part["indicator"], part["value"]["value"]) for part in shown["parts"]] == [
        ("first-pass-yield", 0.95),
        ("passed-mean", 950.0),
        ("inspected-sum", 2000.0),
    ]
    assert (shown["panes"], shown["closing"], shown["readings"]) == ([], None, None)
    of_part = analytics.get(shown["parts"][0]["explain"].removeprefix("/v1/"))
    assert of_part["with_numbers"]["en"] == "1900 ÷ 2000 = 0.95"
    path = "indicators/derived/values/2026-03-02T00:00:00Z/readings?subject.line=A"
    assert "ask for the readings of first-pass-yield" in analytics.get(path, expect=400)["detail"]


def test_an_explanation_shows_which_part_is_missing(analytics: Alone) -> None:
    only_b = INSPECTED | {"formula": {"kind": "sum", "measure": "inspected", "where": {"line": ["B"]}}}
    analytics.put("indicators/inspected-b", only_b)
    body = DERIVED | {"formula": {"kind": "derived", "expression": "passed-mean / inspected-b"}}
    analytics.put("indicators/derived", body)
    analytics.send([*weeks(950), LAST])
    shown = analytics.get("indicators/derived/explain?subject.line=A&window_start=2026-03-02T00:00:00Z")
    assert shown["with_numbers"]["en"] == "950 ÷ ? = no value"
    assert [part["value"] is None for part in shown["parts"]] == [False, True]


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("delay / inspected-sum", "min"),
        ("delay / delay", "%"),
        ("delay / 60", "h"),
        ("1 - delay / 60", "1"),
        ("-delay", "minute"),
    ],
)
def test_units_of_parts_make_the_unit(analytics: Alone, expression: str, unit: str) -> None:
    analytics.put("indicators/delay", PASSED | {"unit": "min"})
    body = DERIVED | {"formula": {"kind": "derived", "expression": expression}, "unit": unit}
    assert analytics.put("indicators/derived", body, expect=201)["unit"] == unit


def test_a_value_of_an_open_window_is_shown_and_judged_by_nobody(analytics: Alone) -> None:
    analytics.put("indicators/derived", DERIVED)
    analytics.put("rules/low", BELOW_95 | {"indicator": "derived", "target": 10, "for_windows": 1})
    analytics.send(weeks(900))  # the week is open, and no part has a row
    assert shown(analytics) == [(expected(900), "provisional", "judged", 0)]
    assert analytics.values("derived", "subject.line=A&status=final") == []
    assert analytics.values("derived", "subject.line=A&status=provisional")[0]["value"] == expected(900)
    assert analytics.values("derived", "subject.line=B") == []
    [point] = analytics.get("indicators/derived/chart?subject.line=A")["points"]
    assert (point["value"], point["standing"]) == (expected(900), "provisional")
    start = MONDAY.isoformat().replace("+00:00", "Z")
    explained = analytics.get(f"indicators/derived/explain?subject.line=A&window_start={start}")
    assert [part["value"]["status"] for part in explained["parts"]] == ["provisional"] * 3
    assert [(rule["verdict"], rule["because"]) for rule in explained["rules"]] == [("left-out", "provisional")]
    analytics.pass_time(timedelta(minutes=1))
    assert analytics.anomalies() == []
    assert not [event for _, event in analytics.events(KPI_VALUES, KpiValueComputed) if event.indicator == "derived"]

    analytics.send([LAST])
    assert shown(analytics) == [(expected(900), "final", "judged", 1)]
    assert len(analytics.anomalies("subject.line=A")) == 1


def test_an_open_value_has_no_number_while_a_part_has_none(analytics: Alone) -> None:
    only_b = INSPECTED | {"formula": {"kind": "sum", "measure": "inspected", "where": {"source": ["mes-8"]}}}
    analytics.put("indicators/inspected-8", only_b)
    analytics.put(
        "indicators/derived", DERIVED | {"formula": {"kind": "derived", "expression": "passed-mean / inspected-8"}}
    )
    analytics.send(weeks(900))
    assert shown(analytics) == [(None, "provisional", "insufficient", 0)]
    analytics.send([Inspection("8", MONDAY, "A", 0, 1200, source="mes-8")])
    assert shown(analytics) == [(0.5, "provisional", "judged", 0)]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_shown_follows_from_what_is_shown_of_the_parts(analytics: Alone, seed: int) -> None:
    """Also of what is derived from what is derived, page by page, whichever windows are open, rolling ones among them."""
    chance = random.Random(seed)
    window = chance.choice([YIELD["window"], {"kind": "rolling", "length": "P2W", "step": "P1W"}])
    for name, body in {"first-pass-yield": YIELD, "passed-mean": PASSED, "inspected-sum": INSPECTED}.items():
        analytics.put(f"indicators/{name}", body | {"window": window}, expect=200)
    own = DERIVED | {"window": window}
    analytics.put("indicators/derived", own)
    twice = own | {"formula": {"kind": "derived", "expression": "derived * 2 + passed-mean"}}
    analytics.put("indicators/twice", twice)
    for number in range(12):
        readings = [
            Inspection(
                f"{number}-{one}",
                MONDAY + chance.uniform(0, 5) * WEEK,
                chance.choice("ABC"),
                chance.randint(0, 100),
                100,
            )
            for one in range(4)
        ]
        analytics.send(readings)
        at = {name: _all(analytics, name) for name in ("passed-mean", "derived", "twice", "inspected-sum")}
        assert at["derived"].keys() == at["passed-mean"].keys() == at["twice"].keys()
        for place, (value, status) in at["twice"].items():
            (derived, derived_status), (mean, mean_status) = at["derived"][place], at["passed-mean"][place]
            assert (status, derived_status) == (mean_status, mean_status)
            assert (value is None) == (derived is None)
            assert value is None or value == pytest.approx(derived * 2 + mean, rel=1e-12)


def _all(analytics: Alone, indicator: str) -> dict[tuple[str, str], tuple[Any, str]]:
    """(line, start of the window) → value and status, read two at a time."""
    found: dict[tuple[str, str], tuple[Any, str]] = {}
    cursor = ""
    while True:
        page = analytics.get(f"indicators/{indicator}/values?limit=2{cursor}")
        for one in page["items"]:
            place = one["subject"]["line"], one["window"]["start"]
            assert place not in found
            found[place] = one["value"], "open" if one["status"] == "provisional" else "closed"
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
