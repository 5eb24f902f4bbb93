"""Shapes of explanations: one value, and everything behind it."""

from datetime import datetime
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from services.analytics.domain.explanation import (
    Closing,
    LeftOut,
    PaneFacts,
    PartValue,
    RuleVerdict,
    Verdict,
    filled_in,
)
from services.analytics.domain.formula_text import formula_texts
from services.analytics.domain.kpi_value import KpiValue, subject_values
from services.analytics.entrypoints.http_schemas import ReadingShape, ValueShape, from_reading, from_value
from services.analytics.use_cases.query_explanation import Explanation
from services.analytics.use_cases.query_values import ShownValue


class DefinitionShape(BaseModel):
    """The version of the definition that counts for the window: the newest whose `effective_from` is not after its start."""

    version: int
    computed_as: int
    effective_from: datetime | None = Field(description="null where it counts for all windows")
    defined_at: datetime
    defined_by: str
    calendar: str


class PaneShape(BaseModel):
    """One pane that was added: half-open, UTC. What the formula does not use is null."""

    start: datetime
    end: datetime
    readings: int
    numerator: float | None
    denominator: float | None
    minimum: float | None
    maximum: float | None


class ClosingShape(BaseModel):
    """What makes the window final."""

    at: datetime = Field(description="the watermark that it takes: the window's end plus `allowed_lateness`")
    watermark: datetime | None = Field(description="how far the sources have come by now")
    held_by: str | None = Field(description="the source that is least far")
    waits_for: str | None = Field(
        description="first_reading or source_to_come_further; null where there is a watermark"
    )


class RuleVerdictShape(BaseModel):
    """What a rule says of the value."""

    rule: str
    rule_version: int
    kind: str
    verdict: Verdict
    because: LeftOut | None = Field(description="why it is left out")
    limit: float | None = Field(description="that separates what is found from what is in order")
    anomalies: list[str] = Field(description="ids of the rule's anomalies that rest on the value")
    reasons: dict[str, str] = Field(description="why the newest of them was raised: en, zh")


class BehindShape(BaseModel):
    """The readings behind the value."""

    count: int
    first: list[ReadingShape]
    all: str = Field(description="where all of them are, page by page")


class PartShape(BaseModel):
    """An indicator that the value is computed from."""

    indicator: str
    value: ValueShape | None = Field(description="of the same subject and window; null while there is none")
    explain: str = Field(description="where this value comes from")


class ExplanationShape(BaseModel):
    """One value, traced back to its readings."""

    indicator: str
    title: dict[str, str]
    value: ValueShape
    formula_text: dict[str, str] = Field(description="what is computed: en, zh")
    with_numbers: dict[str, str] = Field(description="the same with this value's numbers: en, zh")
    definition: DefinitionShape
    panes: list[PaneShape]
    parts: list[PartShape] = Field(description="of a derived value; it is final when each of them is")
    closing: ClosingShape | None = Field(description="null for a derived value")
    rules: list[RuleVerdictShape]
    readings: BehindShape | None = Field(description="null for a derived value: they are behind its parts")


def from_explanation(shown: Explanation) -> ExplanationShape:
    indicator, definition = shown.indicator, shown.version.definition
    return ExplanationShape(
        indicator=indicator.name,
        title=dict(indicator.title),
        value=from_value(ShownValue(shown.value, indicator.formula_version, shown.shift)),
        formula_text=formula_texts(indicator),
        with_numbers=filled_in(indicator, shown.value, shown.parts),
        definition=DefinitionShape(
            version=definition.version,
            computed_as=definition.computed_as,
            effective_from=indicator.effective_from,
            defined_at=shown.version.defined_at,
            defined_by=shown.version.defined_by,
            calendar=indicator.calendar,
        ),
        panes=[_pane(pane) for pane in shown.panes],
        parts=[_part(part, shown) for part in shown.parts],
        closing=None if shown.closing is None else _closing(shown.closing),
        rules=[_rule(verdict) for verdict in shown.rules],
        readings=None if shown.parts else _readings(shown),
    )


def _readings(shown: Explanation) -> BehindShape:
    value = shown.value
    query = urlencode(_subject(value))
    return BehindShape(
        count=value.sample_size,
        first=[from_reading(reading) for reading in shown.readings],
        all=f"/v1/indicators/{shown.indicator.name}/values/{_start(value)}/readings{query and f'?{query}'}",
    )


def _part(part: PartValue, shown: Explanation) -> PartShape:
    query = urlencode({"window_start": _start(shown.value), **_subject(shown.value)})
    return PartShape(
        indicator=part.indicator.name,
        value=None
        if part.value is None
        else from_value(ShownValue(part.value, part.indicator.formula_version, shown.shift)),
        explain=f"/v1/indicators/{part.indicator.name}/explain?{query}",
    )


def _subject(value: KpiValue) -> dict[str, str]:
    return {f"subject.{name}": text for name, text in subject_values(value.key.subject).items()}


def _start(value: KpiValue) -> str:
    return value.window.start.strftime("%Y-%m-%dT%H:%M:%SZ")


def _pane(pane: PaneFacts) -> PaneShape:
    return PaneShape(
        start=pane.start,
        end=pane.end,
        readings=pane.readings,
        numerator=pane.numerator,
        denominator=pane.denominator,
        minimum=pane.minimum,
        maximum=pane.maximum,
    )


def _closing(found: Closing) -> ClosingShape:
    return ClosingShape(
        at=found.at,
        watermark=found.watermark,
        held_by=found.held_by,
        waits_for=None if found.waits_for is None else found.waits_for.value,
    )


def _rule(found: RuleVerdict) -> RuleVerdictShape:
    newest = found.anomalies[-1] if found.anomalies else None
    return RuleVerdictShape(
        rule=found.rule.name,
        rule_version=found.rule.version,
        kind=found.rule.condition.kind,
        verdict=found.verdict,
        because=found.because,
        limit=None if found.finding is None else found.finding.limit,
        anomalies=[anomaly.id for anomaly in found.anomalies],
        reasons={} if newest is None else dict(newest.reasons),
    )
