"""Readings as they are kept after they have been counted: what corrections and new indicators are computed from.

What is kept is only ever added to. A correction adds a row that takes the place of the row with the same id and observed time; a
retraction, or a correction that moves a reading to another time, adds a row that says the older one no longer stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from services.analytics.domain.assignment import OBSERVED_AT, assign, by_version, missing_columns
from services.analytics.domain.block import ID_HASH
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.empty_frame import empty_frame
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.pane import DELTAS, KEYS, PANE_END, PANE_START, SUBJECT, empty_deltas, merge, partial
from services.analytics.domain.partition_state import PaneKey
from shared.calendars.calendar import Calendar
from shared.calendars.windows import window_at

REVISED_AT = "revised_at"
REVISION_ID = "revision_id"
RETRACTED = "retracted"

_ROW = (ID_HASH, OBSERVED_AT)
"""What names a row among those that are kept; a later row of the same name takes its place."""

_LARGE = 20_000
"""Readings that are worth a pass of their own."""

PANE_KEYS = pl.Schema({name: DELTAS[name] for name in KEYS})

Readings = pl.DataFrame
"""Columns of `readings`; those of corrections also have `revised_at`, `revision_id` and `retracted`."""
PaneKeys = pl.DataFrame
"""Of schema PANE_KEYS: which panes."""


@dataclass(frozen=True, slots=True)
class Span:
    """Observed times from `start` to before `end`, UTC; None is open."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Panes of one indicator that are to be computed from readings.

    Attributes:
        span: only panes that begin in it.
        wanted: only these panes, one row for each, with a count of 0 where no reading is left; None for all.
    """

    indicator: Indicator
    calendar: Calendar
    span: Span
    wanted: PaneKeys | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """As many kept readings as are computed at a time.

    Attributes:
        readings: about how many they are.
        until: observed times; None where they are all there are.
    """

    readings: int
    until: datetime | None


def standing(blocks: Iterator[Readings], revisions: Sequence[Readings]) -> Iterator[Readings]:
    """The readings that hold: those of `blocks` that no revision has replaced, and the revisions that stand.

    Args:
        revisions: in the order in which they were kept.
    """
    if not revisions:
        yield from blocks
        return
    newest = pl.concat(revisions, how="diagonal_relaxed").unique(_ROW, keep="last", maintain_order=True)
    replaced = newest.select(_ROW)
    for block in blocks:
        yield block.join(replaced, on=_ROW, how="anti")
    yield newest.filter(~pl.col(RETRACTED)).drop(REVISED_AT, REVISION_ID, RETRACTED)


def panes_of(readings: Readings, indicator: Indicator, calendar: Calendar) -> PaneKeys:
    """The panes of an indicator that these readings belong to."""
    if readings.is_empty():
        return no_panes()
    found = [no_panes()]
    for ruling, part in by_version(readings, indicator, calendar):
        if not missing_columns(part, ruling):
            found.append(_named(assign(part, ruling, calendar).select(SUBJECT, PANE_START, PANE_END).unique(), ruling))
    return pl.concat(found)


def panes_at(places: Sequence[pl.DataFrame], indicator: Indicator, calendar: Calendar) -> PaneKeys:
    """The panes of subjects that begin at some moments, each once.

    Args:
        places: with columns `subject` and `window_start`.
    """
    wanted = pl.concat([one.select("subject", "window_start") for one in places]).unique()
    starts = wanted["window_start"].unique()
    ends = pl.DataFrame(
        [(start, window_at(calendar, indicator.window.cut, start).end) for start in starts.to_list()],
        schema={PANE_START: DELTAS[PANE_START], PANE_END: DELTAS[PANE_END]},
        orient="row",
    )
    return _named(wanted.rename({"window_start": PANE_START}).join(ends, on=PANE_START), indicator)


def _named(panes: pl.DataFrame, indicator: Indicator) -> PaneKeys:
    named = panes.with_columns(
        pl.lit(indicator.name).alias("indicator"), pl.lit(indicator.version).alias("indicator_version")
    )
    return named.select(pl.col(name).cast(DELTAS[name]) for name in KEYS)


def no_panes() -> PaneKeys:
    """None."""
    return empty_frame(PANE_KEYS)


def merged(blocks: Sequence[Readings], *, revise: bool) -> Readings:
    """Blocks as one; of revisions, which come in the order they were kept, the last of each row."""
    readings = pl.concat(blocks, how="diagonal_relaxed")
    return readings.unique(_ROW, keep="last", maintain_order=True) if revise else readings


def key_rows(keys: PaneKeys) -> tuple[PaneKey, ...]:
    """As they are remembered between transactions."""
    return tuple(zip(*(keys[name].to_list() for name in KEYS), strict=True))


def all_panes(remembered: Sequence[PaneKey], offered: Sequence[PaneKeys]) -> PaneKeys:
    """Each pane once."""
    panes = [one for one in offered if not one.is_empty()]
    if remembered:
        panes.append(pl.DataFrame(remembered, schema=PANE_KEYS, orient="row"))
    return pl.concat(panes).unique() if panes else no_panes()


def by_indicator(panes: PaneKeys) -> dict[str, PaneKeys]:
    """The panes of each indicator, of whatever version."""
    if panes.is_empty():
        return {}
    return {str(name): part for (name,), part in panes.group_by("indicator")}


def of_version(panes: PaneKeys, version: int) -> PaneKeys:
    """Those of one version of their indicator."""
    return panes.filter(pl.col("indicator_version") == version)


def panes_before(panes: PaneKeys, moment: datetime | None) -> PaneKeys:
    """Those that begin before a moment; none for None."""
    return panes.filter(pl.col(PANE_START) < moment) if moment is not None else no_panes()


def panes_from_on(panes: PaneKeys, moment: datetime | None) -> PaneKeys:
    """Those that begin then or later; all for None."""
    return panes if moment is None else panes.filter(pl.col(PANE_START) >= moment)


def panes_of_all(readings: Mapping[str, Readings], catalogue: Catalogue) -> PaneKeys:
    """The panes, of every indicator, that readings by reading type belong to."""
    found = [
        panes_of(readings[indicator.reading_type], indicator, catalogue.calendar_of(indicator))
        for indicator in catalogue.indicators.values()
        if indicator.reading_type in readings
    ]
    return pl.concat([no_panes(), *found])


def panes_from(readings: Iterator[Readings], asked: Sequence[Asked]) -> list[pl.DataFrame]:
    """Panes computed afresh, of schema DELTAS; for each that is asked for, of readings that are read once for all."""
    found = [empty_deltas()] * len(asked)
    for block in _larger(readings):
        found = [_with_block(panes, block, one) for panes, one in zip(found, asked, strict=True)]
    return [
        panes if one.wanted is None else complete(panes, one.wanted) for panes, one in zip(found, asked, strict=True)
    ]


def _with_block(panes: pl.DataFrame, block: Readings, asked: Asked) -> pl.DataFrame:
    for ruling, part in by_version(block, asked.indicator, asked.calendar):
        if part.is_empty() or missing_columns(part, ruling):
            continue
        found = partial(_within(assign(part, ruling, asked.calendar), asked.span, asked.wanted), ruling)
        panes = found if panes.is_empty() else merge(panes, found)
    return panes


def _larger(blocks: Iterator[Readings]) -> Iterator[Readings]:
    """Blocks of the same columns as one, up to a size: each further one would cost as much as thousands of its readings."""
    held: list[Readings] = []
    for block in blocks:
        if held and (block.schema != held[0].schema or sum(one.height for one in held) >= _LARGE):
            yield pl.concat(held)
            held = []
        held.append(block)
    if held:
        yield pl.concat(held)


def _within(assigned: pl.DataFrame, span: Span, wanted: PaneKeys | None) -> pl.DataFrame:
    bounds = []
    if span.start is not None:
        bounds.append(pl.col(PANE_START) >= span.start)
    if span.end is not None:
        bounds.append(pl.col(PANE_START) < span.end)
    if bounds:
        assigned = assigned.filter(bounds)
    return assigned if wanted is None else assigned.join(wanted, on=[SUBJECT, PANE_START], how="semi")


def complete(panes: pl.DataFrame, wanted: PaneKeys) -> pl.DataFrame:
    """With an empty pane for each of the wanted that no reading is left of."""
    empty = wanted.join(panes, on=KEYS, how="anti").with_columns(
        pl.lit(0, dtype=pl.Int64).alias("count"),
        *(pl.lit(0.0).alias(name) for name in ("numerator", "denominator", "squares")),
        *(pl.lit(None, dtype=DELTAS[name]).alias(name) for name in ("minimum", "maximum", "sketch")),
    )
    return pl.concat([panes, empty.select(DELTAS.names())])


def span_of(keys: PaneKeys) -> Span:
    """From the first to the last of some panes."""
    start, end = keys.select(pl.col(PANE_START).min(), pl.col(PANE_END).max()).row(0)
    return Span(start, end)


def span_of_all(asked: Sequence[Asked]) -> Span:
    """From the first to the last of all panes that are asked for."""
    starts, ends = [one.span.start for one in asked], [one.span.end for one in asked]
    return Span(
        None if None in starts else min(start for start in starts if start is not None),
        None if None in ends else max(end for end in ends if end is not None),
    )
