"""Rolling windows from panes: each is the merge of the panes that it holds; nothing is ever subtracted.

A window ends with each pane. It has a value as soon as its last pane has begun: once readings have come for that pane or a later
one, or the watermark has reached it. So a subject whose readings cease has windows until the last of them has left. A window
is judged when all of it lies inside the data: it does not begin before the subject's first pane with readings.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import polars as pl

from services.analytics.domain.indicator import RollingWindow
from services.analytics.domain.pane import merged
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Cut, Window, window_at

_MOMENT = pl.Datetime("us", "UTC")
_LEAST = timedelta(microseconds=1)
_FIRST_YEAR, _LAST_YEAR = 2, 9998

SPANS = pl.Schema({"series": pl.Binary(), "data_from": _MOMENT, "newest": _MOMENT, "begun": _MOMENT})
"""Start of the first and of the last pane with readings, of each series that has any; and `begun_until` of its newest window."""

OVERLAPS = pl.Schema({"window_start": _MOMENT, "window_end": _MOMENT, "last_pane": _MOMENT, "pane_start": _MOMENT})
"""One row for each pane of each window. `last_pane` is the start of the window's last pane."""

Spans = pl.DataFrame
Overlaps = pl.DataFrame
TouchedPanes = pl.DataFrame
"""Columns of _SERIES, and `pane_start`."""
Windows = pl.DataFrame
"""Columns of _SERIES, `window_start` and `window_end`."""

_SERIES = ["series", "partition", "indicator", "indicator_version", "subject"]
_ROWS_AT_ONCE = 1_000_000


def overlaps(calendar: Calendar, window: RollingWindow, panes: Iterable[datetime]) -> Overlaps:
    """Every window that holds one of these panes (given by their starts), and some more beside them."""
    rows = [_of_run(run, window.panes) for run in _runs(calendar, window, sorted(set(panes)))]
    return pl.concat([pl.DataFrame(schema=OVERLAPS), *rows])


def start_ending_with(calendar: Calendar, window: RollingWindow, pane: Window) -> datetime:
    """Where the window begins that ends with a pane."""
    return _back(calendar, window, pane)[0].start


def windows_of(touched: TouchedPanes, overlap: Overlaps, *, spans: Spans, closes: datetime | None) -> Windows:
    """The windows that hold touched panes and have begun, each once.

    Args:
        spans: of the series, as they were before and as they are; of several the latest moments count.
        closes: windows that end then or earlier are final; None while none is. It goes back where another source begins, and
            what had begun before has begun.
    """
    newest = spans.group_by("series").agg(pl.col("newest", "begun").max())
    begun = pl.max_horizontal("newest", "begun", pl.lit(closes, dtype=_MOMENT))
    return (
        touched.select(*_SERIES, "pane_start")
        .join(overlap, on="pane_start")
        .join(newest, on="series")
        .filter(pl.col("last_pane") <= begun)
        .select(*_SERIES, "window_start", "window_end")
        .unique()
    )


def begun_until(window_end: str, status: str) -> pl.Expr:
    """Windows whose last pane begins by then have begun, given columns of the newest that is stored.

    It has begun itself; where it is closed, the one after it has too.
    """
    is_open = pl.col(status) == "provisional"
    return pl.when(is_open).then(pl.col(window_end) - _LEAST).otherwise(pl.col(window_end))


def merged_windows(windows: Windows, overlap: Overlaps, *, panes: pl.DataFrame, spans: Spans) -> pl.DataFrame:
    """Windows in the shape of panes (`pane_start` and `pane_end` are the window's), with `data_from`.

    Args:
        panes: all stored panes that the windows hold.
        spans: of the series as they are.
    """
    members = overlap.select("window_start", "pane_start")
    most_panes = max(1, members.height // max(1, members["window_start"].n_unique()))
    size, ordered = max(1, _ROWS_AT_ONCE // most_panes), windows.sort("series", "window_start")
    merged = [
        _merged(ordered[start : start + size], members, panes) for start in range(0, max(1, ordered.height), size)
    ]
    named = pl.concat(merged).rename({"window_start": "pane_start", "window_end": "pane_end"})
    return named.join(spans.select("series", "data_from"), on="series", how="left")


def changed_spans(before: Spans, after: Spans, touched: TouchedPanes) -> TouchedPanes:
    """The touched panes, and those at which the data of a series began and ended, or do now, where that has changed.

    With another beginning, other windows lie inside the data; with a later end, windows after the former one have begun.
    """
    both = before.join(after, on="series", how="full", coalesce=True, suffix="_now")
    moved = [
        both.filter(pl.col(name).ne_missing(pl.col(f"{name}_now"))).select("series", pl.col(end).alias("pane_start"))
        for name in ("data_from", "newest")
        for end in (name, f"{name}_now")
    ]
    more = touched.select(_SERIES).unique().join(pl.concat(moved).drop_nulls(), on="series")
    return pl.concat([touched.select(*_SERIES, "pane_start"), more.select(*_SERIES, "pane_start")]).unique()


def of_indicators(panes: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Those of some indicators."""
    return panes.filter(pl.col("indicator").is_in(list(names)))


def series_of_panes(panes: pl.DataFrame) -> list[bytes]:
    """Each series once."""
    return panes["series"].unique().to_list()


def starts_of(touched: TouchedPanes) -> list[datetime]:
    """The starts of the panes, each once."""
    return touched["pane_start"].unique().to_list()


def by_partition(panes: TouchedPanes) -> dict[int, TouchedPanes]:
    """Partition of `pane-deltas` → its panes."""
    return {int(str(number)): part for (number,), part in panes.group_by("partition")}


def both_spans(before: Spans, after: Spans) -> Spans:
    """As they were and as they are."""
    return pl.concat([before, after])


def with_newest(touched: TouchedPanes, spans: Spans, closes: datetime | None) -> TouchedPanes:
    """The touched panes, and the newest pane of each of their series that the watermark has passed.

    Windows after it have begun by the watermark, and no reading will touch them.
    """
    newest = (
        touched.select(_SERIES)
        .unique()
        .join(spans, on="series")
        .filter(pl.col("newest") < pl.lit(closes, dtype=_MOMENT))
    )
    return pl.concat([touched, newest.select(*_SERIES, pl.col("newest").alias("pane_start"))]).unique()


def newest_panes(closed: pl.DataFrame, spans: Spans) -> TouchedPanes:
    """The newest pane with readings of each series of which a window was closed that ends with it or later."""
    ends = closed.group_by(_SERIES).agg(pl.col("window_end").max())
    reached = ends.join(spans, on="series").filter(pl.col("newest") < pl.col("window_end"))
    return reached.select(*_SERIES, pl.col("newest").alias("pane_start"))


def _merged(windows: Windows, members: pl.DataFrame, panes: pl.DataFrame) -> pl.DataFrame:
    keys = ["series", "window_start"]
    held = windows.select(keys).join(members, on="window_start").join(panes, on=["series", "pane_start"])
    empty = {"count": 0, "numerator": 0.0, "denominator": 0.0, "squares": 0.0}
    with_sums = windows.join(merged(held.sort("series", "pane_start"), keys), on=keys, how="left")
    return with_sums.with_columns(pl.col(name).fill_null(value) for name, value in empty.items())


def _runs(calendar: Calendar, window: RollingWindow, panes: Sequence[datetime]) -> Iterator[list[Window]]:
    """Panes that follow one another: around each of those given as many on either side as a window may reach."""
    run: list[Window] = []
    for start in panes:
        pane = window_at(calendar, window.cut, start)
        if not run or run[-1].end < pane.start:
            if run:
                yield run
            run = _back(calendar, window, pane)
        while run[-1].start < pane.start and run[-1].end.year < _LAST_YEAR:
            run.append(window_at(calendar, window.cut, run[-1].end))
        run = _forward(calendar, window.cut, run, until=_count_to(run, pane) + window.panes)
    if run:
        yield run


def _count_to(run: list[Window], pane: Window) -> int:
    """How many panes of the run end with this one."""
    return next(place for place in range(len(run), 0, -1) if run[place - 1] == pane)


def _back(calendar: Calendar, window: RollingWindow, pane: Window) -> list[Window]:
    run = [pane]
    while len(run) < window.panes and run[-1].start.year > _FIRST_YEAR:
        run.append(window_at(calendar, window.cut, run[-1].start - _LEAST))
    return run[::-1]


def _forward(calendar: Calendar, cut: Cut, run: list[Window], *, until: int) -> list[Window]:
    while len(run) < until - 1 and run[-1].end.year < _LAST_YEAR:
        run.append(window_at(calendar, cut, run[-1].end))
    return run


def _of_run(run: list[Window], panes: int) -> pl.DataFrame:
    starts = pl.Series([pane.start for pane in run], dtype=_MOMENT)
    ends = pl.Series([pane.end for pane in run], dtype=_MOMENT)
    first = pl.int_range(0, max(0, len(run) - panes + 1), eager=True)
    rows = pl.DataFrame({"first": first}).join(pl.DataFrame({"place": pl.int_range(0, panes, eager=True)}), how="cross")
    last = rows["first"] + panes - 1
    return pl.DataFrame(
        {
            "window_start": starts.gather(rows["first"]),
            "window_end": ends.gather(last),
            "last_pane": starts.gather(last),
            "pane_start": starts.gather(rows["first"] + rows["place"]),
        }
    )
