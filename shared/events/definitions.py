"""Published by analytics on `definitions`: what issues and goals need to know of calendars and indicators."""

from typing import Any

import msgspec

from shared.events.envelope import Contract, Moment
from shared.events.kpi_values import Direction

CALENDAR_DEFINED = "andon.calendar.defined.v1"
INDICATOR_DEFINED = "andon.indicator.defined.v1"


class CalendarDefined(Contract, frozen=True):
    """A calendar as it now stands, in the form of `PUT /v1/calendars/{name}`, with public holidays worked out.

    `holidays` are all days off, and `working_days` all days that are worked though their weekday is not; so a reader needs to know
    no country, and an old event says for ever what it said then.
    """

    name: str
    version: int
    definition: dict[str, Any]


class IndicatorDefined(Contract, frozen=True):
    """An indicator as it now stands.

    `formula` is the kind; `formula_text` says in each language what is computed over what, `counting_period` over what alone.
    Windows that begin at `effective_from` or later are computed by this version, those before by earlier ones; None for all.
    """

    name: str
    version: int
    title: dict[str, str]
    reading_type: str
    formula: str
    by: list[str]
    calendar: str
    direction: Direction
    minimum_sample: int
    unit: str
    owner: str | None = None
    deputy: str | None = None
    data_source: str | None = None
    formula_text: dict[str, str] = msgspec.field(default_factory=dict)
    counting_period: dict[str, str] = msgspec.field(default_factory=dict)
    effective_from: Moment | None = None
