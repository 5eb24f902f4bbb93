"""Columns from here on: times, units, ranges and consistency of events, and the frame of readings they become.

Each check is one expression over a column. Only rows that fail are looked at one by one, to name the guilty field.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from services.ingest.domain.checks import Case, Check, age_checks
from services.ingest.domain.columns import EVENT_ID, HAS_TIME, INDEX, OBSERVED_AT, SOURCE, dimension, measure
from services.ingest.domain.diagnose import MOST_SHOWN_CHARACTERS
from services.ingest.domain.event_columns import EventColumns
from services.ingest.domain.quarantine import Rejected
from services.ingest.domain.reading_type import Measure
from services.ingest.domain.source import Constant, Origin, Place, canonical_text
from services.ingest.domain.times import observed_times
from shared.units.conversion import UnitMismatch, conversion

_UNMAPPED = math.nan
"""A measure whose value the source's map does not know; refused by its check."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """Readings of one source, in the order of their events, and what could not become one (without its original).

    Attributes:
        indices: of the events that the readings were made of.
    """

    readings: pl.DataFrame
    indices: pl.Series
    rejected: list[Rejected]


def map_events(events: EventColumns, *, now: datetime) -> Mapped:
    """Turn events of one source into readings.

    Args:
        now: UTC; what horizon and clock tolerance are counted from.
    """
    plan, frame = events.plan, _columns(events)
    rejected: list[Rejected] = []
    for check in _violated(frame, [*events.checks, *age_checks(plan.source, now)]):
        fails = frame.select(check.fails.fill_null(value=False)).to_series()
        for row in frame.filter(fails).drop(OBSERVED_AT).iter_rows(named=True):
            rejected.append(_refused(check, Case(row, partial(events.found, row[INDEX])), plan.source.name))
        frame = frame.filter(~fails)
    readings = frame[[name for name in frame.columns if name not in (INDEX, HAS_TIME)]]
    return Mapped(readings, frame[INDEX], rejected)


def in_one_order(parts: Sequence[Mapped]) -> Mapped:
    """What was mapped of one source in several parts, as if it had been one: of two events of one id the first is counted."""
    if len(parts) == 1:
        return parts[0]
    indices = pl.concat([part.indices for part in parts])
    order = indices.arg_sort()
    readings = pl.concat([part.readings for part in parts])
    return Mapped(readings[order], indices[order], [refused for part in parts for refused in part.rejected])


def _columns(events: EventColumns) -> pl.DataFrame:
    plan, source, count = events.plan, events.plan.source, len(events.indices)
    times, has_time = _times(events)
    columns = [
        pl.Series(INDEX, events.indices, dtype=pl.Int64),
        events.texts(("id",)).alias(EVENT_ID),
        pl.Series(SOURCE, [source.name], dtype=pl.String).new_from_index(0, count),
        times.alias(OBSERVED_AT),
        has_time.alias(HAS_TIME),
    ]
    for name in plan.reading_type.dimensions:
        columns.append(_texts(events, source.dimensions.get(name)).alias(dimension(name)))
    for name, defined in plan.reading_type.measures.items():
        columns.append(_numbers(events, defined).alias(measure(name)))
    return pl.DataFrame(columns)


def _times(events: EventColumns) -> tuple[pl.Series, pl.Series]:
    """The observed times, null where they cannot be read, and whether one was sent."""
    times, source = events.times(), events.plan.source
    if times is not None:
        return times, pl.Series([True]).new_from_index(0, len(times))
    texts = events.texts(source.time_path)
    return observed_times(texts, source.time_zone), texts.is_not_null()


def _texts(events: EventColumns, origin: Origin | None) -> pl.Series:
    if isinstance(origin, Place) and origin.translation is None:
        return events.texts(origin.path)
    values = _meant(events, origin, unmapped=None)
    return pl.Series([None if value is None else canonical_text(value) for value in values], dtype=pl.String)


def _numbers(events: EventColumns, defined: Measure) -> pl.Series:
    origin = events.plan.source.measures.get(defined.name)
    unit = origin.unit if isinstance(origin, Place) else None
    if isinstance(origin, Place) and origin.translation is None:
        numbers = events.numbers(origin.path)
    else:
        values = _meant(events, origin, unmapped=_UNMAPPED)
        numbers = pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
    if unit is None:
        return numbers
    try:
        factor, offset = conversion(unit, defined.unit)
    except UnitMismatch:
        return numbers  # refused by its check
    return numbers if (factor, offset) == (1.0, 0.0) else numbers * factor + offset


def _meant(events: EventColumns, origin: Origin | None, *, unmapped: Any) -> list[Any]:
    """What a constant or a map says, one value per event; `unmapped` where the map does not know the value found."""
    if isinstance(origin, Place) and origin.translation is not None:
        meant = origin.translation
        return [None if text is None else meant.get(text, unmapped) for text in events.texts(origin.path).to_list()]
    return [origin.value if isinstance(origin, Constant) else None] * len(events.indices)


def _violated(frame: pl.DataFrame, checks: Sequence[Check]) -> list[Check]:
    """The checks that some row fails: one pass over the frame, which for most batches is the only one."""
    answers = frame.select_seq(check.fails.any().alias(str(number)) for number, check in enumerate(checks)).row(0)
    return [check for check, fails in zip(checks, answers, strict=True) if fails]


def _refused(check: Check, case: Case, source: str) -> Rejected:
    return Rejected(
        index=case.row[INDEX],
        event_id=case.row[EVENT_ID][:MOST_SHOWN_CHARACTERS],
        source=source,
        reason=check.reason,
        detail=check.explain(case),
        original=b"",
    )
