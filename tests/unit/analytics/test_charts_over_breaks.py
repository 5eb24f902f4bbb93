"""Charts and the rules that learn from them go on over weekends, alike."""

from datetime import timedelta

import pytest

from services.analytics.domain.control_chart.drawing import control_chart
from services.analytics.domain.episode import episodes
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import Formula, TumblingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule_form import read_rule
from services.analytics.domain.spc.rule_catalogue import nelson
from shared.calendars.calendar import DEFAULT_CALENDAR
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
