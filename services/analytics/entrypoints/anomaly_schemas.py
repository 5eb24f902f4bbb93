"""Shapes of anomalies over HTTP."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.analytics.domain.anomaly import Anomaly, Clearing
from services.analytics.domain.episode import Evidence
from services.analytics.domain.finding import Comparator
from services.analytics.domain.rule import Severity
from services.analytics.entrypoints.http_schemas import WindowShape
from shared.calendars.windows import Window


class YardstickShape(BaseModel):
    """What a value was measured by, of a rule that learns it from the series."""

    centre: float = Field(description="where the value was expected")
    lower: float | None = Field(description="limit of the statistic if there is one, else of the value")
    upper: float | None
    statistic: float | None = Field(description="what was compared in place of the value: an average, a sum, a rarity")
    phase: str = Field(description="since when the limits hold; with `points` their version")
    points: int = Field(description="how many windows stand behind the limits; 0 where they were given")
    patterns: list[str] = Field(description="what was found, such as N1")


class EvidenceShape(BaseModel):
    """A value that an anomaly rests on, as it was when judged."""

    window: WindowShape
    value: float
    numerator: float | None
    denominator: float | None
    sample_size: int
    revision: int
    limit: float | None = Field(description="beyond which the rule finds it")
    compared: float | None = Field(description="the earlier value that it was compared with, if it was one")
    yardstick: YardstickShape | None = Field(description="of rules that learn their limits from the series")


class AnomalyShape(BaseModel):
    """A rule's episode on one subject."""

    id: str
    rule: str
    rule_version: int
    indicator: str
    indicator_version: int
    subject: dict[str, str]
    state: str = Field(description="open, cleared or withdrawn")
    direction: str = Field(description="below or above")
    severity: Severity
    opens_issue: bool
    reason: str
    reasons: dict[str, str] = Field(description="the same in each language: en, zh")
    meaning: str = Field(description="deterioration or improvement, by the indicator's direction")
    rule_kind: str
    comparator: Comparator
    target: float
    values: list[EvidenceShape] = Field(
        description="those of the run that raised it, and the newest that missed the target"
    )
    windows_missed: int
    raised_window: WindowShape = Field(description="the window that completed the run")
    clear_after: int = Field(description="windows in a row in order that clear it")
    cleared_window: WindowShape | None = Field(description="the last of them")
    cleared_by: EvidenceShape | None = Field(description="its value")
    cleared_because: Clearing | None = Field(
        description="in_order; or no_rule (it judges no more) or redefined (the indicator was), both without a window"
    )
    raised_at: datetime
    cleared_at: datetime | None
    withdrawn_at: datetime | None
    goal_id: str | None


def from_anomaly(anomaly: Anomaly) -> AnomalyShape:
    episode = anomaly.episode
    return AnomalyShape(
        id=anomaly.id,
        rule=anomaly.rule,
        rule_version=anomaly.rule_version,
        indicator=anomaly.key.indicator,
        indicator_version=anomaly.key.indicator_version,
        subject=dict(anomaly.subject),
        state=anomaly.state,
        direction=anomaly.direction,
        severity=anomaly.severity,
        opens_issue=anomaly.opens_issue,
        reason=anomaly.reason,
        reasons=dict(anomaly.reasons),
        meaning=anomaly.meaning,
        rule_kind=anomaly.rule_kind,
        comparator=anomaly.comparator,
        target=anomaly.target,
        values=[from_evidence(seen) for seen in episode.evidence],
        windows_missed=episode.misses,
        raised_window=from_window(episode.raised),
        clear_after=anomaly.clear_after,
        cleared_window=None if episode.cleared is None else from_window(episode.cleared),
        cleared_by=None if episode.clearing is None else from_evidence(episode.clearing),
        cleared_because=anomaly.cleared_because,
        raised_at=anomaly.raised_at,
        cleared_at=anomaly.cleared_at,
        withdrawn_at=anomaly.withdrawn_at,
        goal_id=anomaly.goal_id,
    )


def from_evidence(seen: Evidence) -> EvidenceShape:
    return EvidenceShape(
        window=from_window(seen.window),
        value=seen.value,
        numerator=seen.numerator,
        denominator=seen.denominator,
        sample_size=seen.sample_size,
        revision=seen.revision,
        limit=seen.limit,
        compared=seen.compared,
        yardstick=None
        if seen.yardstick is None
        else YardstickShape.model_validate(seen.yardstick, from_attributes=True),
    )


def from_window(window: Window) -> WindowShape:
    return WindowShape(start=window.start, end=window.end)
