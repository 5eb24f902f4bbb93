"""Panes and KPI values as columns: deltas are added to panes, panes give values, values get their status.

One row per series and window. Everything is computed for all rows of a batch at once.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import polars as pl
import xxhash

from services.analytics.domain.definitions_frame import PARTITION, Definitions, definitions_frame, with_definitions
from services.analytics.domain.empty_frame import empty_frame
from services.analytics.domain.history import PaneKeys
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.pane import DELTAS, empty_deltas, merge, merged
from services.analytics.domain.sketch import SKETCH, quantiles
from shared.calendars.windows import Window

SERIES = "series"

_MOMENT = pl.Datetime("us", "UTC")

PANES = pl.Schema(
    {
        SERIES: pl.Binary(),
        "pane_start": _MOMENT,
        "pane_end": _MOMENT,
        "count": pl.Int64(),
        "numerator": pl.Float64(),
        "denominator": pl.Float64(),
        "squares": pl.Float64(),
        "minimum": pl.Float64(),
        "maximum": pl.Float64(),
        "sketch": SKETCH,
    }
)
"""Panes as they are stored."""

Deltas = pl.DataFrame
"""Of schema `pane.DELTAS`."""
TOUCHED = pl.Schema({**DELTAS, PARTITION: pl.Int32(), SERIES: pl.Binary()})

Touched = pl.DataFrame
"""Of schema TOUCHED; one row per pane that a batch touches."""
Panes = pl.DataFrame
"""Of schema PANES."""
Values = pl.DataFrame
"""Of schema VALUES."""
Computed = pl.DataFrame
"""As `values_of_panes` makes it: the facts of values without their status."""

VALUES = pl.Schema(
    {
        SERIES: pl.Binary(),
        "window_start": _MOMENT,
        "window_end": _MOMENT,
        PARTITION: pl.Int32(),
        "indicator": pl.String(),
        "indicator_version": pl.Int32(),
        "subject": pl.String(),
        "value": pl.Float64(),
        "numerator": pl.Float64(),
        "denominator": pl.Float64(),
        "sample_size": pl.Int64(),
        "judgement": pl.String(),
        "status": pl.String(),
        "revision": pl.Int32(),
        "reading_deviation": pl.Float64(),
        "reading_range": pl.Float64(),
        "unpublished": pl.Boolean(),
    }
)
"""KPI values as they are stored. `unpublished`: a provisional value that has changed since it was last told to others."""

_FACTS = ("value", "numerator", "denominator", "sample_size", "reading_deviation", "reading_range", "judgement")


def series_of(indicator: str, indicator_version: int, subject: str) -> bytes:
    """Names a series in the database, 16 bytes: the same for ever, and those of one indicator lie together.

    Args:
        subject: canonical JSON, so that no two texts mean the same subject.
    """
    return series_prefix(indicator, indicator_version) + xxhash.xxh3_128_digest(subject.encode())[:12]


@lru_cache(maxsize=1000)
def series_prefix(indicator: str, indicator_version: int) -> bytes:
    """The four bytes that the series of an indicator begin with; another indicator may share them."""
    return xxhash.xxh32_digest(f"{indicator}|{indicator_version}".encode())


def touched(deltas: Mapping[int, Sequence[Deltas]]) -> Touched:
    """All deltas of a batch, by partition, merged to one row per series and pane, with columns `series` and `partition`."""
    of_partitions = [
        merge(empty_deltas(), pl.concat(with_rows)).with_columns(pl.lit(partition, dtype=pl.Int32).alias(PARTITION))
        for partition, frames in deltas.items()
        if (with_rows := [frame for frame in frames if not frame.is_empty()])
    ]
    if not of_partitions:
        return together([])
    rows = pl.concat(of_partitions)
    names = rows.select("indicator", "indicator_version", "subject").unique()
    hashes = [series_of(*name) for name in zip(*(column.to_list() for column in names), strict=True)]
    return rows.join(
        names.with_columns(pl.Series(SERIES, hashes, dtype=pl.Binary)), on=["indicator", "indicator_version", "subject"]
    )


def together(panes: Sequence[Touched]) -> Touched:
    """Panes of several indicators or partitions."""
    return pl.concat([part for part in panes if not part.is_empty()] or [empty_frame(TOUCHED)])


def no_values() -> Values:
    """Where nothing is stored."""
    return empty_frame(VALUES)


def add(stored: Panes, new: Touched) -> Touched:
    """The touched panes after the deltas: `new` with what was stored of the same panes added."""
    if stored.is_empty():
        return new
    sums = [name for name in PANES if name not in (SERIES, "pane_start", "pane_end")]
    keys = [SERIES, "pane_start"]
    both = pl.concat([new.select(*keys, *sums), stored.select(*keys, *sums)])
    return new.drop(sums).join(merged(both, keys), on=keys).select(new.columns)


def covered(new: Touched, definitions: Definitions) -> Touched:
    """Without panes whose history is still to be computed: it will include what is left out here."""
    on = [PARTITION, "indicator", "indicator_version"]
    with_coverage = new.join(definitions.select(*on, "covered_until").unique(), on=on)
    return with_coverage.filter(pl.col("pane_start") < pl.col("covered_until")).select(new.columns)


def leave_out(new: Touched, panes: Mapping[int, PaneKeys]) -> Touched:
    """Without some panes."""
    for keys in panes.values():
        if not keys.is_empty():
            new = new.join(keys, on=keys.columns, how="anti")
    return new


def values_of_panes(panes: Touched, definitions: Definitions) -> Computed:
    """The facts of each pane's value, not yet its status.

    Args:
        panes: or rolling windows in their shape, with `data_from`.
    """
    computed = (
        with_definitions(panes, definitions, "pane_start")
        .rename({"pane_start": "window_start", "pane_end": "window_end", "count": "sample_size"})
        .pipe(_with_quantiles)
        .pipe(_with_quotients)
        .with_columns(_facts())
    )
    return judged(computed)


def _with_quantiles(panes: pl.DataFrame) -> pl.DataFrame:
    if panes["sketch"].null_count() == panes.height:
        return panes.with_columns(pl.lit(None, dtype=pl.Float64).alias("quantile"))
    return panes.with_columns(quantiles(panes).alias("quantile"))


def _with_quotients(panes: pl.DataFrame) -> pl.DataFrame:
    """By whole columns: where all rows have one divisor, an expression multiplies by its reciprocal, which is off in the last digit."""
    sums, readings = panes["numerator"], panes["sample_size"]
    return panes.with_columns(
        (sums / panes["denominator"]).alias("ratio"),
        (sums / readings).alias("mean"),
        (panes["squares"] / (readings - 1)).alias("variance"),
    )


def judged(values: pl.DataFrame) -> Computed:
    """Set `judgement` by the column `minimum_sample`: the denominator of a ratio counts, the readings of anything else.

    Of rolling windows, which have `data_from`, also by whether the window begins before the data do.
    """
    sample = pl.when(pl.col("kind") == "ratio").then(pl.col("denominator")).otherwise(pl.col("sample_size"))
    enough = (sample >= pl.col("minimum_sample")) & pl.col("value").is_not_null()
    if "data_from" in values.columns:
        enough &= (pl.col("window_start") >= pl.col("data_from")).fill_null(value=False)
    return values.with_columns(
        pl.when(enough).then(pl.lit("judged")).otherwise(pl.lit("insufficient")).alias("judgement")
    )


def judged_anew(stored: Values, definitions: Definitions, spans: pl.DataFrame | None = None) -> Values:
    """The stored values whose judgement has changed with the definition; closed ones are restated by it, open ones stay open: what
    closes a window also has to begin the ones after it.

    None is closed by it: with the closing of a rolling window the next one begins, which is not done here.

    Args:
        spans: of rolling windows where the data of their series begin, `data_from`.
    """
    open_ended = definitions.with_columns(pl.lit(None, dtype=_MOMENT).alias("closes"))
    facts = with_definitions(stored, open_ended, "window_start")
    if spans is not None:
        facts = facts.join(spans.select(SERIES, "data_from"), on=SERIES, how="left")
    return changed_values(judged(facts).with_columns(pl.lit(None, dtype=_MOMENT).alias("closes")), stored)


def of_defined(new: Touched, definitions: Definitions) -> Touched:
    """Without panes of a version that is no longer the current one: nobody asks for their values any more."""
    return (
        new if new.is_empty() else new.join(definitions, on=[PARTITION, "indicator", "indicator_version"], how="semi")
    )


def changed_values(computed: Computed, stored: Values, *, are_known: bool = False) -> Values:
    """Give computed values their status, and keep those that differ from what is stored.

    A value is provisional (revision 0) while its window is open, final (revision 1) once it is closed. A closed value that
    changes is restated, its revision one higher; it never becomes provisional again. A window that has lost its readings has a
    value that says so; one that never had any has none.

    Args:
        are_known: all these windows have a value already, stored or not.
    """
    if computed.is_empty():
        return no_values()
    before = stored[[SERIES, "window_start", *_FACTS, "status", "revision"]]
    both = computed.join(before, on=[SERIES, "window_start"], how="left", suffix="_before")
    has_changed, settled = _changes()
    changed = both.filter(has_changed if are_known else (has_changed & _IS_TO_HAVE_VALUE))
    return no_values() if changed.is_empty() else changed.select(settled)


_IS_TO_HAVE_VALUE = pl.col("status").is_not_null() | (pl.col("sample_size") > 0)


@cache
def _changes() -> tuple[pl.Expr, list[pl.Expr]]:
    """Of computed values beside what was stored: whether they are to be kept, and the columns of VALUES. Written once."""
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in _FACTS)
    was_final = pl.col("status").is_in(["final", "restated"]).fill_null(False)
    is_final = (pl.col("window_end") <= pl.col("closes")).fill_null(False)
    status = pl.when(was_final).then(pl.lit("restated")).when(is_final).then(pl.lit("final"))
    revision = pl.when(was_final).then(pl.col("revision") + 1).when(is_final).then(1).otherwise(0)
    settled = {
        "status": status.otherwise(pl.lit("provisional")),
        "revision": revision,
        "unpublished": ~was_final & ~is_final,
    }
    columns = [settled.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in VALUES.items()]
    return differs | (is_final & ~was_final), columns


def open_values(panes: Touched, stored: Values, indicator: Indicator) -> Values:
    """The values of panes of open windows, where they differ from what is stored and nothing final is."""
    partitions = panes[PARTITION].unique().to_list()
    definitions = definitions_frame([indicator], {(number, indicator.name): None for number in partitions}, {})
    return provisional_values(changed_values(values_of_panes(panes, definitions), stored, are_known=True))


def closed(values: Values) -> Values:
    """Provisional values whose windows have closed."""
    return values.with_columns(
        pl.lit("final").alias("status"),
        pl.lit(1, dtype=pl.Int32).alias("revision"),
        pl.lit(value=False).alias("unpublished"),
    )


def told(values: Values) -> Values:
    """Provisional values that have just been published."""
    return values.with_columns(pl.lit(value=False).alias("unpublished"))


def provisional_values(values: Values) -> Values:
    """Those whose windows are open."""
    return values.filter(pl.col("status") == "provisional")


def final_values(values: Values) -> Values:
    """Those that rules judge and that are published at once."""
    return values.filter(pl.col("status") != "provisional")


def without_panes(panes: Touched, others: Touched) -> Touched:
    """Those that are not among others."""
    return panes if others.is_empty() else panes.join(others, on=["series", "pane_start"], how="anti")


def still_open(values: Values, indicators: Sequence[str]) -> Values:
    """Provisional values of these indicators."""
    return provisional_values(of_indicators(values, indicators))


def of_indicators(values: Values, indicators: Sequence[str]) -> Values:
    """Those of these indicators."""
    return values.filter(pl.col("indicator").is_in(indicators)) if indicators else values.clear()


def statuses(values: Values) -> dict[str, int]:
    """How many there are of each status."""
    counts = values["status"].value_counts()
    return dict(zip(counts["status"].to_list(), counts["count"].to_list(), strict=True))


def row_count(frame: pl.DataFrame) -> int:
    return frame.height


def to_kpi_values(values: Values) -> list[KpiValue]:
    """One object per row, in the frame's order."""
    columns = [values[name].to_list() for name in VALUES.names() if name != "unpublished"]
    return [
        KpiValue(SeriesKey(series, indicator, version, subject, partition), Window(start, end), *facts)
        for series, start, end, partition, indicator, version, subject, *facts in zip(*columns, strict=True)
    ]


def _finite(expression: pl.Expr) -> pl.Expr:
    """Null where a sum has left the range of doubles: there is no number to show."""
    return pl.when(expression.is_finite()).then(expression)


def _by_kind(choices: Mapping[str, pl.Expr]) -> pl.Expr:
    expression = pl.lit(None, dtype=pl.Float64)
    for kind, choice in choices.items():
        expression = pl.when(pl.col("kind") == kind).then(choice.cast(pl.Float64)).otherwise(expression)
    return expression


@cache
def _facts() -> tuple[pl.Expr, ...]:
    """Written once: to write them takes as long as to compute a few values."""
    return _value(), _numerator(), _denominator(), _reading_deviation(), _reading_range()


def _value() -> pl.Expr:
    readings = pl.col("sample_size")
    choices = {
        "ratio": pl.when(pl.col("denominator") != 0).then(pl.col("ratio")),
        "sum": pl.col("numerator"),
        "count": pl.col("sample_size"),
        "mean": pl.col("mean"),
        "minimum": pl.col("minimum"),
        "maximum": pl.col("maximum"),
        "standard_deviation": pl.when(readings > 1).then(pl.col("variance").sqrt()),
        "quantile": pl.col("quantile"),
    }
    value = _finite(_by_kind(choices))
    return pl.when(pl.col("sample_size") > 0).then(value).alias("value")  # no reading is left: no value, not zero


def _numerator() -> pl.Expr:
    sums = pl.col("numerator")
    choices = {"ratio": sums, "sum": sums, "mean": sums, "count": pl.col("sample_size")}
    return _finite(_by_kind(choices)).alias("numerator")


def _denominator() -> pl.Expr:
    choices = {"ratio": pl.col("denominator"), "mean": pl.col("sample_size")}
    return _finite(_by_kind(choices)).alias("denominator")


def _reading_deviation() -> pl.Expr:
    """Of a mean, which alone is charted by how much the readings of a window scatter."""
    several = (pl.col("kind") == "mean") & (pl.col("sample_size") > 1)
    return _finite(pl.when(several).then(pl.col("variance").sqrt())).alias("reading_deviation")


def _reading_range() -> pl.Expr:
    several = (pl.col("kind") == "mean") & (pl.col("sample_size") > 1)
    return _finite(pl.when(several).then(pl.col("maximum") - pl.col("minimum"))).alias("reading_range")
