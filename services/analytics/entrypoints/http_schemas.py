"""Shapes of requests and answers of analytics."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from services.analytics.domain.catalogue import Definition
from services.analytics.domain.false_alarms import expected_run_length
from services.analytics.domain.kpi_value import Judgement, Status, subject_values
from services.analytics.domain.rule_form import read_rule
from services.analytics.domain.window_readings import Reading
from services.analytics.use_cases.query_values import ShownValue

Titles = str | dict[str, str]


class Body(BaseModel):
    """A request. A field that is not known is an error, so that a misspelt one is found."""

    model_config = ConfigDict(extra="forbid")

    def definition(self) -> dict[str, Any]:
        """The fields that were sent, as they are written in JSON; the domain reads and judges them."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class SeverityStep(BaseModel):
    """From which size a finding has which severity."""

    model_config = ConfigDict(extra="forbid")

    size: int | float
    severity: str


class Significance(BaseModel):
    """How sure a rule must be that chance does not explain what it finds."""

    model_config = ConfigDict(extra="forbid")

    confidence: float = 0.95


class RunRuleBody(BaseModel):
    """A run rule with other parameters than usual."""

    model_config = ConfigDict(extra="forbid")

    rule: str
    points: int | None = Field(default=None, description="how many make the pattern")
    of: int | None = Field(default=None, description="within how many")
    line: float | None = Field(default=None, description="distance from the centre, in sigmas")


class RuleFields(Body):
    """What a rule may say beside its indicator and its kind."""

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
    reports: str | None = Field(default=None, description="of two sides: both (the default), or worse alone")
    run_rules: list[str | RunRuleBody] | None = Field(
        default=None, description="of a control chart: N1 to N8, WE1 to WE4; default N1, N2, N5, N6"
    )
    weight: float | None = Field(default=None, alias="lambda", description="of an EWMA: weight of the newest; 0.2")
    multiple: float | None = Field(default=None, alias="L", description="of an EWMA: sigmas to a limit; 2.962")
    limits: str | None = Field(default=None, description="of an EWMA: exact (the default) or asymptotic")
    k: float | None = Field(default=None, description="of a CUSUM: half the shift to detect, in sigmas; 0.5")
    h: float | None = Field(default=None, description="of a CUSUM: decision value, in sigmas; 5")
    head_start: float | None = Field(default=None, description="of a CUSUM: what both sums begin with, in sigmas; 0")
    once_in: int | float | None = Field(
        default=None, description="of seasonal: how rare a window must be, in windows; 1000"
    )
    baseline_windows: int | None = Field(
        default=None, description="how many judged windows of a phase its limits rest on; 24"
    )
    chart: str | None = Field(default=None, description="whose limits; left out, the data choose")
    constants: str | None = Field(
        default=None,
        description="of moving ranges and ranges: exact (the default), or printed, to three digits as in books",
    )
    centre: int | float | None = Field(default=None, description="with sigma, in place of what would be learned")
    sigma: int | float | None = Field(
        default=None, description="standard deviation of a value, in the indicator's unit"
    )
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


class RuleBody(RuleFields):
    """A judgement on the values of one indicator."""

    indicator: str
    kind: str = Field(description="target, change_from_previous, control_chart, ewma, cusum, seasonal or missing_data")


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
    formula_version: int | None = Field(
        description="the version whose formula it is computed by; another than indicator_version where versions have a date of effect; null while it changes"
    )


class ReadingShape(BaseModel):
    """One reading behind a KPI value, as it stands now."""

    event_id: str
    source: str
    observed_at: datetime
    dimensions: dict[str, str]
    measures: dict[str, float] = Field(description="in the units of the reading type")


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


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
        formula_version=shown.formula_version,
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
