"""Derived indicators: which are computed from which, and their values from the values of their parts. Exact, and in any order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import polars as pl

from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.effective_dates import as_of, counts_for
from services.analytics.domain.empty_frame import empty_frame
from services.analytics.domain.expression import compute
from services.analytics.domain.history import PANE_KEYS, PaneKeys
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import Judgement, KpiValue, exact_ratio
from services.analytics.domain.value_frame import (
    SERIES,
    VALUES,
    Computed,
    Values,
    changed_values,
    final_values,
    series_of,
    to_kpi_values,
)

_MOMENT = pl.Datetime("us", "UTC")
_COMPUTED = pl.Schema(
    {name: kind for name, kind in VALUES.items() if name not in ("status", "revision", "unpublished")}
    | {"closes": _MOMENT}
)
"""What `value_frame.changed_values` asks of computed values. `closes`: a window that is final closes at its own end."""

Parts = pl.DataFrame
"""Columns `series` and `window_start`: which values of parts are asked for."""
_NO_PARTITION = -1
Place = tuple[str, datetime, datetime]
"""Subject, start and end of the window (UTC)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One derived value as it follows from its parts.

    Attributes:
        is_final: each part has a final or restated value of the window.
    """

    value: float | None
    sample_size: int
    judgement: Judgement
    is_final: bool


def figure(indicator: Indicator, parts: Mapping[str, KpiValue]) -> Figure:
    """The value of one subject and window.

    There is none while a part has none, and none where something is divided by zero or leaves the range of doubles. It is judged
    where each part is, and the least of their samples is enough.

    Args:
        parts: name → value, final unless people only look at it; a part that has none (yet) is left out.
    """
    wanted = indicator.formula.parts
    sample = min((value.sample_size for value in parts.values()), default=0)
    is_final = all(name in parts for name in wanted)
    has_values = is_final and all(value.value is not None for value in parts.values())
    value = _figured(indicator, parts) if has_values else None
    enough = value is not None and sample >= indicator.minimum_sample and all(one.is_judged for one in parts.values())
    return Figure(value, sample, "judged" if enough else "insufficient", is_final)


def _figured(indicator: Indicator, parts: Mapping[str, KpiValue]) -> float | None:
    if indicator.formula.expression is None:
        raise TypeError(f"{indicator.name} is not computed from others")
    found = compute(
        indicator.formula.expression, {name: Fraction(*exact_ratio(value)) for name, value in parts.items()}
    )
    try:
        return None if found is None else float(found)
    except OverflowError:
        return None


def windows_to_derive(values: Iterable[KpiValue], catalogue: Catalogue) -> PaneKeys:
    """The windows of derived indicators that rest on these values, provisional ones left out, each once."""
    rows = {
        (derived.name, derived.version, value.key.subject, value.window.start, value.window.end)
        for value in values
        if value.status != "provisional"
        for derived in catalogue.derived_from(value.key.indicator)
    }
    return pl.DataFrame(sorted(rows), schema=PANE_KEYS, orient="row")


def windows_of(values: Values, derived: Indicator) -> PaneKeys:
    """The windows of a derived indicator that rest on these values of one part."""
    rows = [
        (derived.name, derived.version, value.key.subject, value.window.start, value.window.end)
        for value in to_kpi_values(final_values(values))
    ]
    return pl.DataFrame(rows, schema=PANE_KEYS, orient="row")


def windows_of_values(values: Values) -> PaneKeys:
    """The windows that these values of a derived indicator are of."""
    named = values.rename({"window_start": "pane_start", "window_end": "pane_end"})
    return named.select(pl.col(name).cast(kind) for name, kind in PANE_KEYS.items())


def parts_of(windows: PaneKeys, parts: Sequence[Indicator]) -> Parts:
    """Which values of the parts bear on windows of an indicator."""
    subjects = windows["subject"].unique().to_list()
    named = [(subject, series_of(part.name, part.version, subject)) for part in parts for subject in subjects]
    series = pl.DataFrame(named, schema={"subject": pl.String, SERIES: pl.Binary}, orient="row")
    return windows.join(series, on="subject").select(SERIES, pl.col("pane_start").alias("window_start"))


def computed(windows: PaneKeys, indicator: Indicator, stored: Values, *, partition: int) -> Computed:
    """The facts of the values of windows, as they follow from what is stored of the parts.

    Args:
        stored: values that `parts_of` asked for. A window of which no part is final has no value at all, and none to lose. One that
            was computed from other parts before a date of effect loses its value.
    """
    return _computed_from(windows, indicator, final_values(stored), partition=partition)


def so_far(windows: PaneKeys, indicator: Indicator, values: Values) -> Values:
    """What the values of windows would be if those of the parts were final as they now stand; of nobody's partition, for people to look at.

    Args:
        values: of the parts, those of open windows included.
    """
    now = _computed_from(windows, indicator, values, partition=_NO_PARTITION)
    still_open = now.with_columns(pl.lit(None, dtype=_MOMENT).alias("closes"))
    return changed_values(still_open, empty_frame(VALUES), are_known=True)


def windows_for(windows: PaneKeys, indicator: Indicator) -> PaneKeys:
    """The same windows of another indicator."""
    named = windows.with_columns(indicator=pl.lit(indicator.name), indicator_version=pl.lit(indicator.version))
    return named.select(pl.col(name).cast(kind) for name, kind in PANE_KEYS.items())


def _computed_from(windows: PaneKeys, indicator: Indicator, values: Values, *, partition: int) -> Computed:
    found: dict[Place, dict[str, KpiValue]] = {}
    for value in to_kpi_values(values):
        parts = found.setdefault((value.key.subject, value.window.start, value.window.end), {})
        if value.key.indicator in as_of(indicator, value.window.start).formula.parts:
            parts[value.key.indicator] = value
    columns = (windows[name].to_list() for name in ("subject", "pane_start", "pane_end"))
    places = [place for place in sorted(set(zip(*columns, strict=True))) if place in found]
    rows = [
        _row(indicator, place, figure(as_of(indicator, place[1]), found[place]), partition=partition)
        for place in places
        if counts_for(indicator, place[1])
    ]
    return pl.DataFrame(rows, schema=_COMPUTED, orient="row")


def _row(indicator: Indicator, place: Place, found: Figure, *, partition: int) -> tuple[object, ...]:
    """In the order of _COMPUTED."""
    subject, start, end = place
    series = series_of(indicator.name, indicator.version, subject)
    names = (series, start, end, partition, indicator.name, indicator.version, subject)
    facts = (found.value, None, None, found.sample_size, found.judgement, None, None)
    return (*names, *facts, end if found.is_final else None)
