"""Panes without rows: whatever their values do not say has a row, so that nothing is lost."""

import math
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from services.analytics.domain.definitions_frame import definitions_frame
from services.analytics.domain.implied_panes import implied_panes, not_implied
from services.analytics.domain.indicator import Formula, FormulaKind, Indicator
from services.analytics.domain.pane import DELTAS, partial
from services.analytics.domain.value_frame import (
    PANES,
    Touched,
    Values,
    changed_values,
    no_values,
    touched,
    values_of_panes,
)
from tests.unit.analytics.examples import indicator, week

_KINDS: list[FormulaKind] = [
    "ratio",
    "count",
    "sum",
    "mean",
    "minimum",
    "maximum",
    "standard_deviation",
    "quantile",
]
_NUMBERS = st.floats(-1e308, 1e308) | st.integers(-3, 3).map(float)
_READINGS = st.lists(st.tuples(st.sampled_from("AB"), _NUMBERS, _NUMBERS), min_size=1, max_size=6)


def of_kind(kind: FormulaKind) -> Indicator:
    if kind == "ratio":
        return indicator()
    return indicator(
        formula=Formula(kind, measure=None if kind == "count" else "passed", q=0.5 if kind == "quantile" else None)
    )


def closed(readings: list[tuple[str, float, float]], one: Indicator) -> tuple[Touched, Values]:
    """Panes of a week that is over, and their values."""
    rows: list[dict[str, Any]] = [
        {
            "subject": f'{{"line":"{line}"}}',
            "pane_start": week(0).start,
            "pane_end": week(0).end,
            "passed": passed,
            "inspected": inspected,
        }
        for line, passed, inspected in readings
    ]
    types = {"pane_start": DELTAS["pane_start"], "pane_end": DELTAS["pane_end"]}
    panes = touched({0: [partial(pl.DataFrame(rows, schema_overrides=types), one)]})
    known = definitions_frame([one], {(0, one.name): week(0).end}, {})
    return panes, changed_values(values_of_panes(panes, known), no_values(), are_known=True)


def as_stored(panes: Touched) -> pl.DataFrame:
    return panes.select(PANES.names()).sort("series")


@given(_READINGS, st.sampled_from(_KINDS))
def test_panes_are_what_their_rows_hold_and_what_their_values_imply(
    readings: list[tuple[str, float, float]], kind: FormulaKind
) -> None:
    panes, values = closed(readings, of_kind(kind))
    rows = as_stored(not_implied(panes, values))
    implied = implied_panes(values).join(rows, on="series", how="anti")
    assert_frame_equal(pl.concat([rows, implied]).sort("series"), as_stored(panes), check_exact=True)


def test_a_ratio_and_a_count_need_no_rows() -> None:
    for kind in ("ratio", "count"):
        assert not_implied(*closed([("A", 9.0, 10.0), ("B", 0.0, 0.0)], of_kind(kind))).is_empty()


def test_sums_beyond_doubles_extremes_and_sketches_have_rows() -> None:
    huge = [("A", 1e308, 1.0), ("A", 1e308, 1.0)]
    panes, values = closed(huge, of_kind("ratio"))
    assert math.isinf(panes["numerator"][0])
    assert not_implied(panes, values).height == 1
    for kind in ("sum", "mean", "minimum", "quantile"):
        assert not_implied(*closed([("A", 9.0, 10.0)], of_kind(kind))).height == 1


def test_a_provisional_value_implies_nothing() -> None:
    panes, values = closed([("A", 9.0, 10.0)], of_kind("ratio"))
    still_open = values.with_columns(pl.lit("provisional").alias("status"))
    assert implied_panes(still_open).is_empty()
    assert not_implied(panes, still_open).height == 1
