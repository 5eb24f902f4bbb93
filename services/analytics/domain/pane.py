"""Panes: mergeable partial aggregates, one row per indicator version, subject and smallest time bucket.

`partial` reduces readings to deltas, `merge` adds deltas in any order and grouping, `value_columns` turns a merged pane
into a KPI value. Nothing is ever subtracted. Counts and quantile sketches are exact; sums are IEEE doubles, so another order of arrival may
differ by the rounding of the sum (relative 1e-12 and below for a million readings), and is exact for whole numbers
below 2**53. The spread is kept as the sum of squared deviations from the pane's own mean and merged by the formula of Chan,
Golub and LeVeque (1979), so that it keeps its digits also where all readings are large and alike.
"""

from collections.abc import Sequence

import polars as pl

from services.analytics.domain.empty_frame import empty_frame
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.sketch import NO_SKETCH, SKETCH, sketches, with_merged

INDICATOR = "indicator"
INDICATOR_VERSION = "indicator_version"
SUBJECT = "subject"
PANE_START = "pane_start"
PANE_END = "pane_end"
STANDS_FOR = "stands_for"
"""Column of readings that are sums: of how many."""

KEYS = (INDICATOR, INDICATOR_VERSION, SUBJECT, PANE_START, PANE_END)

DELTAS = pl.Schema(
    {
        INDICATOR: pl.String(),
        INDICATOR_VERSION: pl.Int32(),
        SUBJECT: pl.String(),  # canonical JSON: keys sorted, no spaces
        PANE_START: pl.Datetime("us", "UTC"),
        PANE_END: pl.Datetime("us", "UTC"),
        "count": pl.Int64(),  # readings after `where`, with the measure present
        "numerator": pl.Float64(),  # Σ numerator of a ratio, Σ measure otherwise; 0 for count
        "denominator": pl.Float64(),  # Σ denominator of a ratio; 0 otherwise
        "squares": pl.Float64(),  # Σ (measure - its mean)² for mean and standard_deviation; 0 for anything else
        "minimum": pl.Float64(),  # null for ratio and count
        "maximum": pl.Float64(),
        "sketch": SKETCH,  # of a quantile; null for anything else
    }
)
"""The frame of deltas, and of panes: the two have one shape, because merging is closed."""

_WITH_SPREAD = ("mean", "standard_deviation")


def empty_deltas() -> pl.DataFrame:
    """The neutral element of `merge`."""
    return empty_frame(DELTAS)


def partial(assigned: pl.DataFrame, indicator: Indicator) -> pl.DataFrame:
    """Reduce readings to one delta per subject and pane.

    Args:
        assigned: readings that the indicator counts, with columns `subject`, `pane_start`, `pane_end` and the
            formula's measures under their plain names; a measure may be null where it is optional. With a column
            `stands_for` each row is the sum of so many readings.
    """
    lacking = [name for name in dict.fromkeys(indicator.formula.measures) if assigned[name].null_count()]
    present = assigned.filter(pl.col(name).is_not_null() for name in lacking) if lacking else assigned
    by = [SUBJECT, PANE_START, PANE_END]
    readings = pl.col(STANDS_FOR).sum() if STANDS_FOR in present.columns else pl.len()
    grouped = present.group_by(by).agg(readings.alias("count"), *_sums(indicator))
    alike = {INDICATOR: pl.lit(indicator.name), INDICATOR_VERSION: pl.lit(indicator.version), "sketch": NO_SKETCH}
    if indicator.formula.kind == "quantile":
        grouped = grouped.join(sketches(present, by, indicator.formula.measure or ""), on=by)
        del alike["sketch"]
    return grouped.select(alike.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in DELTAS.items())


def _sums(indicator: Indicator) -> list[pl.Expr]:
    formula = indicator.formula
    nothing, zero = pl.lit(None, dtype=pl.Float64), pl.lit(0.0)
    if formula.kind == "ratio":
        top, bottom = pl.col(formula.numerator or "").sum(), pl.col(formula.denominator or "").sum()
        columns = (top, bottom, zero, nothing, nothing)
    elif formula.measure is None:
        columns = (zero, zero, zero, nothing, nothing)
    else:
        measure = pl.col(formula.measure)
        squares = measure.var(ddof=0) * pl.len() if formula.kind in _WITH_SPREAD else zero
        columns = (measure.sum(), zero, squares, measure.min(), measure.max())
    names = ("numerator", "denominator", "squares", "minimum", "maximum")
    return [column.alias(name) for name, column in zip(names, columns, strict=True)]


def merge(state: pl.DataFrame, delta: pl.DataFrame) -> pl.DataFrame:
    """Add deltas to panes; associative and commutative, an empty frame changes nothing."""
    return merged(pl.concat([state, delta]), KEYS)[DELTAS.names()]


def without_empty_sketches(deltas: pl.DataFrame) -> pl.DataFrame:
    """As they travel: without the column `sketch` where no row has one."""
    has_none = "sketch" in deltas.columns and deltas["sketch"].null_count() == deltas.height
    return deltas[[name for name in deltas.columns if name != "sketch"]] if has_none else deltas


def with_sketches(deltas: pl.DataFrame) -> pl.DataFrame:
    """What `without_empty_sketches` was given."""
    return deltas if "sketch" in deltas.columns else deltas.with_columns(NO_SKETCH.alias("sketch"))


def merged(rows: pl.DataFrame, by: Sequence[str], *others: pl.Expr) -> pl.DataFrame:
    """The rows of each pane as one, sketches included.

    Args:
        by: the columns that name a pane.
        others: what else is aggregated.
    """
    sums = pl.col("count", "numerator", "denominator", "squares").sum()
    groups = rows.group_by(by).agg(sums, pl.col("minimum").min(), pl.col("maximum").max(), *others)
    return with_merged(_with_spread_between(groups, rows, by), rows, by)


def _with_spread_between(groups: pl.DataFrame, rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Add to Σ of the parts' own squares that of count · (mean of the part - mean of the whole)².

    Column by column: an expression of parts and whole inside `agg` is evaluated group by group, at ten times the cost of all
    other sums. Ratios and counts, which have no spread, cost nothing here.
    """
    if rows["minimum"].null_count() == rows.height:
        return groups
    parts = rows.filter((pl.col("count") > 0) & pl.col("minimum").is_not_null())
    if parts.is_empty():
        return groups
    # Means by whole columns: an expression multiplies by the reciprocal where all divisors are alike, and a pane would be apart from itself.
    whole = groups.select(by).with_columns((groups["numerator"] / groups["count"]).alias("mean"))
    own = (parts["numerator"] / parts["count"]).alias("own")
    apart = pl.col("own") - pl.col("mean")
    between = (
        parts.with_columns(own)
        .join(whole, on=list(by), maintain_order="left")
        .with_columns((pl.col("count") * apart * apart).alias("between"))
        .group_by(by)
        .agg(pl.col("between").sum())
    )
    with_both = groups.join(between, on=list(by), how="left", maintain_order="left")
    return with_both.with_columns(pl.col("squares") + pl.col("between").fill_null(0.0)).drop("between")
