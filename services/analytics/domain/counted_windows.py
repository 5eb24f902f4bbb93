"""How many readings stand behind each step of an indicator, where its values do not say so.

A rolling window shares its readings with those before it, so what can be missed is a step: a pane. A derived value has no readings of its
own; it has as many as the least of the indicators, in the end of readings, that it is computed from, and none where one of them has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl

from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.effective_dates import terms
from services.analytics.domain.expected_windows import HELD, Held
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import Indicator, RollingWindow, TumblingWindow
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.rolling import Windows
from services.analytics.domain.value_frame import SERIES, Panes, series_of
from shared.calendars.windows import Window, window_at

_MOMENT = pl.Datetime("us", "UTC")
_LEAST = timedelta(microseconds=1)
_EARLIEST, _LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
ALWAYS = Window(_EARLIEST, _LATEST)
"""All of a series."""

Sources = pl.DataFrame
"""Columns `series` (of panes), `leaf` (whose they are), and `of_series` and `subject`: for which series they count."""


def counts_apart(indicator: Indicator) -> bool:
    """Whether the readings are not those of its own windows."""
    return isinstance(indicator.window, RollingWindow) or bool(indicator.formula.parts)


def by_steps(indicator: Indicator) -> Indicator:
    """The same with windows that are its steps, as rules about missing data judge it and speak of it."""
    window = indicator.window
    if not isinstance(window, RollingWindow):
        return indicator
    if isinstance(window.cut, timedelta):
        return replace(indicator, window=RollingWindow(window.step, window.step, window.cut, 1))
    return replace(indicator, window=TumblingWindow(window.cut))


def sources_of(subjects: Mapping[bytes, str], leaves: Sequence[Indicator]) -> Sources:
    """Where the readings are counted.

    Args:
        subjects: series → its subject.
        leaves: the indicators of readings that the series is computed from; itself, if it is none.
    """
    rows = [
        (series_of(leaf.name, leaf.version, subject), leaf.name, series, subject)
        for series, subject in subjects.items()
        for leaf in leaves
    ]
    return pl.DataFrame(
        rows, schema={SERIES: pl.Binary, "leaf": pl.String, "of_series": pl.Binary, "subject": pl.String}, orient="row"
    )


@dataclass(frozen=True, slots=True)
class Era:
    """Steps that begin at `since` or later and before `until`, UTC, and the names of what they are all computed from."""

    since: datetime
    until: datetime
    leaves: tuple[str, ...]


def eras_of(catalogue: Catalogue, indicator: Indicator) -> list[Era]:
    """More than one where versions have dates of effect; what comes before the first version is nobody's."""
    first = terms(indicator)[0].since or _EARLIEST
    dates = [date for date in catalogue.dates_behind(indicator) if date > first]
    return [
        Era(since, until, catalogue.leaves_at(indicator, since)) for since, until in pairwise([first, *dates, _LATEST])
    ]


def step_of(window: Window, scene: Scene) -> Window:
    """The step that a window ends with: the window itself, but for rolling ones."""
    return window_at(scene.calendar, scene.indicator.window.cut, window.end - _LEAST)


def counted_in(
    panes: Sequence[Panes], key: SeriesKey, leaves: Sequence[Indicator], *, eras: Sequence[Era]
) -> list[KpiValue]:
    """The steps of one series.

    Args:
        panes: those of each leaf.
    """
    sources = sources_of({key.series: key.subject}, leaves)
    return as_values(held_steps(pl.concat(panes), sources, eras), {key.series: key}).get(key.series, [])


def subjects_of(held: Held) -> dict[bytes, str]:
    """Series → subject."""
    return dict(zip(held[SERIES].to_list(), held["subject"].to_list(), strict=True))


def steps_wanted(sources: Sources, since: Mapping[bytes, datetime | None], *, until: datetime | None = None) -> Windows:
    """Which panes to read.

    Args:
        since: of each series; None for its beginning.
        until: None for its end.
    """
    starts = [since[series] or _EARLIEST for series in sources["of_series"].to_list()]
    moments = {"window_start": starts, "window_end": [until or _LATEST] * len(starts)}
    return sources.select(SERIES).with_columns(pl.Series(name, at, dtype=_MOMENT) for name, at in moments.items())


def held_steps(panes: Panes, sources: Sources, eras: Sequence[Era]) -> pl.DataFrame:
    """HELD with `window_end`: each step in which any of the leaves has readings, and how many all of them have at least."""
    counted = panes.filter(pl.col("count") > 0).join(sources, on=SERIES)
    steps = [_steps_of(counted, era) for era in eras]
    named = pl.concat(steps).rename({"of_series": SERIES, "pane_start": "window_start", "pane_end": "window_end"})
    return named.sort(SERIES, "window_start")


def _steps_of(counted: pl.DataFrame, era: Era) -> pl.DataFrame:
    is_of_it = pl.col("pane_start").is_between(era.since, era.until, closed="left") & pl.col("leaf").is_in(era.leaves)
    has_all = pl.len() == len(era.leaves)
    return (
        counted.filter(is_of_it)
        .group_by("of_series", "subject", "pane_start", "pane_end")
        .agg(pl.when(has_all).then(pl.col("count").min()).otherwise(0).alias("sample_size"))
    )


def as_held(steps: pl.DataFrame) -> Held:
    return steps.select(pl.col(name).cast(kind) for name, kind in HELD.items())


def as_values(steps: pl.DataFrame, keys: Mapping[bytes, SeriesKey]) -> dict[bytes, list[KpiValue]]:
    """Series → its steps in order, as values whose sample is what counts."""
    found: dict[bytes, list[KpiValue]] = {}
    columns = (steps[name].to_list() for name in (SERIES, "window_start", "window_end", "sample_size"))
    for series, start, end, count in zip(*columns, strict=True):
        value = KpiValue(keys[series], Window(start, end), float(count), None, None, count, "judged", "final", 1)
        found.setdefault(series, []).append(value)
    return found
