"""Columns from here on: times, units, ranges and consistency of decoded events, and the frame of readings they become.

Each check is one expression over a column. Only rows that fail are looked at one by one, to name the guilty field.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from services.ingest.domain.decode import Event, SourcePlan
from services.ingest.domain.quarantine import Reason, Rejected
from services.ingest.domain.reading_type import Measure
from services.ingest.domain.source import Constant, Origin, Place
from services.ingest.domain.source_form import canonical_text
from services.ingest.domain.times import observed_times
from services.ingest.domain.units import UnitMismatch, conversion

EVENT_ID = "event_id"
SOURCE = "source"
OBSERVED_AT = "observed_at"
_INDEX = "index"
_TIME_TEXT = "time_text"
MOST_DIMENSION_CHARACTERS = 500
MOST_ID_CHARACTERS = 1000


def dimension(name: str) -> str:
    """The column of a dimension; the names of the published block (`shared.events.readings`)."""
    return f"dimension.{name}"


def measure(name: str) -> str:
    """The column of a measure."""
    return f"measure.{name}"


@dataclass(frozen=True, slots=True)
class Mapped:
    """Readings of one source, in the order of their events, and what could not become one (without its original)."""

    readings: pl.DataFrame
    indices: list[int]
    rejected: list[Rejected]


@dataclass(frozen=True, slots=True)
class _Check:
    """One thing that may be wrong: rows for which `fails` is true are refused with what `explain` says of the row."""

    fails: pl.Expr
    reason: Reason
    explain: Callable[[dict[str, Any]], str]


def map_events(plan: SourcePlan, events: Sequence[Event], indices: Sequence[int], *, now: datetime) -> Mapped:
    """Turn decoded events of one source into readings.

    Args:
        now: UTC; what horizon and clock tolerance are counted from.
    """
    frame = _columns(plan, events, indices)
    rejected: list[Rejected] = []
    for check in _violated(frame, list(_checks(plan, now))):
        frame, refused = _apply(frame, check, plan.source.name)
        rejected.extend(refused)
        if frame.is_empty():
            break
    readings = frame.drop(_INDEX, _TIME_TEXT)
    return Mapped(readings, frame[_INDEX].to_list(), rejected)


def _columns(plan: SourcePlan, events: Sequence[Event], indices: Sequence[int]) -> pl.DataFrame:
    source = plan.source
    texts = pl.Series(_TIME_TEXT, plan.column(events, source.time or ("time",)), dtype=pl.String)
    columns = [
        pl.Series(_INDEX, indices, dtype=pl.Int64),
        pl.Series(EVENT_ID, plan.column(events, ("id",)), dtype=pl.String),
        pl.repeat(source.name, len(events), eager=True, dtype=pl.String).alias(SOURCE),
        observed_times(texts, source.time_zone).alias(OBSERVED_AT),
        texts,
    ]
    for name in plan.reading_type.dimensions:
        columns.append(pl.Series(dimension(name), _texts(plan, events, source.dimensions[name]), dtype=pl.String))
    for name, defined in plan.reading_type.measures.items():
        columns.append(_numbers(plan, events, defined).alias(measure(name)))
    return pl.DataFrame(columns)


def _values(plan: SourcePlan, events: Sequence[Event], origin: Origin) -> list[Any]:
    """What stands at an origin, one per event; a value that the map does not know becomes None."""
    if isinstance(origin, Constant):
        return [origin.value] * len(events)
    if origin.path == ("source",):
        return [plan.source.name] * len(events)
    values = plan.column(events, origin.path)
    if origin.translation is None:
        return values
    meant = origin.translation
    return [None if value is None else meant.get(canonical_text(value)) for value in values]


def _texts(plan: SourcePlan, events: Sequence[Event], origin: Origin) -> list[str | None]:
    values = _values(plan, events, origin)
    return [value if value is None or type(value) is str else canonical_text(value) for value in values]


def _numbers(plan: SourcePlan, events: Sequence[Event], defined: Measure) -> pl.Series:
    origin = plan.source.measures.get(defined.name)
    if origin is None:
        return pl.repeat(None, len(events), eager=True, dtype=pl.Float64)
    values = _values(plan, events, origin)
    if isinstance(origin, Place) and origin.translation is not None:
        values = [value if isinstance(value, int | float) else None for value in values]
    numbers = pl.Series(values, dtype=pl.Float64, strict=False)
    unit = origin.unit if isinstance(origin, Place) else None
    if unit is None:
        return numbers
    try:
        factor, offset = conversion(unit, defined.unit)
    except UnitMismatch:
        return numbers  # refused by its check
    return numbers if (factor, offset) == (1.0, 0.0) else numbers * factor + offset


def _checks(plan: SourcePlan, now: datetime) -> Iterator[_Check]:
    yield _Check(
        pl.col(EVENT_ID).str.len_chars().eq(0) | pl.col(EVENT_ID).str.len_chars().gt(MOST_ID_CHARACTERS),
        Reason.ID_MISSING,
        lambda _: f"id: must be a text of 1 to {MOST_ID_CHARACTERS} characters",
    )
    yield from _dimension_checks(plan)
    for defined in plan.reading_type.measures.values():
        yield from _measure_checks(plan, defined)
    for defined in plan.reading_type.measures.values():
        if defined.at_most is not None:
            yield _at_most_check(defined.name, defined.at_most)
    yield from _time_checks(plan, now)


def _dimension_checks(plan: SourcePlan) -> Iterator[_Check]:
    for name, allowed in plan.reading_type.dimensions.items():
        yield from _one_dimension(name, allowed)


def _one_dimension(name: str, allowed: frozenset[str] | None) -> Iterator[_Check]:
    column = pl.col(dimension(name))
    reason = Reason.UNKNOWN_DIMENSION_VALUE
    yield _Check(
        column.is_null(), reason, lambda _: f"dimension {name}: the source's map does not know the value found"
    )
    yield _Check(
        column.str.len_chars().gt(MOST_DIMENSION_CHARACTERS) | column.str.contains("\x00", literal=True),
        reason,
        lambda _: f"dimension {name}: send at most {MOST_DIMENSION_CHARACTERS} characters, none of them NUL",
    )
    if allowed is not None:
        listed = sorted(allowed)
        yield _Check(
            ~column.is_in(listed),
            reason,
            lambda row: f"dimension {name}: {row[dimension(name)]!r} is none of {', '.join(listed)}",
        )


def _measure_checks(plan: SourcePlan, defined: Measure) -> Iterator[_Check]:
    name = defined.name
    column = pl.col(measure(name))
    origin = plan.source.measures.get(name)
    if isinstance(origin, Place) and origin.unit is not None and not _converts(origin.unit, defined.unit):
        yield _Check(
            pl.lit(value=True),
            Reason.UNIT_MISMATCH,
            lambda _: f"measure {name}: the source says {origin.unit}, which does not convert to {defined.unit}",
        )
    if not defined.optional:
        yield _Check(
            column.is_null(),
            Reason.NOT_A_NUMBER,
            lambda _: f"measure {name}: the source's map gives no number for the value found",
        )
    yield _Check(
        column.is_infinite() | column.is_nan(), Reason.NOT_FINITE, lambda _: f"measure {name} must be a finite number"
    )
    if defined.minimum is not None:
        yield _Check(column < defined.minimum, Reason.VALUE_OUT_OF_RANGE, _range_sentence(defined))
    if defined.maximum is not None:
        yield _Check(column > defined.maximum, Reason.VALUE_OUT_OF_RANGE, _range_sentence(defined))


def _converts(from_unit: str, to_unit: str) -> bool:
    try:
        conversion(from_unit, to_unit)
    except UnitMismatch:
        return False
    return True


def _range_sentence(defined: Measure) -> Callable[[dict[str, Any]], str]:
    lower = "" if defined.minimum is None else f" at least {defined.minimum:g}"
    upper = "" if defined.maximum is None else f" at most {defined.maximum:g}"
    return lambda row: (
        f"measure {defined.name}: {row[measure(defined.name)]:g} {defined.unit} must be{lower}{upper} {defined.unit}"
    )


def _at_most_check(name: str, other: str) -> _Check:
    return _Check(
        pl.col(measure(name)) > pl.col(measure(other)),
        Reason.INCONSISTENT_MEASURES,
        lambda row: f"measure {name} is {row[measure(name)]:g}, above {other} with {row[measure(other)]:g}",
    )


def _time_checks(plan: SourcePlan, now: datetime) -> Iterator[_Check]:
    source, where = plan.source, ".".join(plan.source.time or ("time",))
    observed = pl.col(OBSERVED_AT)
    yield _Check(
        pl.col(_TIME_TEXT).is_null(), Reason.TIME_MISSING, lambda _: f"{where}: is missing; send when it was observed"
    )
    yield _Check(
        observed.is_null(),
        Reason.TIME_UNREADABLE,
        lambda row: f"{where}: {row[_TIME_TEXT][:100]!r} is not a time; write it as 2026-01-31T09:30:00Z",
    )
    yield _Check(
        observed > now + source.clock_tolerance,
        Reason.OBSERVED_IN_FUTURE,
        lambda row: f"{where}: {row[_TIME_TEXT]} lies in the future; correct the sender's clock or time zone",
    )
    if source.horizon is not None:
        days = source.horizon.days
        yield _Check(
            observed < now - source.horizon,
            Reason.OBSERVED_TOO_OLD,
            lambda row: f"{where}: {row[_TIME_TEXT]} is older than the source's horizon of {days} days",
        )


def _violated(frame: pl.DataFrame, checks: Sequence[_Check]) -> list[_Check]:
    """The checks that some row fails: one pass over the frame, which for most batches is the only one."""
    answers = frame.select(check.fails.any().alias(str(number)) for number, check in enumerate(checks)).row(0)
    return [check for check, fails in zip(checks, answers, strict=True) if fails]


def _apply(frame: pl.DataFrame, check: _Check, source: str) -> tuple[pl.DataFrame, list[Rejected]]:
    """Take out the rows that fail. A null answer does not fail: what is missing has a check of its own."""
    fails = frame.select(check.fails.fill_null(value=False).alias("fails"))["fails"]
    if fails.len() == 1 and frame.height > 1:
        fails = pl.repeat(fails[0], frame.height, eager=True)
    if not fails.any():
        return frame, []
    rejected = [
        Rejected(row[_INDEX], row[EVENT_ID][:500], source, check.reason, check.explain(row), b"")
        for row in frame.filter(fails).iter_rows(named=True)
    ]
    return frame.filter(~fails), rejected
