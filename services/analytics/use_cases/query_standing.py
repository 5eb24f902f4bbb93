"""How things stand, for the gauges: read from the database, so that a restart changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, subject_values
from services.analytics.domain.rules.target import Target
from services.analytics.domain.standing import Standing, SubjectStanding, TargetStanding
from services.analytics.domain.watermark import ages
from services.analytics.ports.reading import AnalyticsReader, AnomalyFilter, Readers

_MOST_OPEN = 1000
_MOST_COUNTED = 20_000
"""Subjects of an indicator. That there are more than are shown matters, and the gauges are read every few seconds."""


@dataclass(frozen=True, slots=True)
class QueryStanding:
    """Shows at most `series` subjects of each indicator and counts the rest."""

    readers: Readers
    series: int

    def __call__(self, now: datetime) -> Standing:
        with self.readers() as reader:
            catalogue = reader.catalogue()
            subjects: list[SubjectStanding] = []
            left_out: dict[str, int] = {}
            for indicator in catalogue.indicators.values():
                newest = reader.newest_final(indicator.name, indicator.version, series=self.series)
                subjects += _standing(catalogue, indicator, newest, open_anomalies=_open(reader, indicator))
                left_out[indicator.name] = self._left_out(reader, indicator, len(newest))
            return Standing(
                subjects,
                left_out,
                reader.open_anomalies(),
                reader.statistics.of_rules(None),
                ages([state.watermarks for state in reader.partition_states()], now),
            )

    def _left_out(self, reader: AnalyticsReader, indicator: Indicator, shown: int) -> int:
        if shown < self.series:
            return 0
        return reader.count_series(indicator.name, indicator.version, most=max(_MOST_COUNTED, shown)) - shown


def _open(reader: AnalyticsReader, indicator: Indicator) -> Collection[tuple[str, bytes]]:
    wanted = AnomalyFilter(state="open", indicator=indicator.name)
    found: list[Anomaly] = []
    while True:
        page = reader.anomalies(wanted, after=found[-1].id if found else None, limit=_MOST_OPEN)
        found += page
        if len(page) < _MOST_OPEN:
            return {(anomaly.rule, anomaly.key.series) for anomaly in found}


def _standing(
    catalogue: Catalogue,
    indicator: Indicator,
    newest: Sequence[KpiValue],
    *,
    open_anomalies: Collection[tuple[str, bytes]],
) -> list[SubjectStanding]:
    return [
        SubjectStanding(
            value,
            [
                TargetStanding(rule.name, float(rule.condition.target), (rule.name, value.key.series) in open_anomalies)
                for rule in catalogue.rules_of(indicator.name)
                if isinstance(rule.condition, Target) and rule.covers(subject_values(value.key.subject))
            ],
        )
        for value in newest
    ]
