"""Panes that need no row of their own, because the final value of their window says all that they hold.

That of a ratio or a count does: its sums and how many readings there were. A pane with a spread, extremes or a sketch holds more, and
so does one whose sums have left the range of doubles.
"""

import polars as pl

from services.analytics.domain.sketch import NO_SKETCH
from services.analytics.domain.value_frame import PANES, Panes, Touched, Values

_KEY = ["series", "pane_start"]
_SUMS = ("count", "numerator", "denominator", "squares")


def implied_panes(values: Values) -> Panes:
    """The panes of the windows of these values, as far as the values are final and their panes had no more to say.

    A value without a numerator has a pane that says more, or none, as those of indicators that are computed from others.
    """
    final = values.filter(pl.col("status") != "provisional", pl.col("numerator").is_not_null())
    is_count = pl.col("denominator").is_null()  # whose numerator repeats the number of readings
    nothing = pl.lit(None, dtype=pl.Float64)
    return final.select(
        "series",
        pl.col("window_start").alias("pane_start"),
        pl.col("window_end").alias("pane_end"),
        pl.col("sample_size").alias("count"),
        pl.when(is_count).then(0.0).otherwise("numerator").alias("numerator"),
        pl.col("denominator").fill_null(0.0),
        pl.lit(0.0).alias("squares"),
        nothing.alias("minimum"),
        nothing.alias("maximum"),
        NO_SKETCH.alias("sketch"),
    ).select(PANES.names())


def not_implied(panes: Touched, values: Values) -> Touched:
    """The panes that need rows beside these values of their windows."""
    implied = implied_panes(values).select(*_KEY, *_SUMS)
    both = panes.select(*_KEY, *_SUMS, "minimum", "maximum", "sketch").join(
        implied, on=_KEY, how="left", suffix="_implied", maintain_order="left"
    )
    says_more = pl.any_horizontal(
        *(pl.col(name).ne_missing(pl.col(f"{name}_implied")) for name in _SUMS),
        pl.col("minimum", "maximum", "sketch").is_not_null(),
    )
    return panes.filter(both.select(says_more.alias("says_more")).to_series())
