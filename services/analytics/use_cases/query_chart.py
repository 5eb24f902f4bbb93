"""Show the control chart of one series, and keep the baselines that it finds complete."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.analytics.domain.chart_by_rule import design_of
from services.analytics.domain.chart_target import Target, target_of
from services.analytics.domain.control_chart.chart import ControlChart
from services.analytics.domain.control_chart.frozen_baseline import FrozenBaseline, to_freeze
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.control_chart.rebase_form import check_one_series
from services.analytics.domain.dated_versions import phases_with_dates
from services.analytics.domain.errors import UnknownIndicator
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.rule import Rule
from services.analytics.domain.subject import subject_text
from services.analytics.domain.value_frame import series_of
from services.analytics.ports.charting import ChartedSeries, ChartUnitOfWork
from services.analytics.ports.reading import AnalyticsReader, Readers, ValueFilter
from services.analytics.use_cases.series_values import series_values
from shared.calendars.calendar import Calendar


@dataclass(frozen=True, slots=True)
class AskForChart:
    """Which series; `subject` names each dimension of the indicator.

    Attributes:
        rule: whose limits and signals are shown; None for those in force.
    """

    indicator: str
    subject: Mapping[str, str] = field(default_factory=dict)
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class ShownChart:
    """A chart and what it is read with.

    Attributes:
        baselines: phase → every version of its frozen baseline, oldest first.
        target: None where none is in force.
        rule: whose limits and signals these are; None where no rule judges by a chart.
    """

    indicator: Indicator
    calendar: Calendar
    subject: Mapping[str, str]
    chart: ControlChart
    baselines: Mapping[str, Sequence[FrozenBaseline]]
    target: Target | None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class QueryChart:
    """Raises UnknownIndicator; InvalidQuery for anything but one series, and for a rule that draws no chart of it."""

    readers: Readers
    units: Callable[[], ChartUnitOfWork]

    def __call__(self, question: AskForChart, *, now: datetime) -> ShownChart:
        """A baseline that is complete for the first time, or that corrected data have changed, is kept before it is shown.

        Not that of a rule that was asked for: it need not be the one in force.
        """
        with self.readers() as reader:
            indicator = _indicator(reader, question.indicator)
            check_one_series(indicator, question.subject)
            rebases = reader.charts.rebases(ChartedSeries(indicator.name, question.subject))
            catalogue = reader.catalogue()
            series = series_of(indicator.name, indicator.version, subject_text(question.subject))
            design = design_of(catalogue.rules_of(indicator.name), question.subject, question.rule)
            chart = design.draw(
                series_values(reader, ValueFilter(indicator.name, indicator.version, series=series)),
                indicator=indicator,
                calendar=catalogue.calendar_of(indicator),
                rebases=phases_with_dates(rebases, indicator, reader.versions("indicator", indicator.name)),
            )
            kept = reader.charts.baselines(series)
        if question.rule is None and _new(chart, kept, now):
            kept = self._freeze(series, chart, kept, now=now)
        target = target_of(catalogue.rules_of(indicator.name), chart, question.subject)
        calendar = catalogue.calendar_of(indicator)
        return ShownChart(indicator, calendar, question.subject, chart, _by_phase(kept), target, design.rule)

    def _freeze(
        self, series: bytes, chart: ControlChart, seen: Sequence[FrozenBaseline], *, now: datetime
    ) -> Sequence[FrozenBaseline]:
        """Keep what is new, unless somebody has kept something since: that may rest on newer values than this chart does."""
        with self.units() as uow:
            uow.charts.lock()
            kept = uow.charts.baselines(series)
            if kept != seen:
                return kept
            new = _new(chart, seen, now)
            for baseline in new:
                uow.charts.add_baseline(series, baseline)
            uow.commit()
        return [*seen, *new]


@dataclass(frozen=True, slots=True)
class QueryRebases:
    """Raises UnknownIndicator; InvalidQuery for anything but one series."""

    readers: Readers

    def __call__(self, question: AskForChart) -> Sequence[Rebase]:
        """Every version, in order of (start, version)."""
        with self.readers() as reader:
            check_one_series(_indicator(reader, question.indicator), question.subject)
            return reader.charts.rebases(ChartedSeries(question.indicator, question.subject))


def _indicator(reader: AnalyticsReader, name: str) -> Indicator:
    found = reader.indicator(name)
    if found is None:
        raise UnknownIndicator(f"there is no indicator {name!r}")
    return found


def _new(chart: ControlChart, kept: Sequence[FrozenBaseline], now: datetime) -> list[FrozenBaseline]:
    newest = {baseline.phase: baseline for baseline in kept}
    found = [to_freeze(phase, newest.get(phase.name), now=now) for phase in chart.phases]
    return [baseline for baseline in found if baseline is not None]


def _by_phase(kept: Sequence[FrozenBaseline]) -> dict[str, list[FrozenBaseline]]:
    phases: dict[str, list[FrozenBaseline]] = {}
    for baseline in kept:
        phases.setdefault(baseline.phase, []).append(baseline)
    return phases
