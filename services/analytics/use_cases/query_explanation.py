"""Show where one KPI value comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from msgspec import structs

from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.catalogue import Catalogue, DefinedVersion
from services.analytics.domain.control_chart.rebase_form import check_one_series
from services.analytics.domain.counted_windows import by_steps, counts_apart, step_of
from services.analytics.domain.dated_versions import version_behind
from services.analytics.domain.effective_dates import as_of
from services.analytics.domain.errors import HistoryIncomplete, InvalidQuery, UnknownIndicator, UnknownWindow
from services.analytics.domain.expected_windows import Expectation, Reach
from services.analytics.domain.explanation import (
    Closing,
    PaneFacts,
    PartValue,
    RuleVerdict,
    closing,
    pane_facts,
    rule_verdict,
)
from services.analytics.domain.finding import Scene
from services.analytics.domain.history import Span
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, subject_values
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.missing_data import MissingData
from services.analytics.domain.subject import subject_text
from services.analytics.domain.value_frame import series_of
from services.analytics.domain.watermark import reached
from services.analytics.domain.window_readings import Reading, WantedReadings, readings_behind
from services.analytics.ports.reading import AnalyticsReader, AnomalyFilter, Readers, ValueFilter
from services.analytics.use_cases.counting import counted_by_reader
from services.analytics.use_cases.series_values import series_values
from shared.calendars.windows import Window, shift_name

_MOMENT = timedelta(microseconds=1)
_MOST_ANOMALIES = 1000


@dataclass(frozen=True, slots=True)
class AskForExplanation:
    """Which value: of the window that begins at `window_start` (UTC); `subject` names each dimension of the indicator."""

    indicator: str
    window_start: datetime
    subject: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A value and everything behind it.

    Attributes:
        indicator: as it computes the value's window.
        version: the newest one that counts for the window.
        panes, closing, readings: of a value that is computed from readings; else none. The readings are the first of them, in order of
            (observed time, source, event id).
        parts: of a derived value; else none.
    """

    indicator: Indicator
    version: DefinedVersion
    value: KpiValue
    shift: str | None
    panes: Sequence[PaneFacts]
    closing: Closing | None
    rules: Sequence[RuleVerdict]
    readings: Sequence[Reading]
    parts: Sequence[PartValue]


@dataclass(frozen=True, slots=True)
class QueryExplanation:
    """Raises UnknownIndicator; UnknownWindow where there is no value; InvalidQuery for anything but one series; HistoryIncomplete
    while the window is being computed by another version.

    Attributes:
        readings: how many of the readings are shown at once.
    """

    readers: Readers
    readings: int

    def __call__(self, question: AskForExplanation, *, now: datetime) -> Explanation:
        with self.readers() as reader:
            catalogue = reader.catalogue()
            indicator = catalogue.indicators.get(question.indicator)
            if indicator is None:
                raise UnknownIndicator(f"there is no indicator {question.indicator!r}")
            check_one_series(indicator, question.subject)
            value = _value(reader, indicator, question)
            _check_settled(reader, indicator, value)
            calendar = catalogue.calendar_of(indicator)
            is_shift = indicator.window.cut == "shift"
            ruling = as_of(indicator, value.window.start)
            return Explanation(
                indicator=ruling,
                version=version_behind(reader.versions("indicator", indicator.name), value.window.start),
                value=value,
                shift=shift_name(calendar, value.window.start) if is_shift else None,
                panes=pane_facts(reader.panes(value.key, value.window), ruling),
                closing=None if indicator.formula.parts else _closing(reader, indicator, value, now=now),
                rules=_rules(reader, catalogue, indicator, value=value),
                readings=[] if indicator.formula.parts else self._readings(reader, ruling, value),
                parts=[
                    PartValue(as_of(part, value.window.start), _of(reader, part, question))
                    for part in (catalogue.indicators[name] for name in ruling.formula.parts)
                ],
            )

    def _readings(self, reader: AnalyticsReader, indicator: Indicator, value: KpiValue) -> Sequence[Reading]:
        blocks = reader.history(indicator.reading_type, Span(value.window.start, value.window.end))
        return readings_behind(
            blocks, indicator, WantedReadings(value.window, subject_values(value.key.subject), None, self.readings)
        )


def _value(reader: AnalyticsReader, indicator: Indicator, question: AskForExplanation) -> KpiValue:
    found = _of(reader, indicator, question)
    if found is None:
        start = question.window_start.isoformat()
        raise UnknownWindow(f"{indicator.name} has no value of a window that begins at {start}")
    return found


def _check_settled(reader: AnalyticsReader, indicator: Indicator, value: KpiValue) -> None:
    state = reader.partition_state(value.key.partition)
    if state is not None and state.is_behind(indicator, value.window.start):
        detail = f"{indicator.name} is being computed anew from {indicator.effective_from} on; try again in a moment"
        raise HistoryIncomplete(detail)


def _of(reader: AnalyticsReader, indicator: Indicator, question: AskForExplanation) -> KpiValue | None:
    start = question.window_start
    wanted = ValueFilter(
        indicator=indicator.name,
        indicator_version=indicator.version,
        series=series_of(indicator.name, indicator.version, subject_text(question.subject)),
        since=start,
        until=start + _MOMENT,
    )
    return next(iter(reader.values(wanted, after=None, limit=1)), None)


def _closing(reader: AnalyticsReader, indicator: Indicator, value: KpiValue, *, now: datetime) -> Closing:
    state = reader.partition_state(value.key.partition) or PartitionState()
    progress = reached(
        state.watermarks, reading_type=indicator.reading_type, idle_timeout=indicator.idle_timeout, now=now
    )
    return closing(value, indicator, progress)


def _rules(
    reader: AnalyticsReader, catalogue: Catalogue, indicator: Indicator, *, value: KpiValue
) -> Sequence[RuleVerdict]:
    phases = catalogue.phases_of(indicator.name, value.key.subject)
    scene = Scene(indicator, catalogue.calendar_of(indicator), phases)
    rules = catalogue.rules_of(indicator.name)
    series = _whole_series(reader, value) if any(rule.remembers for rule in rules) else [value]
    return [
        _missing_data_verdict(reader, catalogue, rule, value=value, scene=scene)
        if isinstance(rule.condition, MissingData)
        else rule_verdict(
            rule,
            value.window,
            series if rule.remembers else _read_by(reader, rule, value, scene=scene),
            anomalies=_anomalies(reader, rule, value),
            scene=scene,
        )
        for rule in rules
    ]


def _missing_data_verdict(
    reader: AnalyticsReader, catalogue: Catalogue, rule: Rule, *, value: KpiValue, scene: Scene
) -> RuleVerdict:
    """About the readings of the window; of a rolling one those of its last step."""
    if not isinstance(rule.condition, MissingData):
        raise TypeError(f"{rule.name} is not about missing data")
    window, counted = value.window, [*_read_by(reader, rule, value, scene=scene)]
    if counts_apart(scene.indicator):
        window = step_of(value.window, scene)
        begins = rule.condition.reads_from(window.start, scene)
        steps = counted_by_reader(reader, catalogue, value.key, span=Window(begins, window.end))
        counted = [structs.replace(one, status=value.status) if one.window == window else one for one in steps]
        scene = replace(scene, indicator=by_steps(scene.indicator))
    until = Reach(looked_at={rule.name: window.end})
    seen = Expectation(rule.name, rule.condition, scene, until).windows(counted)
    return rule_verdict(rule, window, seen, anomalies=_anomalies(reader, rule, value), scene=scene)


def _whole_series(reader: AnalyticsReader, value: KpiValue) -> Sequence[KpiValue]:
    """What rules judge that remember the past: the later values, too, because limits may still be learned from them.

    The value alone where there are more than can be looked at together; such rules then say that they cannot judge it.
    """
    key = value.key
    try:
        found = series_values(reader, ValueFilter(key.indicator, key.indicator_version, series=key.series))
    except InvalidQuery:
        return [value]
    return [one for one in found if one.status != "provisional" or one.window == value.window]


def _read_by(reader: AnalyticsReader, rule: Rule, value: KpiValue, *, scene: Scene) -> Sequence[KpiValue]:
    """What the rule reads to judge the value, and the value."""
    before = ValueFilter(
        indicator=value.key.indicator,
        indicator_version=value.key.indicator_version,
        series=value.key.series,
        since=rule.condition.reads_from(value.window.start, scene),
        until=value.window.start,
    )
    earlier = [one for one in series_values(reader, before) if one.status != "provisional"]
    return [*earlier, value]


def _anomalies(reader: AnalyticsReader, rule: Rule, value: KpiValue) -> Sequence[Anomaly]:
    """Those of the rule on the value's series."""
    wanted = AnomalyFilter(None, value.key.indicator, rule.name, subject_values(value.key.subject))
    found: list[Anomaly] = []
    while True:
        page = reader.anomalies(wanted, after=found[-1].id if found else None, limit=_MOST_ANOMALIES)
        found += page
        if len(page) < _MOST_ANOMALIES:
            return [one for one in found if one.key.series == value.key.series]
