"""Shapes of indicators, as they are defined and shown."""

from datetime import datetime

from pydantic import ConfigDict, Field

from services.analytics.domain.built_in import BUILT_IN
from services.analytics.domain.formula_text import counting_periods, formula_texts
from services.analytics.entrypoints.http_schemas import Body, Titles
from services.analytics.use_cases.query_dictionary import Entry


class FormulaBody(Body):
    """What is computed over the readings of a window."""

    kind: str = Field(
        description="ratio, sum, count, mean, minimum, maximum, standard_deviation, quantile, derived or weighted_score"
    )
    measure: str | None = Field(default=None, description="of every kind but ratio; count needs none")
    numerator: str | None = Field(default=None, description="measure of a ratio")
    denominator: str | None = Field(default=None, description="measure of a ratio")
    q: float | None = Field(
        default=None,
        description="which quantile: the part of the readings that the value is not exceeded by",
        examples=[0.95],
    )
    expression: str | None = Field(
        default=None,
        description="of derived: arithmetic over other indicators; a minus between two names stands between spaces",
        examples=["first-pass-yield * rework-yield"],
    )
    weights: dict[str, float] | None = Field(
        default=None, description="of weighted_score: indicator → weight; they add up to 1"
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
    reading_type: str | None = Field(
        default=None, description="whose readings count; left out where it is computed from other indicators"
    )
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
    unit: str = Field(default="1", description="of the values, as pint writes it; 1 for a plain number, % for a share")
    owner: str | None = Field(default=None, description="a person or a role", examples=["role:quality_manager"])
    deputy: str | None = Field(default=None, description="who stands in for the owner")
    data_source: str | None = Field(
        default=None, description="where the readings come from; by default the sources that have sent some"
    )
    effective_from: datetime | None = Field(
        default=None,
        description="windows that begin then or later are computed by this version, those before by the versions before; "
        "left out: all windows are, as far as readings are kept",
    )


class IndicatorShape(IndicatorBody):
    """An indicator in force. `computed_as`: the version that its values carry as `indicator_version`."""

    model_config = ConfigDict(extra="ignore")

    name: str
    version: int
    computed_as: int
    formula_text: dict[str, str] = Field(description="what is computed, in words: en, zh")
    counting_period: dict[str, str] = Field(description="over what, in words: en, zh")
    built_in: bool = Field(description="it exists from the start and cannot be changed")
    problems: list[str] = Field(
        description="what keeps readings from being counted, and what the unit is at odds with, if anything"
    )


def from_indicator(entry: Entry) -> IndicatorShape:
    definition, indicator = entry.definition, entry.indicator
    facts = {
        "name": definition.name,
        "version": definition.version,
        "computed_as": definition.computed_as,
        "data_source": entry.data_source,
        "formula_text": formula_texts(indicator),
        "counting_period": counting_periods(indicator),
        "built_in": definition.name in BUILT_IN,
        "problems": list(entry.problems),
    }
    return IndicatorShape.model_validate({**definition.body, **facts})
