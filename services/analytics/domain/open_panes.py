"""Open panes: what is added to panes whose windows have not closed is held together, not written into the row of each pane.

A pane is what its row holds, if it has one, merged with what is held open of it. So a pane may move into its row at any time.
Panes move in the order of their ends, and of their `place` among those of one end: up to the *shore* they are in their
rows, and whatever comes for them later goes there too; beyond it nothing is known of a pane but what is held, or what
history had written of it before.

What each transaction adds is a *part*, and each row of it a change, numbered in order. Small parts are merged to larger ones (as
in a log-structured merge tree), each row again about as often as the number of rows doubles.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from services.analytics.domain.empty_frame import empty_frame
from services.analytics.domain.pane import merged
from services.analytics.domain.sketch import SKETCH
from services.analytics.domain.value_frame import TOUCHED, Panes, Touched, add
from shared.calendars.windows import Window

_MOMENT = pl.Datetime("us", "UTC")
_PANE = ["pane_end", "place", "series", "pane_start"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_PLACE = 2**63 - 1
_FEWEST_MERGED = 8

OPEN_PANES = pl.Schema(
    {
        "pane_end": _MOMENT,
        "place": pl.Int64(),  # of the series among those of the indicator: sorts as their bytes do, and faster
        "series": pl.Binary(),
        "pane_start": _MOMENT,
        "subject": pl.String(),
        "count": pl.Int64(),
        "numerator": pl.Float64(),
        "denominator": pl.Float64(),
        "squares": pl.Float64(),
        "minimum": pl.Float64(),
        "maximum": pl.Float64(),
        "sketch": SKETCH,
        "number": pl.Int64(),  # of the newest change
        "is_whole": pl.Boolean(),  # computed afresh: what was written or held of the pane before no longer counts
    }
)

Places = pl.DataFrame
"""Columns `subject` and `window_start`."""
Open = pl.DataFrame
"""Of schema OPEN_PANES, each pane once, in order of (pane_end, place)."""


@dataclass(frozen=True, slots=True)
class Shore:
    """Panes that end before `pane_end`, and those that end then up to `place`, are in their rows."""

    pane_end: datetime
    place: int = _LAST_PLACE


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What transactions have added; `number` is that of the newest change in it."""

    number: int
    panes: Open


@dataclass(frozen=True, slots=True, eq=False)
class OpenPanes:
    """The open panes of one version of an indicator on one partition.

    Attributes:
        shore: None while no pane has moved into its row.
        newest: the number of the newest change there ever was.
        told_to: the number of the newest change whose provisional value has been published, as those of all before it have.
        rows_end: panes that end then or earlier may have rows although they are beyond the shore; None while none has.
    """

    shore: Shore | None = None
    newest: int = 0
    told_to: int = 0
    parts: tuple[Part, ...] = ()
    rows_end: datetime | None = None

    @property
    def rows(self) -> int:
        """How many rows are held; a pane may have one in each part."""
        return sum(part.panes.height for part in self.parts)

    @property
    def has_untold(self) -> bool:
        return bool(self.parts) and self.newest > self.told_to

    @property
    def earliest_end(self) -> datetime | None:
        """When the first of them ends, UTC."""
        return min((part.panes["pane_end"][0] for part in self.parts), default=None)

    def on_shore(self, panes: Touched) -> Touched:
        """Those of these panes, of the same indicator and partition, that are in their rows."""
        if self.shore is None:
            return panes.clear()
        on_it = ~_beyond(panes.with_columns(_place()), self.shore)
        return panes.filter(on_it) if on_it.any() else panes.clear()

    def with_part(self, panes: Touched, *, is_whole: bool = False) -> "OpenPanes":
        """With what is added to panes beyond the shore; those on it are left out.

        Args:
            is_whole: the panes were computed afresh.
        """
        added = panes.with_columns(_place())
        if self.shore is not None:
            added = _where(added, _beyond(added, self.shore))
        if added.is_empty():
            return self
        number = self.newest + added.height
        numbers = pl.int_range(self.newest + 1, number + 1, dtype=pl.Int64)
        numbered = added.sort("pane_end", "place").with_columns(number=numbers, is_whole=pl.lit(is_whole))
        parts = [*self.parts, Part(number, numbered[OPEN_PANES.names()])]
        small = _small_ones([part.panes.height for part in parts])
        if small:
            parts[-small:] = [Part(number, merged_parts([part.panes for part in parts[-small:]]))]
        return replace(self, newest=number, parts=tuple(parts))

    def with_rows(self, panes: Touched) -> "OpenPanes":
        """After panes went into their rows at once, wherever the shore is."""
        last = panes["pane_end"].max()
        if not isinstance(last, datetime) or (self.rows_end is not None and last <= self.rows_end):
            return self
        return replace(self, rows_end=last)

    def may_have_rows(self, panes: Open) -> bool:
        """Whether any of these open panes, in their order, may have a row: so that nobody looks for rows in vain."""
        return self.rows_end is not None and not panes.is_empty() and panes["pane_end"][0] <= self.rows_end

    def told(self, number: int) -> "OpenPanes":
        """After the changes up to a number have been published; 0: as if none had been."""
        return replace(self, told_to=number)

    def first(self, count: int, until: datetime | None) -> Open:
        """About `count` panes, the earliest first, of those that end at `until` or earlier; None: whenever they end."""
        heads = pl.concat([merged_parts([]), *(part.panes.head(count) for part in self.parts)])
        due = heads if until is None else _where(heads, heads["pane_end"].cast(pl.Int64) <= _microseconds(until))
        if due.is_empty():
            return due
        places = due[["pane_end", "place"]]
        shore = shore_of((places if places.height <= count else places.unique()).sort("pane_end", "place").head(count))
        return merged_parts([part.panes.head(_count_to(part.panes, shore)) for part in self.parts])

    def of(self, panes: pl.DataFrame) -> Open:
        """What is held of some panes, given by `series` and `pane_start`."""
        return merged_parts([part.panes.join(panes, on=["series", "pane_start"], how="semi") for part in self.parts])

    def within(self, span: Window) -> Places:
        """The panes that begin within a span."""
        is_within = pl.col("pane_start").is_between(span.start, span.end, closed="left")
        held = pl.concat([merged_parts([]), *(part.panes.filter(is_within) for part in self.parts)])
        return held.select("subject", pl.col("pane_start").alias("window_start")).unique()

    def untold(self, count: int) -> tuple[int, Open]:
        """Up to `count` panes that have changed since they were told, the earliest changes first; and how far these go."""
        changed = [part.panes.filter(pl.col("number") > self.told_to) for part in self.parts]
        first = pl.concat([merged_parts([]), *changed]).bottom_k(count, by="number")
        number = self.newest if first.height < count else int(first["number"].top_k(1).item())
        return number, self.of(first)

    def beyond(self, shore: Shore) -> "OpenPanes":
        """Without those up to a shore, which have moved into their rows."""
        left = [Part(part.number, part.panes.slice(_count_to(part.panes, shore))) for part in self.parts]
        return replace(self, shore=shore, parts=tuple(part for part in left if not part.panes.is_empty()))


def shore_of(panes: pl.DataFrame) -> Shore:
    """The shore when these panes, the first there are, have moved into their rows."""
    return Shore(panes["pane_end"][-1], panes["place"][-1])


def by_indicator(panes: Touched) -> dict[tuple[int, str], Touched]:
    """(Partition, indicator) → its panes."""
    if panes.is_empty():
        return {}
    return {
        (int(str(partition)), str(name)): part for (partition, name), part in panes.group_by("partition", "indicator")
    }


def without_readings(panes: Touched) -> Touched:
    """Those that no reading is left of."""
    return panes.filter(pl.col("count") == 0)


def with_readings_or_known(panes: Touched, known: Sequence[pl.DataFrame]) -> Touched:
    """Those that have readings or, by `series` and `pane_start`, are known."""
    key = ["series", "pane_start"]
    names = pl.concat([panes.filter(pl.col("count") > 0).select(key), *(one.select(key) for one in known)])
    return panes.join(names, on=key, how="semi")


def completed(panes: Open, stored: Panes, *, partition: int, indicator: str, version: int) -> Touched:
    """Open panes with what was stored of them, unless they have been computed afresh since."""
    counts = stored
    if not stored.is_empty():
        counts = stored.join(panes.filter("is_whole"), on=["series", "pane_start"], how="anti")
    names = {"partition": partition, "indicator": indicator, "indicator_version": version}
    named = panes.with_columns(pl.lit(value, dtype=TOUCHED[name]).alias(name) for name, value in names.items())
    return add(counts, named[TOUCHED.names()])


def merged_parts(parts: Sequence[Open]) -> Open:
    """Several parts as one, given in the order in which they were added."""
    if not parts:
        return empty_frame(OPEN_PANES)
    rows = pl.concat(parts)
    if len(parts) < 2:
        return rows
    if rows["is_whole"].any():
        rows = _without_replaced(parts)
    newest = [pl.col("subject").first(), pl.col("number").max(), pl.col("is_whole").any()]
    return merged(rows, _PANE, *newest)[OPEN_PANES.names()].sort("pane_end", "place")


def _without_replaced(parts: Sequence[Open]) -> Open:
    """All rows but those of panes that a later part has computed afresh."""
    rows = pl.concat([part.with_columns(pl.lit(at).alias("at")) for at, part in enumerate(parts)])
    afresh = rows.filter("is_whole").group_by(_PANE).agg(pl.col("at").max().alias("since"))
    return (
        rows.join(afresh, on=_PANE, how="left").filter(pl.col("at") >= pl.col("since").fill_null(0)).drop("at", "since")
    )


def _small_ones(sizes: Sequence[int]) -> int:
    """How many of the newest parts to merge: all from the first on that is no larger than those after it together; 0 for few.

    So sizes double from part to part, but for the newest few.
    """
    after = sum(sizes)
    for place, size in enumerate(sizes[: 1 - _FEWEST_MERGED]):
        after -= size
        if size <= after:
            return len(sizes) - place
    return 0


def _place() -> pl.Expr:
    """Bytes 5 to 12 of `series` as a number that sorts as they do; the first four are those of the indicator."""
    number = pl.col("series").bin.slice(4, 8).bin.reinterpret(dtype=pl.Int64, endianness="big")
    return (number ^ pl.lit(-(2**63), dtype=pl.Int64)).alias("place")


def _beyond(panes: pl.DataFrame, shore: Shore) -> pl.Series:
    """Of each row, by columns: a literal of a zone's time costs an expression more than all of this."""
    ends, end = panes["pane_end"].cast(pl.Int64), _microseconds(shore.pane_end)
    return (ends > end) | ((ends == end) & (panes["place"] > shore.place))


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _where(panes: pl.DataFrame, chosen: pl.Series) -> pl.DataFrame:
    return panes if chosen.all() else panes.filter(chosen)


def _count_to(panes: Open, shore: Shore) -> int:
    return panes.height - int(_beyond(panes, shore).sum())
