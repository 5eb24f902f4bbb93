"""How things stand: the newest final value of each subject, its targets, and whether they are breached. For gauges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule_statistics import RuleStatistics


@dataclass(frozen=True, slots=True)
class TargetStanding:
    """One rule that covers the subject. It is breached while its anomaly is open."""

    rule: str
    target: float
    is_breached: bool


@dataclass(frozen=True, slots=True)
class SubjectStanding:
    """One subject of one indicator."""

    newest: KpiValue
    targets: Sequence[TargetStanding]


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that is shown as a gauge.

    Attributes:
        subjects: at most as many per indicator as was asked for.
        left_out: indicator → how many subjects are not among them.
        open_anomalies: severity → number.
        rules: rule → how it has proved itself; those that never raised an anomaly are left out.
        watermark_ages: source → how far its watermark lies behind the clock.
    """

    subjects: Sequence[SubjectStanding]
    left_out: Mapping[str, int]
    open_anomalies: Mapping[str, int]
    rules: Mapping[str, RuleStatistics]
    watermark_ages: Mapping[str, timedelta]
