"""Columns from here on: times, units, ranges and consistency of decoded events, and the frame of readings they become.

Each check is one expression over a column. Only rows that fail are looked at one by one, to name the guilty field.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from services.ingest.domain.checks import Case, Check, age_checks
from services.ingest.domain.columns import EVENT_ID, INDEX, OBSERVED_AT, SOURCE, TIME_TEXT, dimension, measure
from services.ingest.domain.decode import Event, SourcePlan, value_at
from services.ingest.domain.diagnose import MOST_SHOWN_CHARACTERS
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


def map_events(plan: SourcePlan, events: Sequence[Event], indices: Sequence[int], *, now: datetime) -> Mapped:
    """Turn decoded events of one source into readings.

    Args:
        now: UTC; what horizon and clock tolerance are counted from.
    """
    frame = _columns(plan, events, indices)
    rejected: list[Rejected] = []
    for check in _violated(frame, [*plan.checks, *age_checks(plan.source, now)]):
        fails = frame.select(check.fails.fill_null(value=False)).to_series()
        by_index = dict(zip(indices, events, strict=True))
        for row in frame.filter(fails).drop(OBSERVED_AT).iter_rows(named=True):
            rejected.append(_refused(check, Case(row, value_at(plan, by_index[row[INDEX]])), plan.source.name))
        frame = frame.filter(~fails)
    return Mapped(frame.drop(INDEX, TIME_TEXT), frame[INDEX], rejected)


def _columns(plan: SourcePlan, events: Sequence[Event], indices: Sequence[int]) -> pl.DataFrame:
    source = plan.source
    texts = pl.Series(TIME_TEXT, plan.column(events, source.time_path), dtype=pl.String)
    columns = [
        pl.Series(INDEX, indices, dtype=pl.Int64),
        pl.Series(EVENT_ID, plan.column(events, ("id",)), dtype=pl.String),
        pl.Series(SOURCE, [source.name], dtype=pl.String).new_from_index(0, len(events)),
        observed_times(texts, source.time_zone).alias(OBSERVED_AT),
        texts,
    ]
    for name in plan.reading_type.dimensions:
        columns.append(pl.Series(dimension(name), _texts(plan, events, source.dimensions.get(name)), dtype=pl.String))
    for name, defined in plan.reading_type.measures.items():
        columns.append(_numbers(plan, events, defined).alias(measure(name)))
    return pl.DataFrame(columns)


def _values(plan: SourcePlan, events: Sequence[Event], origin: Origin | None, *, unmapped: Any) -> list[Any]:
    """What stands at an origin, one value per event; `unmapped` where the origin's map does not know the value found."""
    if origin is None:
        return [None] * len(events)
    if isinstance(origin, Constant):
        return [origin.value] * len(events)
    values = plan.column(events, origin.path)
    if origin.translation is None:
        return values
    meant = origin.translation
    return [None if value is None else meant.get(canonical_text(value), unmapped) for value in values]


def _texts(plan: SourcePlan, events: Sequence[Event], origin: Origin | None) -> list[str | None]:
    values = _values(plan, events, origin, unmapped=None)
    if set(map(type, values)) == {str}:
        return values
    return [value if value is None or type(value) is str else canonical_text(value) for value in values]


def _numbers(plan: SourcePlan, events: Sequence[Event], defined: Measure) -> pl.Series:
    origin = plan.source.measures.get(defined.name)
    values = _values(plan, events, origin, unmapped=_UNMAPPED)
    is_float = isinstance(origin, Place) and origin.translation is None
    numbers = pl.Series(values if is_float else [None if v is None else float(v) for v in values], dtype=pl.Float64)
    unit = origin.unit if isinstance(origin, Place) else None
    if unit is None:
        return numbers
    try:
        factor, offset = conversion(unit, defined.unit)
    except UnitMismatch:
        return numbers  # refused by its check
    return numbers if (factor, offset) == (1.0, 0.0) else numbers * factor + offset


def _violated(frame: pl.DataFrame, checks: Sequence[Check]) -> list[Check]:
    """The checks that some row fails: one pass over the frame, which for most batches is the only one."""
    answers = frame.select(check.fails.any().alias(str(number)) for number, check in enumerate(checks)).row(0)
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
