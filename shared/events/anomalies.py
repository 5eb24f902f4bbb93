"""Published by analytics on `anomalies`."""

from typing import Literal

from msgspec import field

from shared.events.envelope import Contract, Moment
from shared.events.kpi_values import Direction, WindowSpan

ANOMALY_RAISED = "andon.anomaly.raised.v1"
ANOMALY_UPDATED = "andon.anomaly.updated.v1"
ANOMALY_CLEARED = "andon.anomaly.cleared.v1"
ANOMALY_WITHDRAWN = "andon.anomaly.withdrawn.v1"

Severity = Literal["minor", "moderate", "major", "critical"]
Deviation = Literal["below", "above"]
"""On which side of the target or limit the values lie."""
Clearing = Literal["in_order", "no_rule", "redefined"]
"""A run of windows in order, or nothing judges it any more: the rule has gone, or the indicator was defined anew."""


class YardstickUsed(Contract, frozen=True):
    """What a value was measured by, of a rule that learns it from the series.

    `lower` and `upper` are the limits of `statistic` (an average, a sum) if there is one, else of the value. `phase` and `points`
    (windows behind the limits) are their version; `patterns` names what was found, such as `N1`.
    """

    centre: float
    lower: float | None = None
    upper: float | None = None
    statistic: float | None = None
    phase: str = "beginning"
    points: int = 0
    patterns: list[str] = field(default_factory=list)


class EvidenceValue(Contract, frozen=True):
    """One KPI value that the anomaly rests on, as it was when judged. Of a rule of kind `missing_data` it is not the KPI's value, but
    how many readings the window had, and `limit` how many it should have had.
    """

    window: WindowSpan
    value: float
    numerator: float | None
    denominator: float | None
    sample_size: int
    revision: int
    limit: float | None = None
    compared: float | None = None
    yardstick: YardstickUsed | None = None


class AnomalySnapshot(Contract, frozen=True):
    """One episode of one rule on one subject, as it now stands. All four event types carry it.

    Attributes:
        clear_after: how many windows in a row must be in order for it to be cleared.
        cleared_by: the value of the last of them.
    """

    anomaly_id: str
    rule: str
    rule_version: int
    rule_kind: str
    indicator: str
    indicator_version: int
    indicator_direction: Direction
    indicator_title: dict[str, str]
    subject: dict[str, str]
    state: Literal["open", "cleared", "withdrawn"]
    direction: Deviation
    severity: Severity
    opens_issue: bool
    reason: str
    comparator: str
    target: float
    values: list[EvidenceValue]
    raised_at: Moment
    cleared_at: Moment | None = None
    withdrawn_at: Moment | None = None
    goal_id: str | None = None
    reasons: dict[str, str] = field(default_factory=dict)
    meaning: Literal["deterioration", "improvement"] = "deterioration"
    clear_after: int = 1
    cleared_by: EvidenceValue | None = None
    cleared_because: Clearing | None = None
