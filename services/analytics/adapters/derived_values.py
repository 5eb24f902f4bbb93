"""Derived values of windows that are open, for whoever asks: computed from the values of their parts as these now stand.

Nothing of it is stored or published, and no rule sees it: a derived value is final when all of its parts are.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import select

from services.analytics.adapters.bulk import read_frame
from services.analytics.adapters.evaluate_tables import EVALUATE_PARTITIONS, KPI_VALUES
from services.analytics.adapters.open_pane_store import read_open_panes
from services.analytics.adapters.open_values import current_values, stored_values
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.derived import so_far, windows_for
from services.analytics.domain.history import PANE_KEYS, PaneKeys
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.subject import subject_pairs
from services.analytics.domain.value_frame import SERIES, VALUES, Values, final_values, series_of
from services.analytics.ports.reading import ValueFilter
from shared.database.engine import ReadConnection

_PLACE = ["subject", "pane_start", "pane_end"]
_OPEN = pl.Schema({name: PANE_KEYS[name] for name in _PLACE})
_WINDOW = ["window_start", SERIES]
_ORDER = ["pane_start", SERIES]


@dataclass(frozen=True, slots=True)
class DerivedValues:
    """Reads one state of the database."""

    connection: ReadConnection
    catalogue: Catalogue

    def added_to(
        self,
        page: Values,
        indicator: Indicator,
        *,
        wanted: ValueFilter,
        after: tuple[datetime, bytes] | None,
        limit: int,
    ) -> Values:
        """A page of values that have rows, with those of open windows in their places."""
        still_open = page.filter(pl.col("status") == "provisional")
        known = still_open.rename({"window_start": "pane_start", "window_end": "pane_end"}).select(_PLACE)
        places = [known, *(self._open(leaf).filter(_within(wanted)) for leaf in self.catalogue.leaves_of(indicator))]
        named = _with_series(pl.concat(places).unique(), indicator).filter(_follows(wanted, after))
        first = windows_for(named.bottom_k(limit, by=_ORDER), indicator)
        values = self._current(indicator, first).filter(pl.col("status") == "provisional")
        return pl.concat([page.join(values, on=_WINDOW, how="anti"), values]).sort(_WINDOW).head(limit)

    def _open(self, leaf: Indicator) -> pl.DataFrame:
        """The open windows of an indicator of readings: those whose panes are held, and those that have rows."""
        held = read_open_panes(self.connection, leaf.name, leaf.version).values()
        columns = KPI_VALUES.c
        statement = select(columns.subject, columns.window_start, columns.window_end).where(
            columns.partition.in_(select(EVALUATE_PARTITIONS.c.partition)),
            columns.indicator == leaf.name,
            columns.indicator_version == leaf.version,
            columns.status == "provisional",
        )
        rows = read_frame(self.connection, statement, _OPEN)
        return pl.concat([rows, *(part.panes.select(_PLACE) for panes in held for part in panes.parts)])

    def _current(self, indicator: Indicator, windows: PaneKeys) -> Values:
        """The values of windows as they now stand, final or not."""
        places = _with_series(windows.select(_PLACE), indicator)
        if not indicator.formula.parts:
            return current_values(self.connection, indicator, places)
        final = final_values(stored_values(self.connection, places))
        parts = [self._current(part, windows_for(windows, part)) for part in self.catalogue.parts_of(indicator)]
        now = so_far(windows, indicator, pl.concat(parts))
        return pl.concat([final, now.join(final, on=_WINDOW, how="anti")])


def _with_series(places: pl.DataFrame, indicator: Indicator) -> pl.DataFrame:
    subjects = places["subject"].unique().to_list()
    series = [series_of(indicator.name, indicator.version, subject) for subject in subjects]
    return places.join(
        pl.DataFrame({"subject": subjects, SERIES: series}, schema={"subject": pl.String, SERIES: VALUES[SERIES]}),
        on="subject",
    )


def _within(wanted: ValueFilter) -> pl.Expr:
    conditions = [pl.lit(value=True)]
    conditions += [pl.col("subject").str.contains(pair, literal=True) for pair in subject_pairs(wanted.subject)]
    if wanted.since is not None:
        conditions.append(pl.col("pane_start") >= wanted.since)
    if wanted.until is not None:
        conditions.append(pl.col("pane_start") < wanted.until)
    return pl.all_horizontal(conditions)


def _follows(wanted: ValueFilter, after: tuple[datetime, bytes] | None) -> pl.Expr:
    conditions = [pl.lit(value=True)]
    if wanted.series is not None:
        conditions.append(pl.col(SERIES) == wanted.series)
    if after is not None:
        moment, series = after
        same = (pl.col("pane_start") == moment) & (pl.col(SERIES) > series)
        conditions.append((pl.col("pane_start") > moment) | same)
    return pl.all_horizontal(conditions)
