"""Rules that judge by learned limits: what they find is what the chart shows, and what the books say."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from services.analytics.domain.chart_by_rule import ChartDesign
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.episode import episodes
from services.analytics.domain.finding import Finding, Scene
from services.analytics.domain.indicator import Direction, Formula, Indicator, RollingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.reason import reason
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_form import read_rule
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window
from tests.unit.analytics.examples import MONDAY, NOW, indicator, value, week
from tests.unit.analytics.spc.published import case

MEAN = indicator(formula=Formula("mean", measure="minutes"))
COUNT = indicator(formula=Formula("count"))
SPREAD = indicator(formula=Formula("standard_deviation", measure="minutes"))
EVERY = [f"N{number}" for number in range(1, 9)]


def judging(**fields: Any) -> Rule:
    return read_rule("steady", 1, {"indicator": "first-pass-yield", **fields})


def single(number: int, figure: float, **changed: Any) -> KpiValue:
    return value(number, 0, **({"value": figure, "numerator": None, "denominator": None} | changed))


def of_count(number: int, count: float) -> KpiValue:
    return value(number, count, value=count, denominator=None)


def found(
    judged: Rule, values: Sequence[KpiValue], about: Indicator, rebases: Sequence[Rebase] = ()
) -> list[Finding | None]:
    scene = Scene(about, DEFAULT_CALENDAR, tuple(rebase.begun for rebase in rebases))
    return list(judged.condition.findings(values, scene))


def flagged(judged: Rule, values: Sequence[KpiValue], about: Indicator) -> list[int]:
    """The points that are found, counted from 1 as in the books."""
    findings = found(judged, values, about)
    return [place + 1 for place, one in enumerate(findings) if one is not None and one.side is not None]


def of_readings(number: int, figure: float) -> KpiValue:
    """A mean whose readings scatter by some ten, one to four of them."""
    readings = 1 + number % 4
    spread = {} if readings == 1 else {"reading_deviation": 9.0 + number % 5, "reading_range": 15.0 + number % 7}
    return single(number, figure, numerator=figure * readings, sample_size=readings, **spread)


def rebase(number: int, windows: int | None = None, excluded: Collection[int] = ()) -> Rebase:
    left_out = tuple(week(number + place).start for place in sorted(excluded))
    return Rebase(week(number).start, "new tool", "Li Wei", 1, NOW, baseline_windows=windows, excluded=left_out)


PLANS = st.tuples(st.sampled_from([None, 6, 30]), st.sets(st.integers(0, 9), max_size=3))
"""Of a phase: how many windows set its limits, and which of those that follow its beginning do not."""
GIVEN = {"centre": 12, "sigma": 4}
FIGURES = st.lists(st.one_of(st.integers(0, 40), st.none(), st.just(-1), st.just(-2)), min_size=0, max_size=45)
"""Counts; None for a window without a value, -1 for one that is left out, -2 for too small a sample."""


@settings(deadline=None)
@given(
    figures=FIGURES,
    formula=st.sampled_from(["mean", "ratio", "count", "subgroup", "spread"]),
    learning=st.sampled_from([{}, {"chart": "t"}, {"chart": "g"}, {"chart": "xmr", "constants": "printed"}, GIVEN]),
    size=st.sampled_from([50.0, 7.5]),
    phases=st.dictionaries(st.integers(1, 40), PLANS, max_size=2),
)
def test_what_is_found_is_what_the_chart_shows(
    figures: list[int | None],
    formula: str,
    learning: dict[str, Any],
    size: float,
    phases: dict[int, tuple[int | None, set[int]]],
) -> None:
    about = {"ratio": indicator(), "count": COUNT, "spread": SPREAD}.get(formula, MEAN)
    if formula == "subgroup" and learning.get("chart") == "g":
        learning = {"chart": "xbar-r", "constants": "printed"}
    values = []
    for number, figure in enumerate(figures):
        if figure == -1:
            continue
        count = float(abs(figure or 0))
        made = {
            "mean": single(number, count),
            "ratio": value(number, count, size),
            "count": of_count(number, count),
            "subgroup": of_readings(number, count),
            "spread": single(number, count, sample_size=2 + number % 3),
        }
        one: dict[str, Any] = {} if figure is not None else {"value": None}
        one |= {"judgement": "insufficient"} if figure == -2 else {}
        values.append(structs.replace(made[formula], **one))
    rebases = [rebase(number, *phases[number]) for number in sorted(phases)]
    judged_by = judging(kind="control_chart", run_rules=EVERY, **learning)
    chart = ChartDesign(judged_by).draw(values, indicator=about, calendar=DEFAULT_CALENDAR, rebases=rebases)
    findings = found(judged_by, values, about, rebases)
    fired: dict[int, list[str]] = {}
    for signal in chart.signals:
        fired.setdefault(signal.at, []).append(signal.rule)
    for place, (point, finding) in enumerate(zip(chart.points, findings, strict=True)):
        if finding is None:
            assert place not in fired
            continue
        used = finding.yardstick
        assert used is not None
        assert sorted(used.patterns) == sorted(fired.get(place, []))
        assert (used.centre, used.lower, used.upper) == pytest.approx(
            (point.centre, point.lower, point.upper), rel=1e-12
        )
        phase = chart.phases[point.phase]
        assert (used.phase, used.points) == (phase.name, phase.points_behind)
    judged = [place for place, finding in enumerate(findings) if finding is not None]
    assert judged == [
        place for place, point in enumerate(chart.points) if point.standing == "judged" and point.upper is not None
    ]


def test_the_books_proportions() -> None:
    juice = case("p_orangejuice_phase1")
    values = [value(place, count, juice["data"]["n"]) for place, count in enumerate(juice["data"]["count"])]
    for name, expected in juice["expected"]["violations"]["run_rules"].items():
        judged = judging(kind="control_chart", chart="p", baseline_windows=30, run_rules=[name])
        assert flagged(judged, values, indicator()) == expected, name


def test_the_books_counts() -> None:
    circuits = case("c_circuit_phase1")
    values = [of_count(place, count) for place, count in enumerate(circuits["data"]["count"])]
    judged = judging(kind="control_chart", chart="c", baseline_windows=26)
    assert flagged(judged, values, COUNT) == [6, 20, 21]


def test_the_books_single_values() -> None:
    values = [single(place, figure) for place, figure in enumerate(case("xmr_viscosity_phase1")["data"]["x"])]
    assert flagged(judging(kind="control_chart", baseline_windows=20), values, MEAN) == [4]


def test_the_books_cusum() -> None:
    values = [single(place, figure) for place, figure in enumerate(case("cusum_montgomery_9_1")["data"]["x"])]
    judged = judging(kind="cusum", k=0.5, h=5, centre=10, sigma=1)
    assert flagged(judged, values, MEAN) == [29, 30]
    first = found(judged, values, MEAN)[28]
    assert first is not None
    assert first.size == pytest.approx(1.25, abs=0.005)  # the new level is estimated as 11.25


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("cusum_pistonrings_all_h5", {"kind": "cusum", "h": 5}),
        ("ewma_pistonrings_all_l.2_L2.7", {"kind": "ewma", "lambda": 0.2, "L": 2.7}),
    ],
)
def test_the_books_piston_rings(name: str, fields: dict[str, Any]) -> None:
    rings = case(name)
    groups = np.array(rings["data"]["subgroups"])
    means, ranges = groups.mean(axis=1), np.ptp(groups, axis=1)
    sigma = ranges[:25].mean() / 2.326 / 5**0.5
    values = [single(place, float(figure)) for place, figure in enumerate(means)]
    judged = judging(centre=float(means[:25].mean()), sigma=float(sigma), **fields)
    violations = rings["expected"]["violations"]
    assert flagged(judged, values, MEAN) == violations.get("signals_high", violations.get("beyond_limits"))


def test_steady_limits_flag_none_of_the_books_values() -> None:
    values = [single(place, figure) for place, figure in enumerate(case("nist_ewma")["data"]["x"])]
    judged = judging(kind="ewma", L=3, limits="asymptotic", centre=50, sigma=2.0539, **{"lambda": 0.3})
    assert flagged(judged, values, MEAN) == []


def test_an_average_and_a_sum_say_nothing_before_their_limits_are_learned() -> None:
    values = [single(place, 10.0 + (-1) ** place) for place in range(23)]
    for kind in ("ewma", "cusum"):
        assert found(judging(kind=kind), values, MEAN) == [None] * 23
        assert None not in found(judging(kind=kind), [*values, single(23, 10.0)], MEAN)


@pytest.mark.parametrize(("reports", "sides"), [("both", ["above", "below"]), ("worse", [None, "below"])])
def test_only_what_is_worse(reports: str, sides: list[str | None]) -> None:
    values = [*(single(place, 10.0 + (-1) ** place) for place in range(24)), single(24, 30.0), single(25, -10.0)]
    judged = judging(kind="control_chart", run_rules=["N1"], reports=reports)
    assert [one.side for one in found(judged, values, MEAN)[-2:] if one is not None] == sides


def test_a_pattern_without_a_side_counts_as_worse() -> None:
    values = [single(place, 10.0 + (-1) ** place) for place in range(30)]
    findings = found(judging(kind="control_chart", run_rules=["N4"]), values, MEAN)
    assert {one.side for one in findings[13:] if one is not None} == {"below"}


def test_a_series_that_never_moved_signals_when_it_moves() -> None:
    values = [*(single(place, 10.0) for place in range(24)), single(24, 10.5), single(25, 10.0)]
    for kind in ("control_chart", "ewma", "cusum"):
        assert 25 in flagged(judging(kind=kind), values, MEAN)


def test_overlapping_windows_are_taken_where_they_do_not_overlap() -> None:
    rolling = indicator(formula=MEAN.formula, window=RollingWindow("P4W", "P1W", "week", 4))
    values = []
    for place in range(60):
        start = MONDAY + timedelta(weeks=place)
        values.append(single(place, 10.0 + (-1) ** (place // 4), window=Window(start, start + timedelta(weeks=4))))
    findings = found(judging(kind="control_chart", baseline_windows=5), values, rolling)
    assert [place for place, one in enumerate(findings) if one is not None] == list(range(0, 60, 4))


def test_the_sentence_has_the_limits() -> None:
    values = [*(single(place, 10.0 + (-1) ** place) for place in range(24)), single(24, 30.0)]
    judged = judging(kind="control_chart", run_rules=["N1"])
    scene = Scene(MEAN, DEFAULT_CALENDAR)
    [episode] = episodes(judged, values, scene=scene)
    said = reason(episode, rule=judged, scene=scene, subject={"line": "A"}, language="en")
    assert said == (
        "First-pass yield of line=A was out of control, high, in one week: 30 (1 readings) in the week of 2024-06-17; "
        "control chart with rules N1: centre 10, limits 4.7 to 15.3, from 24 windows; N1"
    )
    assert "控制限 4.7 至 15.3" in reason(episode, rule=judged, scene=scene, subject={}, language="zh")


def test_the_sentence_of_a_sum() -> None:
    values = [single(place, figure) for place, figure in enumerate(case("cusum_montgomery_9_1")["data"]["x"])]
    judged = judging(kind="cusum", centre=10, sigma=1)
    scene = Scene(MEAN, DEFAULT_CALENDAR)
    [episode] = episodes(judged, values, scene=scene)
    said = reason(episode, rule=judged, scene=scene, subject={"line": "A"}, language="en")
    assert "has shifted upwards in 2 weeks running" in said
    assert said.endswith("CUSUM with k 0.5, h 5: centre 10, sum 5.3 sigmas")


@pytest.mark.parametrize(("direction", "side"), [("higher_is_better", "below"), ("lower_is_better", "above")])
def test_where_patterns_lie_on_both_sides_the_worse_one_counts(direction: Direction, side: str) -> None:
    """Six values that rise, all below the lower limit."""
    values = [single(place, 10.0 + (-1) ** place) for place in range(24)]
    values += [single(24 + place, -20.0 + place) for place in range(6)]
    about = replace(MEAN, direction=direction)
    for reports in ("both", "worse"):
        last = found(judging(kind="control_chart", run_rules=["N1", "N3"], reports=reports), values, about)[-1]
        assert last is not None
        assert last.side == side
