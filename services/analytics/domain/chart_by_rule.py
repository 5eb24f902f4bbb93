"""The chart of a series as a rule judges it: its limits, its run rules, and the average or sum that it compares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.analytics.domain.control_chart.baselining import Baselining
from services.analytics.domain.control_chart.chart import ChartSignal, ControlChart, Statistic, effect_of
from services.analytics.domain.control_chart.drawing import control_chart
from services.analytics.domain.control_chart.rebase import Rebase, in_force
from services.analytics.domain.errors import InvalidQuery
from services.analytics.domain.finding import Finding, Scene
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.control_chart import ControlChartRule
from services.analytics.domain.rules.cusum import CusumRule
from services.analytics.domain.rules.ewma import EwmaRule
from services.analytics.domain.spc.judging import RuleSet
from shared.calendars.calendar import Calendar

_NO_RUN_RULES = RuleSet(())


@dataclass(frozen=True, slots=True)
class ChartDesign:
    """How a chart is drawn.

    Attributes:
        rule: whose limits and signals are shown; None for the usual ones, where no rule judges by charts.
    """

    rule: Rule | None = None

    def draw(
        self, values: Sequence[KpiValue], *, indicator: Indicator, calendar: Calendar, rebases: Sequence[Rebase]
    ) -> ControlChart:
        condition = None if self.rule is None else self.rule.condition
        if isinstance(condition, ControlChartRule):
            rules, baselining = condition.rules, condition.baselining
        elif isinstance(condition, EwmaRule | CusumRule):
            rules, baselining = _NO_RUN_RULES, condition.baselining
        else:
            rules, baselining = None, Baselining()
        chart = control_chart(
            values, indicator=indicator, calendar=calendar, rebases=rebases, rules=rules, baselining=baselining
        )
        if not isinstance(condition, EwmaRule | CusumRule):
            return chart
        scene = Scene(indicator, calendar, tuple(rebase.begun for rebase in in_force(rebases)))
        closed = [value for value in values if value.status != "provisional"]
        found = zip(closed, condition.findings(closed, scene), strict=True)
        by_start = {value.window.start: finding for value, finding in found if finding is not None}
        return _with_statistics(chart, by_start, kind=condition.kind, scene=scene)


def design_of(rules: Sequence[Rule], subject: Mapping[str, str], asked: str | None) -> ChartDesign:
    """The rule that was asked for; else the one of kind `control_chart` that names most of the subject, the first by name.

    Args:
        rules: those of the indicator.

    Raises:
        InvalidQuery: no such rule judges this series by a chart.
    """
    charting = [rule for rule in rules if _charts(rule) and rule.covers(subject)]
    if asked is not None:
        named = [rule for rule in charting if rule.name == asked]
        if not named:
            names = ", ".join(rule.name for rule in charting) or "there is none yet"
            raise InvalidQuery(
                f"{asked!r} does not judge this series by a control chart, ewma or cusum; rules that do: {names}"
            )
        return ChartDesign(named[0])
    usual = [rule for rule in charting if isinstance(rule.condition, ControlChartRule)]
    return ChartDesign(min(usual, key=lambda rule: (-len(rule.subject), rule.name), default=None))


def _charts(rule: Rule) -> bool:
    return isinstance(rule.condition, ControlChartRule | EwmaRule | CusumRule)


def _with_statistics(
    chart: ControlChart, findings: Mapping[datetime, Finding], *, kind: str, scene: Scene
) -> ControlChart:
    points, signals = list(chart.points), []
    for place, point in enumerate(chart.points):
        finding = findings.get(point.value.window.start)
        used = None if finding is None else finding.yardstick
        if finding is None or used is None or used.statistic is None:
            continue
        points[place] = replace(point, statistic=Statistic(used.statistic, used.lower, used.upper))
        if finding.side is not None:
            effect = effect_of(finding.side, scene.indicator.direction)
            signals.append(ChartSignal(kind, finding.side, effect, (place,)))
    return replace(chart, points=tuple(points), signals=tuple(signals))
