"""What may be wrong with a decoded event: each check is one expression over a column of the batch, with its reason.

Of several checks that a row fails, the first decides: origin, id, dimensions, measures one by one, measures together, time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from services.ingest.domain.columns import EVENT_ID, HAS_TIME, OBSERVED_AT, dimension, measure
from services.ingest.domain.quarantine import Reason
from services.ingest.domain.reading_type import Measure, ReadingType
from services.ingest.domain.source import Origin, Place, Source
from services.ingest.domain.times import EARLIEST
from shared.runtime.duration import format_duration
from shared.units.conversion import converts

MOST_DIMENSION_CHARACTERS = 500
MOST_ID_CHARACTERS = 1000
_SHOWN_CHARACTERS = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """One event that a check refuses: its row, column → value, and what stood at a path of it as it was sent."""

    row: Mapping[str, Any]
    found: Callable[[tuple[str, ...]], Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that may be wrong: rows for which `fails` is true are refused with what `explain` says. Null is not true.

    Attributes:
        may_fail_plain: False where no event can fail it that a scan has found plain and whose time it has read (`plain_json.py`).
    """

    fails: pl.Expr
    reason: Reason
    explain: Callable[[Case], str]
    may_fail_plain: bool = True


def fixed_checks(source: Source, reading_type: ReadingType) -> tuple[Check, ...]:
    """The checks that do not depend on the time of acceptance; made once for each version of a source."""
    measures = reading_type.measures.values()
    return (
        *_origin_checks(source, reading_type),
        Check(
            pl.col(EVENT_ID).str.len_chars().is_between(1, MOST_ID_CHARACTERS).not_(),
            Reason.ID_MISSING,
            lambda _: f"id: must be a text of 1 to {MOST_ID_CHARACTERS} characters",
            may_fail_plain=False,
        ),
        *(
            check
            for name, allowed in reading_type.dimensions.items()
            for check in _dimension_checks(name, source.dimensions.get(name), allowed)
        ),
        *(check for defined in measures for check in _measure_checks(defined, source.measures.get(defined.name))),
        *(_at_most_check(defined.name, defined.at_most) for defined in measures if defined.at_most is not None),
        *_time_text_checks(source),
    )


def age_checks(source: Source, now: datetime) -> Iterator[Check]:
    """The checks of the observed time against the time of acceptance, UTC."""
    where, observed, horizon = source.time_written, pl.col(OBSERVED_AT).to_physical(), source.horizon
    yield Check(
        observed > _microseconds(now + source.clock_tolerance),
        Reason.OBSERVED_IN_FUTURE,
        lambda case: (
            f"{where}: {case.found(source.time_path)} is more than {format_duration(source.clock_tolerance)} ahead of our clock; "
            "correct the sender's clock or time zone"
        ),
    )
    if horizon is not None:
        yield Check(
            observed < _microseconds(now - horizon),
            Reason.OBSERVED_TOO_OLD,
            lambda case: (
                f"{where}: {case.found(source.time_path)} is older than the horizon of source {source.name}, "
                f"{format_duration(horizon)}; give the source a longer one, or unlimited, to load history"
            ),
        )


def _microseconds(moment: datetime) -> int:
    """As the column holds it. A datetime in an expression would cost polars as much as reading a thousand times."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _origin_checks(source: Source, reading_type: ReadingType) -> Iterator[Check]:
    """A reading type may have gained a part since the source was registered: its events wait until the source follows."""
    required = [defined.name for defined in reading_type.measures.values() if not defined.optional]
    for kind, names, given in (
        ("dimension", reading_type.dimensions, source.dimensions),
        ("measure", required, source.measures),
    ):
        for name in names:
            if name not in given:
                sentence = (
                    f"{kind} {name}: source {source.name} does not say where it is found; "
                    f"PUT /v1/sources/{source.name} with it, then replay"
                )
                yield _always(Reason.MISSING_FIELD, sentence)


def _dimension_checks(name: str, origin: Origin | None, allowed: frozenset[str] | None) -> Iterator[Check]:
    column, reason = pl.col(dimension(name)), Reason.UNKNOWN_DIMENSION_VALUE
    if isinstance(origin, Place) and origin.translation is not None:
        yield Check(column.is_null(), reason, _unmapped(f"dimension {name}", origin))
    yield Check(
        column.str.len_chars().gt(MOST_DIMENSION_CHARACTERS) | column.str.contains("\x00", literal=True),
        reason,
        lambda _: f"dimension {name}: send at most {MOST_DIMENSION_CHARACTERS} characters, none of them NUL",
        may_fail_plain=not _is_as_found(origin),
    )
    if allowed is not None:
        listed = sorted(allowed)
        yield Check(
            column.is_in(listed).not_(),
            reason,
            lambda case: (
                f"dimension {name}: {_shown(case.row[dimension(name)])} is none of {', '.join(listed)[:1000]}; "
                "send one of them, or add it to the reading type"
            ),
        )


def _measure_checks(defined: Measure, origin: Origin | None) -> Iterator[Check]:
    name, column = defined.name, pl.col(measure(defined.name))
    if isinstance(origin, Place) and origin.unit is not None and not converts(origin.unit, defined.unit):
        sentence = (
            f"measure {name}: the source says {origin.unit}, which does not convert to {defined.unit}; "
            "correct the unit in the source, then replay"
        )
        yield _always(Reason.UNIT_MISMATCH, sentence)
    if isinstance(origin, Place) and origin.translation is not None:
        yield Check(column.is_nan(), Reason.NOT_A_NUMBER, _unmapped(f"measure {name}", origin))
    yield Check(
        column.is_finite().not_(),
        Reason.NOT_FINITE,
        lambda _: f"{_where(origin)}: measure {name} must be a finite number, in {defined.unit} too",
        may_fail_plain=not _is_as_found(origin),
    )
    outside = _outside(column, defined)
    if outside is not None:
        yield Check(outside, Reason.VALUE_OUT_OF_RANGE, _range_sentence(defined, origin))


def _outside(column: pl.Expr, defined: Measure) -> pl.Expr | None:
    below = None if defined.minimum is None else column < defined.minimum
    above = None if defined.maximum is None else column > defined.maximum
    return above if below is None else below if above is None else below | above


def _range_sentence(defined: Measure, origin: Origin | None) -> Callable[[Case], str]:
    lower = "" if defined.minimum is None else f" at least {defined.minimum:.15g}"
    upper = "" if defined.maximum is None else f" at most {defined.maximum:.15g}"
    both = " and" if lower and upper else ""
    return lambda case: (
        f"{_where(origin)}: measure {defined.name} is {case.row[measure(defined.name)]:.15g}; "
        f"in {defined.unit} it must be{lower}{both}{upper}"
    )


def _at_most_check(name: str, other: str) -> Check:
    return Check(
        pl.col(measure(name)) > pl.col(measure(other)),
        Reason.INCONSISTENT_MEASURES,
        lambda case: (
            f"measure {name} is {case.row[measure(name)]:.15g} and may be at most measure {other}, "
            f"which is {case.row[measure(other)]:.15g}; correct one of them"
        ),
    )


def _time_text_checks(source: Source) -> Iterator[Check]:
    where = source.time_written
    yield Check(
        pl.col(HAS_TIME).not_(),
        Reason.TIME_MISSING,
        lambda _: f"{where}: is missing; send when it was observed, as in 2026-01-31T09:30:00Z",
        may_fail_plain=False,
    )
    yield Check(
        pl.col(OBSERVED_AT).is_null(),
        Reason.TIME_UNREADABLE,
        lambda case: (
            f"{where}: {_shown(case.found(source.time_path))} is no time, or one that the clocks of {source.time_zone} skip; "
            "write it as in 2026-01-31T09:30:00Z"
        ),
        may_fail_plain=False,
    )
    yield Check(
        pl.col(OBSERVED_AT) < EARLIEST,
        Reason.OBSERVED_TOO_OLD,
        lambda case: f"{where}: {_shown(case.found(source.time_path))} lies before {EARLIEST.year}; send the true time",
    )


def _always(reason: Reason, sentence: str) -> Check:
    return Check(pl.col(EVENT_ID).is_not_null(), reason, lambda _: sentence)


def _unmapped(what: str, origin: Place) -> Callable[[Case], str]:
    return lambda case: (
        f"{origin.written}: {what} has no entry for {_shown(case.found(origin.path))} in the source's map; "
        "send a value that it knows, or add this one"
    )


def _is_as_found(origin: Origin | None) -> bool:
    """Whether what stands in the event is taken as it is: not translated, not converted, and no constant."""
    return isinstance(origin, Place) and origin.translation is None and origin.unit is None


def _where(origin: Origin | None) -> str:
    return origin.written if isinstance(origin, Place) else "constant"


def _shown(value: Any) -> str:
    """A value in a sentence, cut where it gets long."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
