"""Charts and the rules that learn from them go on over weekends and holidays, alike: as if those days were not there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.control_chart.drawing import control_chart
from services.analytics.domain.episode import episodes
from services.analytics.domain.finding import Finding, Scene
from services.analytics.domain.indicator import Formula, TumblingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule_form import read_rule
from services.analytics.domain.spc.rule_catalogue import nelson
from shared.calendars.calendar import DEFAULT_CALENDAR, WEEKDAYS, Calendar
from shared.calendars.windows import Window
from tests.unit.analytics.examples import MONDAY, indicator, value

DAILY = indicator(formula=Formula("mean", measure="minutes"), window=TumblingWindow("day"))
BASELINE = [10.0, 12.0] * 12
WORKED = [number for number in range(70) if number % 7 < 5]
ABOVE = [11.5] * 8
"""The last value of the baseline is on their side, too."""


def daily(number: int, figure: float, *, judgement: str = "judged") -> KpiValue:
    start = MONDAY + timedelta(days=number)
    window = Window(start, start + timedelta(days=1))
    return value(0, 0, window=window, value=figure, numerator=None, denominator=None, judgement=judgement)


def signals(values: list[KpiValue]) -> tuple[int, int]:
    """How many the chart has of N2, and whether the rule finds an episode."""
    judged = read_rule("steady", 1, {"indicator": DAILY.name, "kind": "control_chart", "run_rules": ["N2"]})
    chart = control_chart(values, indicator=DAILY, calendar=DEFAULT_CALENDAR, rules=nelson([2]))
    return len(chart.signals), len(episodes(judged, values, scene=Scene(DAILY, DEFAULT_CALENDAR)))


@pytest.mark.parametrize("with_little_on_saturdays", [False, True])
def test_nine_working_days_on_one_side_are_a_run(with_little_on_saturdays: bool) -> None:
    values = [daily(number, figure) for number, figure in zip(WORKED, BASELINE + ABOVE, strict=False)]
    if with_little_on_saturdays:
        saturdays = [daily(number, 0.0, judgement="insufficient") for number in range(5, WORKED[32], 7)]
        values = sorted([*values, *saturdays], key=lambda one: one.window.start)
    assert signals(values) == (1, 1)


def test_a_working_day_without_a_value_ends_it() -> None:
    worked = [number for number in WORKED if number != WORKED[28]]
    assert signals([daily(number, figure) for number, figure in zip(worked, BASELINE + ABOVE, strict=False)]) == (0, 0)


LEARNING: tuple[dict[str, Any], ...] = (
    {"kind": "control_chart", "run_rules": ["N1", "N2", "N3", "N5"]},
    {"kind": "ewma"},
    {"kind": "ewma", "lambda": 0.4, "limits": "asymptotic"},
    {"kind": "cusum", "h": 3},
    {"kind": "cusum", "head_start": 2},
)
EVERY_DAY = replace(DEFAULT_CALENDAR, working_hours=dict.fromkeys(WEEKDAYS, DEFAULT_CALENDAR.working_hours["monday"]))


def found(fields: dict[str, Any], values: Sequence[KpiValue], calendar: Calendar) -> list[Finding | None]:
    judged = read_rule("steady", 1, {"indicator": DAILY.name, "baseline_windows": 6, **fields})
    return list(judged.condition.findings(values, Scene(DAILY, calendar)))


@given(
    fields=st.sampled_from(LEARNING),
    figures=st.lists(st.sampled_from([9.0, 10.0, 10.5, 11.0, 12.0, 14.0]), min_size=8, max_size=40),
    holidays=st.sets(st.integers(0, 60), max_size=12),
    counted=st.sampled_from([None, "insufficient"]),
)
def test_days_off_are_as_if_they_were_not_there(
    fields: dict[str, Any], figures: list[float], holidays: set[int], counted: str | None
) -> None:
    """The same figures on days that follow one another without any, in a plant that never rests, are judged alike."""
    off = frozenset((MONDAY + timedelta(days=number)).date() for number in holidays)
    calendar = replace(DEFAULT_CALENDAR, holidays=off)
    worked = [number for number in range(120) if number % 7 < 5 and number not in holidays][: len(figures)]
    values = [daily(number, figure) for number, figure in zip(worked, figures, strict=True)]
    if counted is not None:
        free = sorted(set(range(worked[-1])) - set(worked))
        values += [daily(number, 99.0, judgement=counted) for number in free]
    ordered = sorted(values, key=lambda one: one.window.start)
    on_days_off = [one for one, value in zip(found(fields, ordered, calendar), ordered, strict=True) if value.is_judged]
    without = [daily(number, figure) for number, figure in enumerate(figures)]
    assert on_days_off == found(fields, without, EVERY_DAY)
