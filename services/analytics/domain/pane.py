"""Panes: mergeable partial aggregates, one row per indicator version, subject and smallest time bucket.

`partial` reduces readings to deltas, `merge` adds deltas in any order and grouping, `value_columns` turns a merged pane
into a KPI value. Nothing is ever subtracted. Counts are exact; sums are IEEE doubles, so another order of arrival may
differ by the rounding of the sum (relative 1e-12 and below for a million readings), and is exact for whole numbers
below 2**53.
"""

import polars as pl

from services.analytics.domain.indicator import Indicator

INDICATOR = "indicator"
INDICATOR_VERSION = "indicator_version"
SUBJECT = "subject"
PANE_START = "pane_start"
PANE_END = "pane_end"

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
        "squares": pl.Float64(),  # Σ measure²; 0 for ratio and count
        "minimum": pl.Float64(),  # null for ratio and count
        "maximum": pl.Float64(),
    }
)
"""The frame of deltas, and of panes: the two have one shape, because merging is closed."""

_ADDED = ("count", "numerator", "denominator", "squares")


def empty_deltas() -> pl.DataFrame:
    """The neutral element of `merge`."""
    return pl.DataFrame(schema=DELTAS)


def partial(assigned: pl.DataFrame, indicator: Indicator) -> pl.DataFrame:
    """Reduce readings to one delta per subject and pane.

    Args:
        assigned: readings that the indicator counts, with columns `subject`, `pane_start`, `pane_end` and the
            formula's measures under their plain names; a measure may be null where it is optional.
    """
    present = assigned.filter(*(pl.col(name).is_not_null() for name in indicator.formula.measures))
    grouped = present.group_by(SUBJECT, PANE_START, PANE_END).agg(pl.len().alias("count"), *_sums(indicator))
    return grouped.with_columns(
        pl.lit(indicator.name).alias(INDICATOR), pl.lit(indicator.version).alias(INDICATOR_VERSION)
    ).select(pl.col(name).cast(dtype) for name, dtype in DELTAS.items())


def _sums(indicator: Indicator) -> list[pl.Expr]:
    formula = indicator.formula
    nothing = pl.lit(None, dtype=pl.Float64)
    if formula.kind == "ratio":
        top, bottom = pl.col(formula.numerator or "").sum(), pl.col(formula.denominator or "").sum()
        columns = (top, bottom, pl.lit(0.0), nothing, nothing)
    elif formula.measure is None:
        columns = (pl.lit(0.0), pl.lit(0.0), pl.lit(0.0), nothing, nothing)
    else:
        measure = pl.col(formula.measure)
        columns = (measure.sum(), pl.lit(0.0), (measure * measure).sum(), measure.min(), measure.max())
    names = ("numerator", "denominator", "squares", "minimum", "maximum")
    return [column.alias(name) for name, column in zip(names, columns, strict=True)]


def merge(state: pl.DataFrame, delta: pl.DataFrame) -> pl.DataFrame:
    """Add deltas to panes; associative and commutative, an empty frame changes nothing."""
    return (
        pl.concat([state, delta])
        .group_by(KEYS)
        .agg(pl.col(*_ADDED).sum(), pl.col("minimum").min(), pl.col("maximum").max())
        .select(DELTAS.names())
    )
