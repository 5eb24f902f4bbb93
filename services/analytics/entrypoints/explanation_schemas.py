"""Shapes of explanations: one value, and everything behind it."""

from datetime import datetime
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from services.analytics.domain.explanation import Closing, LeftOut, PaneFacts, RuleVerdict, Verdict, filled_in
from services.analytics.domain.formula_text import formula_texts
from services.analytics.domain.kpi_value import subject_values
from services.analytics.entrypoints.http_schemas import ReadingShape, ValueShape, from_reading, from_value
from services.analytics.use_cases.query_explanation import Explanation
from services.analytics.use_cases.query_values import ShownValue


class DefinitionShape(BaseModel):
    """The version of the definition that is in force."""

    version: int
    computed_as: int
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


class ExplanationShape(BaseModel):
    """One value, traced back to its readings."""

    indicator: str
    title: dict[str, str]
    value: ValueShape
    formula_text: dict[str, str] = Field(description="what is computed: en, zh")
    with_numbers: dict[str, str] = Field(description="the same with this value's numbers: en, zh")
    definition: DefinitionShape
    panes: list[PaneShape]
    closing: ClosingShape
    rules: list[RuleVerdictShape]
    readings: BehindShape


def from_explanation(shown: Explanation) -> ExplanationShape:
    indicator, definition = shown.indicator, shown.version.definition
    return ExplanationShape(
        indicator=indicator.name,
        title=dict(indicator.title),
        value=from_value(ShownValue(shown.value, shown.shift)),
        formula_text=formula_texts(indicator),
        with_numbers=filled_in(indicator, shown.value),
        definition=DefinitionShape(
            version=definition.version,
            computed_as=definition.computed_as,
            defined_at=shown.version.defined_at,
            defined_by=shown.version.defined_by,
            calendar=indicator.calendar,
        ),
        panes=[_pane(pane) for pane in shown.panes],
        closing=_closing(shown.closing),
        rules=[_rule(verdict) for verdict in shown.rules],
        readings=BehindShape(
            count=shown.value.sample_size,
            first=[from_reading(reading) for reading in shown.readings],
            all=_all_readings(shown),
        ),
    )


def _all_readings(shown: Explanation) -> str:
    start = shown.value.window.start.strftime("%Y-%m-%dT%H:%M:%SZ")
    subject = {f"subject.{name}": value for name, value in subject_values(shown.value.key.subject).items()}
    query = f"?{urlencode(subject)}" if subject else ""
    return f"/v1/indicators/{shown.indicator.name}/values/{start}/readings{query}"


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
