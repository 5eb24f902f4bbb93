"""Whether a rule's kind suits the indicator that it judges."""

from collections.abc import Mapping
from typing import get_args

from services.analytics.domain.indicator import FormulaKind, Indicator, RollingWindow
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.change import YEARLY, ChangeFromPrevious
from services.analytics.domain.rules.control_chart import ControlChartRule
from services.analytics.domain.rules.cusum import CusumRule
from services.analytics.domain.rules.ewma import EwmaRule
from services.analytics.domain.rules.seasonal import SeasonalRule, has_hours
from services.analytics.domain.rules.target import COUNTED, Target
from services.analytics.domain.spc.chart_choice import CountChart, SingleChart
from services.analytics.domain.window_form import in_words
from shared.runtime.errors import FieldProblem

_SINGLE: tuple[str, ...] = get_args(SingleChart)
_COUNTED: tuple[str, ...] = get_args(CountChart)
_OF_EVENTS: tuple[str, ...] = tuple(chart for chart in _COUNTED if not chart.startswith("p"))
_CHARTS: Mapping[FormulaKind, tuple[str, ...]] = {
    "ratio": (*_SINGLE, *(chart for chart in _COUNTED if not chart.startswith("c"))),
    "count": (*_SINGLE, *_OF_EVENTS),
    "sum": (*_SINGLE, *_OF_EVENTS),
    "mean": (*_SINGLE, "xbar-s", "xbar-r"),
    "standard_deviation": (*_SINGLE, "s"),
}


def misfits(rule: Rule, indicator: Indicator) -> list[FieldProblem]:
    """What of the rule means nothing on the indicator, with the remedy; empty where it can be judged."""
    condition = rule.condition
    if isinstance(condition, Target):
        return _of_target(condition, indicator)
    if isinstance(condition, ChangeFromPrevious):
        return _of_change(condition, indicator)
    if isinstance(condition, ControlChartRule | EwmaRule | CusumRule):
        return _of_chart(condition.baselining.chart, indicator) + _of_runs(rule, indicator)
    if isinstance(condition, SeasonalRule) and not has_hours(indicator):
        window = in_words(indicator.window) if isinstance(indicator.window, RollingWindow) else indicator.window.every
        detail = (
            f"seasonal needs windows that begin every hour or more often, and those of {indicator.name} are of a {window}; "
            "judge it by control_chart or change_from_previous, or an indicator of hours"
        )
        return [FieldProblem("/kind", detail)]
    return []


def _of_target(condition: Target, indicator: Indicator) -> list[FieldProblem]:
    formula = indicator.formula.kind
    if condition.confidence is None or formula in COUNTED:
        return []
    counted = " or a ".join(COUNTED)
    detail = f"asks for counts, and {indicator.name} is a {formula}; leave it out, or judge a {counted}"
    return [FieldProblem("/significantly", detail)]


def _of_change(condition: ChangeFromPrevious, indicator: Indicator) -> list[FieldProblem]:
    if condition.against != "year_before" or indicator.window.cut in YEARLY:
        return []
    detail = f"{indicator.name} has windows without a like one year before; compare with the previous one"
    return [FieldProblem("/against", detail)]


def _of_chart(chart: str | None, indicator: Indicator) -> list[FieldProblem]:
    formula = indicator.formula.kind
    allowed = _CHARTS.get(formula, _SINGLE)
    if chart is None or chart in allowed:
        return []
    detail = f"{indicator.name} is a {formula}, which has no {chart} chart; use one of {', '.join(allowed)}"
    return [FieldProblem("/chart", detail)]


def _of_runs(rule: Rule, indicator: Indicator) -> list[FieldProblem]:
    """Of windows that overlap a chart takes every one that begins where the last one ended: none follows another."""
    if not isinstance(indicator.window, RollingWindow) or indicator.window.panes == 1:
        return []
    runs = {"for_windows": rule.for_windows, "of": rule.window_of, "clear_after": rule.clear_after}
    detail = (
        f"the windows of {indicator.name} overlap, and a chart takes some of them, none next to another; leave it out"
    )
    return [FieldProblem(f"/{name}", detail) for name, windows in runs.items() if windows > 1]
