"""Which readings an indicator counts, and in which subject and pane."""

import functools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from services.analytics.domain.effective_dates import terms
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.pane import PANE_END, PANE_START, STANDS_FOR, SUBJECT
from services.analytics.domain.subject import subject_column
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Cut, Window, windows_covering

OBSERVED_AT = "observed_at"
DIMENSION = "dimension."
MEASURE = "measure."
_SOURCE = "source"
_SOURCE_DIMENSION = DIMENSION + _SOURCE
"""Every reading has one: a reading type without a dimension of this name has the sender's."""
_DAY = timedelta(days=1)
_DAY_MICROSECONDS = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OBSERVED_TIME = pl.Datetime("us", "UTC")

Moments = npt.NDArray[np.int64]
"""Microseconds since 1970, UTC."""
_DAYS_REMEMBERED = 1000
_FEW_DAYS = 10


def missing_columns(readings: pl.DataFrame, indicator: Indicator) -> list[str]:
    """Dimensions and measures that the indicator names and the readings lack; with any, it counts none of them."""
    named = [DIMENSION + name for name in (*indicator.by, *indicator.formula.where)]
    named += [MEASURE + name for name in indicator.formula.measures]
    return [name for name in named if name not in readings.columns and name != _SOURCE_DIMENSION]


def counts(readings: pl.DataFrame, indicator: Indicator) -> pl.DataFrame:
    """The readings that the indicator counts, if they have the measures for it.

    A dimension is missing only in readings from before the reading type had it; it makes no subject.
    """
    readings = _with_source(readings, indicator)
    lacking = [name for name in indicator.by if readings[DIMENSION + name].null_count()]
    counted = readings.filter(pl.col(DIMENSION + name).is_not_null() for name in lacking) if lacking else readings
    for dimension, values in indicator.formula.where.items():
        counted = counted.filter(pl.col(DIMENSION + dimension).is_in(list(values)))
    return counted


def _with_source(readings: pl.DataFrame, indicator: Indicator) -> pl.DataFrame:
    is_named = _SOURCE in (*indicator.by, *indicator.formula.where)
    if not is_named or _SOURCE_DIMENSION in readings.columns:
        return readings
    return readings.with_columns(pl.col(_SOURCE).alias(_SOURCE_DIMENSION))


def by_version(
    readings: pl.DataFrame, indicator: Indicator, calendar: Calendar
) -> Iterator[tuple[Indicator, pl.DataFrame]]:
    """The readings by what their windows are computed by; those of windows that no version counts for are left out."""
    if indicator.effective_from is None:
        yield indicator, readings
        return
    begins, _ = _panes(readings[OBSERVED_AT], calendar, indicator.window.cut)
    with_starts = readings.with_columns(begins)
    for term in terms(indicator):
        bounds = []
        if term.since is not None:
            bounds.append(pl.col(PANE_START) >= term.since)
        if term.until is not None:
            bounds.append(pl.col(PANE_START) < term.until)
        yield term.indicator, with_starts.filter(bounds).drop(PANE_START)


def assign(readings: pl.DataFrame, indicator: Indicator, calendar: Calendar) -> pl.DataFrame:
    """The readings that the indicator counts, with subject, bounds of the pane, and measures under their plain names."""
    counted = counts(readings, indicator)
    panes = _panes(counted[OBSERVED_AT], calendar, indicator.window.cut)
    subject = subject_column([(name, DIMENSION + name) for name in indicator.by])
    named = dict.fromkeys(indicator.formula.measures)
    measures = [pl.col(MEASURE + name).alias(name) for name in named]
    # Added before anything is left out: a subject that is the same for all would else be one row, where nothing is measured.
    assigned = counted.with_columns(subject.alias(SUBJECT), *measures, *panes)
    weights = [STANDS_FOR] if STANDS_FOR in readings.columns else []
    return assigned[[SUBJECT, *named, *weights, PANE_START, PANE_END]]


def _panes(observed: pl.Series, calendar: Calendar, cut: Cut) -> list[pl.Series]:
    """Start and end of the pane of each observed time, by searching the sorted bounds of all panes that may be meant."""
    moments = observed.cast(pl.Int64).to_numpy()
    starts, ends = _bounds(_days(moments), calendar, cut)
    places = starts.searchsorted(moments, side="right") - 1
    return [
        pl.Series(name, bounds[places]).cast(OBSERVED_TIME) for name, bounds in ((PANE_START, starts), (PANE_END, ends))
    ]


def _days(moments: Moments) -> tuple[int, ...]:
    """The days since 1970, UTC, that they lie in; where they lie close together, which is told without sorting, those between, too."""
    if not moments.size:
        return ()
    first, last = int(moments.min()) // _DAY_MICROSECONDS, int(moments.max()) // _DAY_MICROSECONDS
    if last - first < _FEW_DAYS:
        return tuple(range(first, last + 1))
    return tuple(np.unique(moments // _DAY_MICROSECONDS).tolist())


@functools.lru_cache(maxsize=_DAYS_REMEMBERED)
def _bounds(days: tuple[int, ...], calendar: Calendar, cut: Cut) -> tuple[Moments, Moments]:
    """Starts and ends of all panes of some days, in microseconds. Remembered, because batch after batch is of the same days."""
    windows = sorted({window for day in days for window in _around(_EPOCH + day * _DAY, calendar, cut)})
    starts, ends = zip(*((window.start, window.end) for window in windows), strict=True) if windows else ((), ())
    return _microseconds(starts), _microseconds(ends)


def _microseconds(moments: Sequence[datetime]) -> Moments:
    return pl.Series(moments, dtype=OBSERVED_TIME).cast(pl.Int64).to_numpy()


@functools.lru_cache(maxsize=_DAYS_REMEMBERED)
def _around(midnight: datetime, calendar: Calendar, cut: Cut) -> tuple[Window, ...]:
    return tuple(windows_covering(calendar, cut, start=midnight, end=midnight + _DAY))
