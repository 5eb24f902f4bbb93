"""The control chart of a series of KPI values: phases, states, gaps, signals, and the kind of chart."""

import math
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from services.analytics.domain.control_chart.baselining import Baselining
from services.analytics.domain.control_chart.chart import ChartPoint, ControlChart
from services.analytics.domain.control_chart.drawing import control_chart, without_overlap
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.indicator import Formula, RollingWindow
from services.analytics.domain.kpi_value import KpiValue
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window
from tests.unit.analytics.examples import MONDAY, NOW, indicator, value, week
from tests.unit.analytics.spc.published import case, printed_like

MEAN = Formula("mean", measure="minutes")


def single(number: int, figure: float, **changed: Any) -> KpiValue:
    """The mean of one week, whose readings are no counts."""
    return value(number, 0, **({"value": figure, "numerator": None, "denominator": None} | changed))


def drawn(values: list[KpiValue], **given_: Any) -> ControlChart:
    facts: dict[str, Any] = {"indicator": indicator(formula=MEAN), "calendar": DEFAULT_CALENDAR} | given_
    return control_chart(values, **facts)


def rebase(number: int, version: int = 1) -> Rebase:
    return Rebase(week(number).start, "new torque tool verified", "Li Wei", version, NOW)


def steady(count: int, first: int = 0, level: float = 10.0) -> list[KpiValue]:
    """Weeks that move up and down by one."""
    return [single(first + place, level + (-1) ** place) for place in range(count)]


def fired(chart: ControlChart) -> list[tuple[str, str, int]]:
    return [(signal.rule, signal.effect, signal.at) for signal in chart.signals]


def lines(point: ChartPoint) -> list[float]:
    assert point.centre is not None
    assert point.lower is not None
    assert point.upper is not None
    return [point.centre, point.lower, point.upper]


def test_a_chart_of_single_values_is_that_of_the_book() -> None:
    viscosities = case("xmr_viscosity_phase1")["data"]["x"]
    values = [single(place, viscosity) for place, viscosity in enumerate(viscosities)]
    chart = drawn(values, baselining=Baselining(windows=20))
    point = chart.points[0]
    assert chart.newest.state == "frozen"
    assert printed_like(lines(point), [34.088, 32.56556, 35.61044])
    assert fired(chart)[0] == ("N1", "better", 3)


def test_shares_that_scatter_more_than_chance_have_limits_that_allow_for_it() -> None:
    data = case("p_vs_pprime_nhs_accidents")["data"]
    values = [value(place, count, of) for place, (count, of) in enumerate(zip(data["count"], data["n"], strict=True))]
    chart = drawn(values, indicator=indicator(), baselining=Baselining(windows=20))
    assert chart.newest.choice is not None
    assert (chart.newest.choice.chart, chart.newest.choice.reason) == ("p-prime", "over-dispersed")
    assert [signal for signal in chart.signals if signal.rule == "N1"] == []


def test_counts_per_window_have_limits_that_do_not_fall_below_zero() -> None:
    values = [
        value(place, count, denominator=None, value=float(count)) for place, count in enumerate([7, 9, 8, 6, 10, 8] * 5)
    ]
    chart = drawn(values, indicator=indicator(formula=Formula("count"), direction="lower_is_better"))
    assert chart.newest.choice is not None
    assert chart.newest.choice.chart == "c"
    assert lines(chart.points[0]) == pytest.approx([8.0, 0.0, 8 + 3 * 8**0.5])


def test_a_ratio_of_what_is_no_count_is_charted_as_single_values() -> None:
    chart = drawn([value(place, 10.5 + (-1) ** place, of=20.25) for place in range(8)], indicator=indicator())
    assert chart.newest.choice is not None
    assert (chart.newest.choice.chart, chart.newest.choice.reason) == ("xmr", "not-whole-counts")


@pytest.mark.parametrize(
    ("points", "state", "behind"),
    [
        (0, "waiting", 0),
        (4, "waiting", 0),
        (5, "learning", 5),
        (23, "learning", 23),
        (24, "frozen", 24),
        (60, "frozen", 24),
    ],
)
def test_limits_are_learned_then_frozen(points: int, state: str, behind: int) -> None:
    chart = drawn(steady(points))
    assert (chart.newest.state, chart.newest.points_behind) == (state, behind)
    assert all((point.upper is None) == (state == "waiting") for point in chart.points)


def test_limits_narrow_as_they_are_learned() -> None:
    spans = []
    for count in (6, 12, 24):
        _, lower, upper = lines(drawn(steady(count)).points[0])
        spans.append(upper - lower)
    assert spans == sorted(spans, reverse=True)
    assert spans[0] > 2 * spans[-1]


@given(later=st.lists(st.floats(-1e6, 1e6), max_size=12))
def test_what_follows_moves_no_frozen_limit(later: list[float]) -> None:
    before = drawn(steady(24))
    after = drawn(steady(24) + [single(24 + place, figure) for place, figure in enumerate(later)])
    assert after.points[:24] == before.points
    assert {point.upper for point in after.points} == {before.points[0].upper}
    assert after.newest.baseline_span == Window(week(0).start, week(23).end)


def test_a_corrected_window_of_the_baseline_moves_it() -> None:
    corrected = [*steady(23), single(23, 30.0)]
    assert drawn(corrected).points[0].centre != drawn(steady(24)).points[0].centre


def test_a_rebase_sets_limits_anew_from_its_window_on() -> None:
    values = steady(24) + steady(30, first=24, level=20.0)
    kept, rebased = drawn(values), drawn(values, rebases=[rebase(24)])
    assert [phase.state for phase in rebased.phases] == ["frozen", "frozen"]
    assert [(phase.first, phase.stop) for phase in rebased.phases] == [(0, 24), (24, 54)]
    assert rebased.phases[1].rebase == rebase(24)
    assert rebased.points[24].centre == pytest.approx(20.0)
    assert not rebased.points[24].joined
    assert rebased.points[:24] == kept.points[:24]
    assert kept.signals
    assert rebased.signals == ()


def test_there_may_be_many_phases_and_the_newest_may_be_empty() -> None:
    chart = drawn(steady(30), rebases=[rebase(40), rebase(10), rebase(20), rebase(20, version=2)])
    assert [(phase.first, phase.stop, phase.state) for phase in chart.phases] == [
        (0, 10, "learning"),
        (10, 20, "learning"),
        (20, 30, "learning"),
        (30, 30, "waiting"),
    ]
    assert chart.phases[2].rebase == rebase(20, version=2)


def test_a_rebase_that_was_taken_back_begins_nothing() -> None:
    taken_back = [rebase(10), replace(rebase(10, version=2), withdrawn=True)]
    assert drawn(steady(30), rebases=taken_back).phases[0].stop == 30


def test_a_rebase_at_the_very_beginning_leaves_no_empty_phase_before_it() -> None:
    [phase] = drawn(steady(6), rebases=[rebase(0)]).phases
    assert phase.rebase == rebase(0)


@pytest.mark.parametrize(
    "gap",
    [
        single(6, 0.0, value=None),
        single(6, 50.0, judgement="insufficient"),
        single(6, 50.0, value=math.inf),
        None,
    ],
    ids=["no value", "too small a sample", "overflow", "no readings"],
)
def test_a_window_without_a_judged_value_is_a_gap_that_ends_runs_and_moving_ranges(gap: KpiValue | None) -> None:
    one_side = [single(24 + place, 11.0) for place in range(12)]
    whole = steady(24) + one_side
    broken = [*whole[:30], *([structs.replace(gap, window=week(30))] if gap else []), *whole[31:]]
    assert ("N2", "better", 32) in fired(drawn(whole))
    chart = drawn(broken)
    assert fired(chart) == []
    after = next(point for point in chart.points if point.value.window == week(31))
    assert not after.joined
    for point in chart.points:
        if point.value.window == week(30):
            assert (point.standing, point.upper) == ("gap", None)


def test_no_moving_range_bridges_a_gap() -> None:
    low, high = steady(12, level=0.0), steady(12, first=13, level=1000.0)
    centre, _, upper = lines(drawn(low + high).points[0])
    assert upper - centre == pytest.approx(3 * 2 / 1.1283791671)


def test_an_open_window_is_drawn_with_its_limits_and_neither_judged_nor_learned_from() -> None:
    opened = single(24, 500.0, status="provisional", revision=0)
    before, chart = drawn(steady(24)), drawn([*steady(24), opened])
    assert chart.points[24].standing == "provisional"
    assert chart.points[24].upper == before.points[0].upper
    assert chart.signals == before.signals
    assert drawn([*steady(23), opened]).newest.points_behind == 23


def test_an_open_window_that_cannot_be_counted_has_no_limits() -> None:
    values = [value(place, 80 + place % 3, of=100) for place in range(8)]
    chart = drawn([*values, value(8, -5, of=100, status="provisional")], indicator=indicator())
    assert chart.points[7].upper is not None
    assert chart.points[8].upper is None


@pytest.mark.parametrize(("direction", "effect"), [("higher_is_better", "better"), ("lower_is_better", "worse")])
def test_a_signal_says_whether_it_is_an_improvement(direction: str, effect: str) -> None:
    chart = drawn([*steady(24), single(24, 40.0)], indicator=indicator(formula=MEAN, direction=direction))
    assert fired(chart) == [("N1", effect, 24)]


def test_rolling_windows_are_charted_where_they_do_not_overlap() -> None:
    rolling = indicator(formula=MEAN, window=RollingWindow("P4W", "P1W", "week", 4))
    values = [
        single(number, float(number % 3), window=Window(week(number).start, week(number + 3).end))
        for number in range(21)
    ]
    chart = drawn(values, indicator=rolling)
    assert [point.value.window.start for point in chart.points] == [week(number).start for number in range(0, 21, 4)]
    assert all(point.joined for point in chart.points[1:])


@given(starts=st.lists(st.integers(0, 60), unique=True).map(sorted), length=st.integers(1, 6))
def test_charted_windows_never_share_a_moment(starts: list[int], length: int) -> None:
    values = [single(number, 1.0, window=Window(week(number).start, week(number + length).start)) for number in starts]
    taken = without_overlap(values)
    assert all(one.window.end <= two.window.start for one, two in pairwise(taken))
    for value_ in values:
        assert any(one.window.start < value_.window.end and value_.window.start < one.window.end for one in taken)


@given(
    figures=st.lists(st.one_of(st.none(), st.integers(-50, 50)), max_size=40),
    cut=st.integers(0, 40),
)
def test_a_phase_is_drawn_as_if_it_were_alone(figures: list[int | None], cut: int) -> None:
    values = [
        single(place, 0.0, value=None if figure is None else float(figure)) for place, figure in enumerate(figures)
    ]
    whole = drawn(values, rebases=[rebase(cut)])
    alone = drawn(values[cut:], rebases=[rebase(cut)])
    offset = len(values) - len(values[cut:])
    assert [replace(point, phase=0) for point in whole.points[offset:]] == list(alone.points)
    assert [
        replace(signal, points=tuple(place - offset for place in signal.points))
        for signal in whole.signals
        if signal.points[0] >= offset
    ] == list(alone.signals)


def test_the_phase_that_no_rebase_began_has_a_name_too() -> None:
    assert [phase.name for phase in drawn(steady(6), rebases=[rebase(3)]).phases] == [
        "beginning",
        datetime(2024, 1, 22, tzinfo=MONDAY.tzinfo).isoformat(),
    ]
