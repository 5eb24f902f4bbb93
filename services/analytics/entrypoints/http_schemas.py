"""Shapes of requests and answers of analytics."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.catalogue import Definition
from services.analytics.domain.episode import Evidence
from services.analytics.domain.false_alarms import expected_run_length
from services.analytics.domain.finding import Comparator
from services.analytics.domain.kpi_value import Judgement, Status, subject_values
from services.analytics.domain.rule import Severity
from services.analytics.domain.rule_form import read_rule
from services.analytics.domain.window_readings import Reading
from services.analytics.use_cases.query_values import ShownValue
from shared.calendars.windows import Window

Titles = str | dict[str, str]


class Body(BaseModel):
    """A request. A field that is not known is an error, so that a misspelt one is found."""

    model_config = ConfigDict(extra="forbid")

    def definition(self) -> dict[str, Any]:
        """The fields that were sent, as they are written in JSON; the domain reads and judges them."""
        return self.model_dump(mode="json", exclude_unset=True)


class FormulaBody(Body):
    """What is computed over the readings of a window."""

    kind: str = Field(description="ratio, sum, count, mean, minimum, maximum, standard_deviation or quantile")
    measure: str | None = Field(default=None, description="of every kind but ratio; count needs none")
    numerator: str | None = Field(default=None, description="measure of a ratio")
    denominator: str | None = Field(default=None, description="measure of a ratio")
    q: float | None = Field(
        default=None,
        description="which quantile: the part of the readings that the value is not exceeded by",
        examples=[0.95],
    )
    where: dict[str, str | list[str]] | None = Field(
        default=None, description="dimension → values; only readings that have one of them, for each dimension, count"
    )


class WindowBody(Body):
    """What an indicator is judged over."""

    kind: str = Field(description="tumbling or rolling")
    every: str | None = Field(
        default=None, description="of tumbling: hour, shift, day, week, month, quarter or year of the calendar"
    )
    length: str | None = Field(
        default=None, description="of rolling: how long a window is, a whole number of steps", examples=["P4W"]
    )
    step: str | None = Field(
        default=None,
        description="of rolling: how far apart windows begin; P1D, P1W, P1M, P3M, P1Y, PT1H, or minutes that divide an hour",
        examples=["P1D"],
    )


class IndicatorBody(Body):
    """A KPI definition."""

    title: Titles | None = Field(default=None, description="text, or language → text; default the name")
    reading_type: str = Field(description="whose readings count")
    formula: FormulaBody
    by: list[str] = Field(default_factory=list, description="dimensions whose values make a subject")
    window: WindowBody
    calendar: str = "default"
    direction: str = Field(description="higher_is_better or lower_is_better")
    minimum_sample: int = Field(
        default=0, description="least denominator of a ratio, or number of readings, for a value to be judged"
    )
    allowed_lateness: str = Field(default="PT0S", description="ISO 8601 duration that a closed window waits")
    idle_timeout: str = Field(
        default="PT1H", description="ISO 8601 duration after which a silent source is not waited for"
    )
    unit: str = "1"


class SeverityStep(BaseModel):
    """From which size a finding has which severity."""

    model_config = ConfigDict(extra="forbid")

    size: int | float
    severity: str


class Significance(BaseModel):
    """How sure a rule must be that chance does not explain what it finds."""

    model_config = ConfigDict(extra="forbid")

    confidence: float = 0.95


class RuleBody(Body):
    """A judgement on the values of one indicator."""

    indicator: str
    kind: str = Field(description="target, change_from_previous or missing_data")
    comparator: str | None = Field(default=None, description="of a target what is good: >=, >, <= or <")
    target: int | float | None = Field(default=None, description="what a good value is compared with")
    significantly: Significance | None = Field(
        default=None,
        description="a target is missed only where chance does not explain it; for ratios of counts and counts",
    )
    more_than: int | float | None = Field(
        default=None, description="the largest change in order, in the indicator's unit"
    )
    more_than_share: int | float | None = Field(default=None, description="the same as a share of the earlier value")
    against: str | None = Field(default=None, description="of a change: previous (the default) or year_before")
    reports: str | None = Field(default=None, description="of a change: both (the default), or worse alone")
    minimum_readings: int | None = Field(
        default=None, description="of missing data: least readings of a window; default 1"
    )
    maximum_readings: int | None = Field(default=None, description="most readings of a window")
    lowest_share: int | float | None = Field(default=None, description="least readings as a share of the usual number")
    highest_share: int | float | None = Field(default=None, description="most readings as a share of the usual number")
    seen_within: int | None = Field(
        default=None, description="windows for which a subject is expected after its last reading; default 30"
    )
    late: str | None = Field(
        default=None, description="how late readings may come: PT2H, or 2h or 1d of working time", examples=["2h"]
    )
    for_windows: int = Field(default=1, description="windows that miss the target for an anomaly")
    of: int | None = Field(default=None, description="within how many windows in a row; default for_windows")
    clear_after: int = Field(default=1, description="windows in a row that meet the target to clear it")
    cooldown: int | None = Field(
        default=None, description="what comes back within so many windows after it was cleared is the same anomaly"
    )
    minimum_sample: int | None = Field(default=None, description="as the indicator's, for this rule alone")
    minimum_effect: int | float | None = Field(default=None, description="what is found and smaller does not count")
    severity: str = Field(default="moderate", description="minor, moderate, major or critical")
    severity_by_size: list[SeverityStep] | None = Field(
        default=None, description="severities of findings of a size and more; anything smaller has `severity`"
    )
    opens_issue: bool = False
    mode: str | None = Field(default=None, description="act (the default), or observe: its anomalies open no issues")
    subject: dict[str, str] | None = Field(default=None, description="judges only subjects with these values")
    title: Titles | None = None


class IndicatorShape(IndicatorBody):
    """An indicator in force. `computed_as`: the version that its values carry as `indicator_version`."""

    model_config = ConfigDict(extra="ignore")

    name: str
    version: int
    computed_as: int
    problems: list[str] = Field(description="what keeps readings from being counted, if anything")


class FalseAlarms(BaseModel):
    """What a rule raises though nothing is wrong."""

    windows_between: float = Field(
        description="at least so many judged windows pass on average until a process exactly at its target raises an anomaly;"
        " 1e9 stands for more"
    )


class RuleShape(RuleBody):
    """A rule in force."""

    model_config = ConfigDict(extra="ignore")

    name: str
    version: int
    expected_false_alarms: FalseAlarms | None = Field(
        default=None, description="null where the rule says nothing about chance"
    )


class WindowShape(BaseModel):
    """Half-open, UTC."""

    start: datetime
    end: datetime


class ValueWindowShape(WindowShape):
    """Half-open, UTC."""

    shift: str | None = Field(default=None, description="of a window that is a shift its name; left out otherwise")

    @model_serializer(mode="wrap")
    def _without_none(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        shown: dict[str, Any] = serialize(self)
        return {name: value for name, value in shown.items() if value is not None}


class ValueShape(BaseModel):
    """One KPI value, the newest there is of its subject and window."""

    subject: dict[str, str]
    window: ValueWindowShape
    value: float | None = Field(description="null for a window whose readings give none")
    numerator: float | None
    denominator: float | None
    sample_size: int = Field(description="number of readings")
    status: Status
    judgement: Judgement
    revision: int = Field(description="0 while provisional, 1 when first final, one more with each restatement")
    indicator_version: int


class ReadingShape(BaseModel):
    """One reading behind a KPI value, as it stands now."""

    event_id: str
    source: str
    observed_at: datetime
    dimensions: dict[str, str]
    measures: dict[str, float] = Field(description="in the units of the reading type")


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
    cleared_window: WindowShape | None = Field(description="the window that met the target again")
    raised_at: datetime
    cleared_at: datetime | None
    withdrawn_at: datetime | None
    goal_id: str | None


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


def from_indicator(definition: Definition, problems: list[str]) -> IndicatorShape:
    facts = {"name": definition.name, "version": definition.version, "computed_as": definition.computed_as}
    return IndicatorShape.model_validate({**definition.body, **facts, "problems": problems})


def from_rule(definition: Definition) -> RuleShape:
    windows = expected_run_length(read_rule(definition.name, definition.version, definition.body))
    facts = {
        "name": definition.name,
        "version": definition.version,
        "expected_false_alarms": None if windows is None else {"windows_between": windows},
    }
    return RuleShape.model_validate({**definition.body, **facts})


def from_value(shown: ShownValue) -> ValueShape:
    value = shown.value
    return ValueShape(
        subject=subject_values(value.key.subject),
        window=ValueWindowShape(start=value.window.start, end=value.window.end, shift=shown.shift),
        value=value.value,
        numerator=value.numerator,
        denominator=value.denominator,
        sample_size=value.sample_size,
        status=value.status,
        judgement=value.judgement,
        revision=value.revision,
        indicator_version=value.key.indicator_version,
    )


def from_reading(reading: Reading) -> ReadingShape:
    """As shown over HTTP."""
    return ReadingShape(
        event_id=reading.event_id,
        source=reading.source,
        observed_at=reading.observed_at,
        dimensions=dict(reading.dimensions),
        measures=dict(reading.measures),
    )


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
        values=[_evidence(seen) for seen in episode.evidence],
        windows_missed=episode.misses,
        raised_window=_window(episode.raised),
        cleared_window=None if episode.cleared is None else _window(episode.cleared),
        raised_at=anomaly.raised_at,
        cleared_at=anomaly.cleared_at,
        withdrawn_at=anomaly.withdrawn_at,
        goal_id=anomaly.goal_id,
    )


def _evidence(seen: Evidence) -> EvidenceShape:
    return EvidenceShape(
        window=_window(seen.window),
        value=seen.value,
        numerator=seen.numerator,
        denominator=seen.denominator,
        sample_size=seen.sample_size,
        revision=seen.revision,
        limit=seen.limit,
        compared=seen.compared,
    )


def _window(window: Window) -> WindowShape:
    return WindowShape(start=window.start, end=window.end)
