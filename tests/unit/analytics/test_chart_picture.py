"""The picture of a control chart: what stands in it, whatever the bytes."""

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from services.analytics.domain.chart_target import target_of
from services.analytics.domain.control_chart.drawing import control_chart
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.indicator import Formula, RollingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.entrypoints.chart_picture.picture import picture
from services.analytics.entrypoints.chart_picture.scales import (
    Frame,
    NumberForm,
    apart,
    fitting,
    text_width,
    value_scale,
)
from services.analytics.entrypoints.chart_picture.words import CHINESE, ENGLISH
from services.analytics.use_cases.query_chart import ShownChart
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window
from tests.unit.analytics.examples import NOW, indicator, rule, value, week

FRAME = Frame(0, 0, 100, 200)
SVG = "{http://www.w3.org/2000/svg}"
YIELD = indicator(title={"en": "First-pass yield", "zh": "一次交验合格率"})


def steady(count: int, first: int = 0, passed: int = 950) -> list[KpiValue]:
    return [value(first + place, passed + 5 * (-1) ** place) for place in range(count)]


def shown(
    values: Sequence[KpiValue], *, target: str | None = None, rebases: Sequence[Rebase] = (), **of: Any
) -> ShownChart:
    facts = of.get("indicator", YIELD)
    chart = control_chart(values, indicator=facts, calendar=DEFAULT_CALENDAR, rebases=rebases)
    rules = [] if target is None else [rule(target=Decimal(target))]
    subject = of.get("subject", {"line": "A"})
    return ShownChart(facts, DEFAULT_CALENDAR, subject, chart, {}, target_of(rules, chart, subject))


def drawn(chart: ShownChart, language: str = "en", places: Sequence[int] | None = None) -> ET.Element:
    return ET.fromstring(picture(chart, range(len(chart.chart.points)) if places is None else places, language))


def classed(svg: ET.Element, style: str) -> list[ET.Element]:
    """Elements of a class that are no sample in the legend."""
    legend = {element for group in svg.iter(f"{SVG}g") if group.get("class") == "legend" for element in group.iter()}
    wanted = set(style.split())
    return [one for one in svg.iter() if wanted <= set((one.get("class") or "").split()) and one not in legend]


def texts(svg: ET.Element, style: str = "") -> list[str]:
    found = classed(svg, style) if style else list(svg.iter(f"{SVG}text"))
    return [one.text or "" for one in found if one.tag == f"{SVG}text"]


def test_a_picture_names_indicator_subject_chart_and_windows() -> None:
    svg = drawn(shown(steady(30)))
    assert svg.get("role") == "img"
    assert texts(svg, "title") == ["First-pass yield · line A"]
    assert texts(svg, "kind") == ["p chart: a share of so many trials scatters binomially"]
    assert texts(svg, "window")[0] == "2024-W30"
    assert len(classed(svg, "point")) == 30
    assert texts(svg, "phase-state") == ["limits of 24 windows, frozen"]
    [title] = [one.text for one in classed(svg, "point")[3].iter(f"{SVG}title")]
    assert title == "2024-W04: 94.5 %"


def test_texts_are_in_chinese_as_text_and_never_as_paths() -> None:
    svg = drawn(shown([*steady(24), value(24, 700)], target="0.9"), "zh")
    assert svg.get("lang") == "zh"
    assert texts(svg, "title") == ["一次交验合格率 · line A"]
    written = " ".join(texts(svg))
    for word in ("上限", "中心线", "下限", "目标 ≥ 90 %", "已冻结", "信号：变差", "控制限"):
        assert word in written
    assert not list(svg.iter(f"{SVG}image"))
    assert "UCL" not in written


def test_both_languages_have_a_word_for_everything() -> None:
    for field in ("effects", "states", "verdicts", "charts", "reasons"):
        assert getattr(ENGLISH, field).keys() == getattr(CHINESE, field).keys()


def test_limits_are_dashed_and_the_target_is_a_line_of_its_own() -> None:
    svg = drawn(shown(steady(30), target="0.9"))
    style = next(svg.iter(f"{SVG}style")).text or ""
    assert "stroke-dasharray: 5 4" in next(line for line in style.splitlines() if line.startswith(".limit"))
    assert "stroke-dasharray: 12 4 2 4" in next(line for line in style.splitlines() if line.startswith(".target"))
    assert [len(classed(svg, line)) for line in ("limit upper", "limit lower", "centre", "target")] == [1, 1, 1, 1]
    assert texts(svg, "label")[0].startswith("UCL 97.1")
    assert texts(svg, "label")[3] == "target 90.0 %"
    assert texts(svg, "assurance") == ["target ≥ 90 %: capable, it keeps meeting the target"]


def test_limits_step_with_each_window() -> None:
    values = [value(place, 95 * size, of=100 * size) for place, size in enumerate([5, 9] * 12)]
    [upper] = classed(drawn(shown(values)), "limit upper")
    heights = {pair.split(",")[1] for pair in (upper.get("d") or "").replace("M", "").replace("L", "").split()}
    assert len(heights) == 2


def test_signals_have_a_shape_of_their_own_and_the_number_of_their_rule() -> None:
    svg = drawn(shown([*steady(24), value(24, 700), *steady(2, first=25), value(27, 999)]))
    [worse], [better] = classed(svg, "signal worse"), classed(svg, "signal better")
    assert (worse.get("d") or "").count("L") == 3
    assert (better.get("d") or "").count("L") == 2
    assert texts(svg, "rule") == ["1", "1"]
    assert len(classed(svg, "point")) == 26
    written = texts(svg)
    assert {"signal, worse", "signal, better", "rule that fired; a number is Nelson's"} <= set(written)


def test_where_there_is_room_every_rule_that_fired_is_written() -> None:
    svg = drawn(shown([*steady(24), value(24, 860), value(25, 860)]), places=range(20, 26))
    assert texts(svg, "rule") == ["1", "1,5"]


def test_gaps_are_gaps() -> None:
    values = steady(30)
    small = structs.replace(values[10], judgement="insufficient")
    svg = drawn(shown([*values[:10], small, *values[11:20], *values[21:]]))
    assert len(classed(svg, "values")) == 3
    assert len(classed(svg, "limit upper")) == 3
    assert len(classed(svg, "point")) == 28


def test_an_open_window_is_hollow() -> None:
    svg = drawn(shown([*steady(24), value(24, 950, status="provisional")]))
    assert len(classed(svg, "open")) == 1
    assert "window still open" in texts(svg)


def test_phases_have_limits_of_their_own_and_learning_ones_a_band() -> None:
    rebase = Rebase(week(26).start, "new torque tool", "Li Wei", 1, NOW)
    svg = drawn(shown(steady(26) + steady(8, first=26, passed=990), rebases=[rebase]))
    assert [group.get("class") for group in classed(svg, "phase")] == ["phase frozen", "phase learning"]
    assert texts(svg, "phase-name") == ["Phase 1", "Phase 2: new torque tool"]
    assert texts(svg, "phase-state")[1] == "learning, 8 windows: wide limits"
    assert [len(classed(svg, style)) for style in ("learning", "change", "baseline", "limit upper")] == [2, 1, 2, 2]


@pytest.mark.parametrize("count", [1, 4])
def test_without_limits_only_values_are_drawn(count: int) -> None:
    svg = drawn(shown(steady(count)))
    assert len(classed(svg, "point")) == count
    assert classed(svg, "limit") == []
    assert texts(svg, "kind") == []


def test_nothing_to_show_is_said() -> None:
    assert texts(drawn(shown([])), "empty") == ["no values yet"]
    assert texts(drawn(shown([value(0, 1, judgement="insufficient")])), "phase-state") == [
        "waiting: too few windows for limits"
    ]


def test_what_people_wrote_cannot_break_the_picture() -> None:
    hostile = '</text><script>alert("1")</script>\x00]]>'
    facts = replace(YIELD, title={"en": hostile}, unit=hostile)
    rebase = Rebase(week(2).start, hostile, "x", 1, NOW)
    svg = drawn(shown(steady(6), indicator=facts, subject={"line": hostile}, rebases=[rebase]))
    assert not list(svg.iter(f"{SVG}script"))
    assert any('<script>alert("1")</script>' in text for text in texts(svg, "title"))


def test_values_that_are_no_shares_are_written_in_their_unit() -> None:
    facts = indicator(formula=Formula("mean", measure="minutes"), unit="min")
    values = [value(place, 0, value=1250.0 + place % 3) for place in range(6)]
    svg = drawn(shown(values, indicator=facts))
    assert "min" in texts(svg)
    assert "1,250" in texts(svg, "tick")


def test_a_rolling_window_is_called_by_its_last_part() -> None:
    rolling = replace(YIELD, window=RollingWindow("P4W", "P1W", "week", 4))
    values = [structs.replace(value(n, 950), window=Window(week(n).start, week(n + 3).end)) for n in range(0, 24, 4)]
    assert texts(drawn(shown(values, indicator=rolling)), "window")[0] == "…2024-W24"


@given(values=st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=9))
def test_a_scale_holds_its_values_and_a_few_round_ticks(values: list[float]) -> None:
    scale = value_scale(FRAME, values)
    assert all(FRAME.top <= scale.y(one) <= FRAME.bottom for one in values)
    assert 1 <= len(scale.ticks) <= 8
    form = NumberForm(percent=False, step=scale.step)
    assert len({form.tick(tick) for tick in scale.ticks}) == len(scale.ticks)
    for tick in scale.ticks:
        assert math.isclose(float(form.tick(tick).replace(",", "")), tick, rel_tol=1e-6, abs_tol=scale.step * 1e-6)


@given(places=st.lists(st.floats(0, 500), max_size=6))
def test_labels_are_kept_apart_in_their_order(places: list[float]) -> None:
    moved = sorted(zip(places, apart(places, 15), strict=True))
    assert all(after >= before for before, after in moved)
    assert all(later - earlier >= 15 - 1e-9 for (_, earlier), (_, later) in pairwise(moved))


@given(content=st.text(max_size=60), width=st.floats(0, 300))
def test_a_fitted_text_fits(content: str, width: float) -> None:
    fitted = fitting(content, width=width, size=12)
    assert text_width(fitted, 12) <= width
    assert fitted in (content, "") or fitted.endswith("…")


def test_chinese_letters_count_as_wide() -> None:
    assert text_width("合格", 12) > text_width("ab", 12)
