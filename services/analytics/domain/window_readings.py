"""The readings behind one KPI value, for people who ask what made the number."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from services.analytics.domain.assignment import DIMENSION, MEASURE, OBSERVED_AT, counts, missing_columns
from services.analytics.domain.block import EVENT_ID, SOURCE
from services.analytics.domain.history import Readings
from services.analytics.domain.indicator import Indicator
from shared.calendars.windows import Window

_ORDER = (OBSERVED_AT, SOURCE, EVENT_ID)

ReadingKey = tuple[datetime, str, str]
"""Observed time (UTC), source, event id: readings are shown in this order."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading, with the measures that its value was computed from, in the units of the reading type."""

    event_id: str
    source: str
    observed_at: datetime
    dimensions: Mapping[str, str]
    measures: Mapping[str, float]

    @property
    def key(self) -> ReadingKey:
        return self.observed_at, self.source, self.event_id


@dataclass(frozen=True, slots=True)
class WantedReadings:
    """Which readings are asked for: of one window, of subjects with these dimension values, that come after a key."""

    window: Window
    subject: Mapping[str, str]
    after: ReadingKey | None
    limit: int


def readings_behind(blocks: Iterator[Readings], indicator: Indicator, wanted: WantedReadings) -> list[Reading]:
    """At most `limit` of the readings that count for the window."""
    found: Readings | None = None
    for block in blocks:
        if not missing_columns(block, indicator):
            rows = counts(block, indicator).filter(_conditions(indicator, wanted))
            both = rows if found is None else pl.concat([found, rows], how="diagonal_relaxed")
            found = both.sort(_ORDER).head(wanted.limit)  # never more in memory than are shown, and one block
    return [] if found is None else _as_readings(found)


def _conditions(indicator: Indicator, wanted: WantedReadings) -> list[pl.Expr]:
    in_window = pl.col(OBSERVED_AT).is_between(wanted.window.start, wanted.window.end, closed="left")
    of_subject = [pl.col(DIMENSION + name) == value for name, value in wanted.subject.items()]
    measured = [pl.col(MEASURE + name).is_not_null() for name in indicator.formula.measures]
    return [in_window, *of_subject, *measured, *([] if wanted.after is None else [_later(wanted.after)])]


def _later(key: ReadingKey) -> pl.Expr:
    observed, source, event_id = key
    same_time, same_source = pl.col(OBSERVED_AT) == observed, pl.col(SOURCE) == source
    return (pl.col(OBSERVED_AT) > observed) | (
        same_time & ((pl.col(SOURCE) > source) | (same_source & (pl.col(EVENT_ID) > event_id)))
    )


def _as_readings(rows: Readings) -> list[Reading]:
    fixed = zip(*(rows[name].to_list() for name in (EVENT_ID, SOURCE, OBSERVED_AT)), strict=True)
    dimensions, measures = _named(rows, DIMENSION), _named(rows, MEASURE)
    return [
        Reading(event_id, source, observed, dimensions[place], measures[place])
        for place, (event_id, source, observed) in enumerate(fixed)
    ]


def _named(rows: Readings, prefix: str) -> list[dict[str, Any]]:
    """For each row name → value of the columns with this prefix; what is missing is left out."""
    columns = {name.removeprefix(prefix): rows[name].to_list() for name in rows.columns if name.startswith(prefix)}
    return [
        {name: values[place] for name, values in columns.items() if values[place] is not None}
        for place in range(rows.height)
    ]
