"""Quantile sketches: histograms with logarithmic bins, exactly mergeable in any order and grouping.

After DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB
2019): a reading x > 0 falls into the bin i with γ^(i-1) < x ≤ γ^i, and every bin answers with a number that is at most the
relative error away from all that fall into it. A sketch holds at most MOST_BINS bins. One that would hold more has its bins
merged in pairs (γ becomes γ², its `level` one higher) until they are few enough, as in UDDSketch (Epicoco et al. 2020). The
level depends only on the readings, not on how they came together. At level 0 the error is RELATIVE_ERROR, and MOST_BINS
bins hold readings of one sign over 17 powers of ten; each level doubles the error, about.

Zero is a bin of its own, and holds what is smaller than the smallest normal double (2.2e-308).
"""

import math
from collections.abc import Sequence

import polars as pl

RELATIVE_ERROR = 0.005
MOST_BINS = 4096

SKETCH = pl.Struct({"level": pl.Int8(), "bins": pl.List(pl.Int32()), "counts": pl.List(pl.Int64())})
"""`bins` in ascending order, which is that of the readings; `counts` beside them. A bin is ±(i + _BEYOND), or 0 for zero."""

NO_SKETCH = pl.lit(None, dtype=SKETCH)

_LOG_GAMMA = math.log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR))
_SMALLEST = 2.0**-1022
_BEYOND = 2**18
"""More than |i| of any double, so that the sign of a bin is that of its readings."""
_ROUNDING = 1e-12


def relative_error(level: int) -> float:
    """How far an answer of a sketch of this level may be from the reading it stands for, as a part of it."""
    return math.tanh(_LOG_GAMMA * 2**level / 2)


def sketches(readings: pl.DataFrame, by: Sequence[str], measure: str) -> pl.DataFrame:
    """One sketch for each group of readings: the columns of `by`, and `sketch`."""
    groups = readings.group_by(by).agg(_bin(pl.col(measure)).alias("bin").value_counts(name="count"))
    groups = groups.with_row_index("group")
    rows = groups.select("group", "bin").explode("bin").unnest("bin")
    level = pl.lit(0, dtype=pl.Int8).alias("level")
    return _gathered(rows.select("group", level, "bin", pl.col("count").cast(pl.Int64)), groups.select("group", *by))


def merged(parts: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """One sketch for each group of sketches; groups without any are left out."""
    present = parts.filter(pl.col("sketch").is_not_null()).select(*by, "sketch")
    groups = present.select(by).unique().with_row_index("group")
    numbered = present.join(groups, on=list(by)).select("group", pl.col("sketch").struct.unnest())
    coarsest = pl.col("level").max().over("group")
    rows = (
        numbered.with_columns(coarsest.alias("level"), (coarsest - pl.col("level")).alias("step"))
        .explode("bins", "counts")
        .rename({"bins": "bin", "counts": "count"})
    )
    if (rows["step"] > 0).any():
        rows = rows.with_columns(_coarser(pl.col("step")).alias("bin"))
    return _gathered(_summed(rows), groups)


def with_merged(frame: pl.DataFrame, parts: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """A frame with the column `sketch`: the merged sketches of its groups, null for a group without any."""
    if parts["sketch"].null_count() == parts.height:
        return frame.with_columns(NO_SKETCH.alias("sketch"))
    return frame.join(merged(parts, by), on=list(by), how="left")


def quantiles(rows: pl.DataFrame) -> pl.Series:
    """The quantile of each row: the smallest reading that a part `q` of the readings does not exceed, by its sketch.

    Args:
        rows: columns `sketch`, `q`, and `minimum` and `maximum` of the readings, which no answer leaves.
    Returns:
        Null where there is no sketch.
    """
    numbered = rows.select("sketch", "q", "minimum", "maximum").with_row_index("row")
    bins = numbered.filter(pl.col("sketch").is_not_null()).unnest("sketch").explode("bins", "counts")
    rank = (pl.col("q") * pl.col("counts").sum().over("row") * (1 - _ROUNDING)).ceil()
    answers = (
        bins.filter(pl.col("counts").cum_sum().over("row") >= rank)
        .group_by("row", maintain_order=True)
        .first()
        .select("row", _representative().clip(pl.col("minimum"), pl.col("maximum")).alias("quantile"))
    )
    return numbered.select("row").join(answers, on="row", how="left", maintain_order="left")["quantile"]


def _bin(reading: pl.Expr) -> pl.Expr:
    size = reading.abs()
    place = (size.clip(_SMALLEST).log() / _LOG_GAMMA).ceil().cast(pl.Int32) + _BEYOND
    return pl.when(size < _SMALLEST).then(0).otherwise(place * reading.sign().cast(pl.Int32)).cast(pl.Int32)


def _coarser(levels: pl.Expr) -> pl.Expr:
    """The column `bin`, each pair of neighbours merged into one, `levels` times."""
    place = pl.col("bin").abs() - _BEYOND
    merged_place = (place / pl.lit(2.0).pow(levels)).ceil().cast(pl.Int32) + _BEYOND
    return pl.when(pl.col("bin") == 0).then(0).otherwise(merged_place * pl.col("bin").sign()).cast(pl.Int32)


def _representative() -> pl.Expr:
    """What a bin answers with: 2γ^i / (γ + 1), as far from its lower bound as from its upper one, relative to each."""
    gamma_log = pl.lit(2.0).pow(pl.col("level")) * _LOG_GAMMA
    place = pl.col("bins").abs() - _BEYOND
    size = (place * gamma_log + math.log(2) - (gamma_log.exp() + 1).log()).exp()
    return pl.when(pl.col("bins") == 0).then(0.0).otherwise(size * pl.col("bins").sign())


def _gathered(rows: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """One sketch for each group, of rows `group`, `level`, `bin` and `count`, each bin of a group once.

    Args:
        groups: column `group`, and what stands for it in the result.
    """
    while (crowded := rows.group_by("group").len().filter(pl.col("len") > MOST_BINS)).height:
        coarser = rows.join(crowded, on="group", how="semi").with_columns(
            _coarser(pl.lit(1)).alias("bin"), (pl.col("level") + 1).cast(pl.Int8)
        )
        rows = pl.concat([rows.join(crowded, on="group", how="anti"), _summed(coarser)])
    lists = (
        rows.sort("bin")
        .group_by("group")
        .agg(pl.col("level").first(), pl.col("bin").alias("bins"), pl.col("count").alias("counts"))
    )
    sketch = pl.struct("level", "bins", "counts").cast(SKETCH).alias("sketch")
    return groups.join(lists, on="group").drop("group").select(pl.exclude("level", "bins", "counts"), sketch)


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one group and bin as one; all of a group have one level. By one key of both, which is faster than by two."""
    key = (pl.col("group").cast(pl.Int64) * 2**32 + pl.col("bin")).alias("key")
    summed = rows.group_by(key).agg(pl.col("group", "level", "bin").first(), pl.col("count").sum())
    return summed.select("group", "level", "bin", "count")
