"""The control chart that README and `docs/read-a-chart.md` show: example data, drawn as the service draws."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec import structs

from services.analytics.domain.chart_target import target_of
from services.analytics.domain.control_chart.drawing import control_chart
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.indicator import Formula, Indicator, TumblingWindow
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.target import Target
from services.analytics.entrypoints.chart_picture.picture import picture
from services.analytics.use_cases.query_chart import ShownChart
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window
from tools.reference.document import NOTICE, Document

_FIRST = datetime(2025, 1, 6, tzinfo=UTC)
_WEEKS = 66
_TOO_FEW, _WITHOUT = 12, 20
"""Weeks of too small a sample, and without any reading."""
_LOOSE_TOOL, _NEW_TOOL = range(34, 40), 41
_SUBJECT = {"line": "A"}


def documents() -> list[Document]:
    """A year of one line: steady, then a loose tool, then a new one."""
    indicator = Indicator(
        name="first-pass-yield",
        version=1,
        title={"en": "First-pass yield", "zh": "一次交验合格率"},
        reading_type="inspection",
        formula=Formula("ratio", numerator="passed", denominator="inspected"),
        by=("line",),
        window=TumblingWindow("week"),
        calendar="default",
        direction="higher_is_better",
    )
    values = _values()
    rebase = Rebase(_week(_NEW_TOOL).start, "new torque tool, verified by issue 17", "Li Wei", 1, _week(_WEEKS).start)
    chart = control_chart(values, indicator=indicator, calendar=DEFAULT_CALENDAR, rebases=[rebase])
    rule = Rule("yield-below-95", 1, indicator.name, Target(">=", Decimal("0.95")))
    shown = ShownChart(indicator, DEFAULT_CALENDAR, _SUBJECT, chart, {}, target_of([rule], chart, _SUBJECT))
    return [Document(f"docs/images/control-chart-{language}.svg", _drawn(shown, language)) for language in ("en", "zh")]


def _drawn(shown: ShownChart, language: str) -> str:
    drawn = picture(shown, range(len(shown.chart.points)), language)
    return f"<!-- {NOTICE} -->\n{drawn[drawn.index('<svg') :].rstrip()}\n"


def _values() -> list[KpiValue]:
    chance = random.Random(7)  # noqa: S311 (an example that is the same every time)
    values = []
    for number in range(_WEEKS):
        inspected = chance.randint(700, 1300)
        share = 0.93 if number in _LOOSE_TOOL else 0.955 if number < _LOOSE_TOOL.start else 0.978
        passed = sum(chance.random() < share for _ in range(inspected))
        values.append(_value(number, passed, inspected))
    values[_TOO_FEW] = structs.replace(values[_TOO_FEW], judgement="insufficient")
    values[-1] = structs.replace(values[-1], status="provisional", revision=0)
    return values[:_WITHOUT] + values[_WITHOUT + 1 :]


def _value(number: int, passed: int, inspected: int) -> KpiValue:
    return KpiValue(
        key=SeriesKey(b"", "first-pass-yield", 1, '{"line":"A"}', 0),
        window=_week(number),
        value=passed / inspected,
        numerator=float(passed),
        denominator=float(inspected),
        sample_size=5,
        judgement="judged",
        status="final",
        revision=1,
    )


def _week(number: int) -> Window:
    start = _FIRST + number * timedelta(weeks=1)
    return Window(start, start + timedelta(weeks=1))
