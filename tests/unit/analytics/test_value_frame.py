"""Deltas to panes, panes to values, values to their status: as columns."""

from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.definitions_frame import definitions_frame
from services.analytics.domain.indicator import Formula, FormulaKind, Indicator
from services.analytics.domain.pane import DELTAS, merge
from services.analytics.domain.value_frame import (
    PANES,
    VALUES,
    add,
    changed_values,
    closed,
    final_values,
    judged_anew,
    of_defined,
    series_of,
    series_prefix,
    to_kpi_values,
    told,
    touched,
    values_of_panes,
)
from tests.unit.analytics.examples import indicator, week


def delta(passed: float, of: float, *, number: int = 0, line: str = "A", **changed: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "indicator": "first-pass-yield",
        "indicator_version": 1,
        "subject": f'{{"line":"{line}"}}',
        "pane_start": week(number).start,
        "pane_end": week(number).end,
        "count": 1,
        "numerator": passed,
        "denominator": of,
        "squares": 0.0,
        "minimum": None,
        "maximum": None,
        "sketch": None,
    }
    return row | changed


def deltas(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=DELTAS, orient="row")


def no_panes() -> pl.DataFrame:
    return pl.DataFrame(schema=PANES)


def no_values() -> pl.DataFrame:
    return pl.DataFrame(schema=VALUES)


def definitions(one: Indicator | None = None, closes: datetime | None = None) -> pl.DataFrame:
    return definitions_frame([one or indicator()], {(0, "first-pass-yield"): closes}, {})


def computed(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    return values_of_panes(add(no_panes(), touched({0: [frame]})), known)


VALUE_OF: list[tuple[FormulaKind, float | None, float | None, float | None]] = [
    ("sum", 12.5, 12.5, None),
    ("count", 4.0, 4.0, None),
    ("mean", 3.125, 12.5, 4.0),
    ("minimum", -2.0, None, None),
    ("maximum", 8.0, None, None),
    ("standard_deviation", 2.0, None, None),
]


@pytest.mark.parametrize(("kind", "value", "numerator", "denominator"), VALUE_OF)
def test_each_formula(
    kind: FormulaKind, value: float | None, numerator: float | None, denominator: float | None
) -> None:
    one = indicator(formula=Formula(kind, measure="delay"), minimum_sample=5)
    frame = deltas(delta(12.5, 0.0, count=4, squares=12.0, minimum=-2.0, maximum=8.0))
    [found] = to_kpi_values(changed_values(computed(frame, definitions(one)), no_values()))
    assert (found.value, found.numerator, found.denominator) == (value, numerator, denominator)
    assert (found.sample_size, found.judgement) == (4, "insufficient")


@pytest.mark.parametrize("kind", ["ratio", "mean"])
@pytest.mark.parametrize("alike", [1, 2, 5])
def test_a_quotient_is_exact_where_all_rows_have_one_divisor(kind: FormulaKind, alike: int) -> None:
    """10 / 12 and 10 · (1 / 12) differ in the last digit."""
    formula = (
        Formula("ratio", numerator="passed", denominator="inspected")
        if kind == "ratio"
        else Formula(kind, measure="delay")
    )
    frame = deltas(*(delta(10.0, 12.0, number=number, count=12) for number in range(alike)))
    panes = add(no_panes(), touched({0: [frame]})).with_columns(
        pl.lit(12.0).alias("denominator"), pl.lit(12, dtype=pl.Int64).alias("count")
    )
    found = to_kpi_values(changed_values(values_of_panes(panes, definitions(indicator(formula=formula))), no_values()))
    assert [one.value for one in found] == [10 / 12] * alike


# passed, inspected, minimum sample → value, judgement
RATIOS: list[tuple[float, float, int, float | None, str]] = [
    (943, 1000, 30, 0.943, "judged"),
    (29, 30, 30, 29 / 30, "judged"),
    (29, 29, 30, 1.0, "insufficient"),
    (0, 0, 0, None, "insufficient"),
    (1e308, 1e-10, 0, None, "insufficient"),
]


@pytest.mark.parametrize(("passed", "of", "sample", "value", "judgement"), RATIOS)
def test_ratios_count_their_denominator_as_the_sample(
    passed: float, of: float, sample: int, value: float | None, judgement: str
) -> None:
    known = definitions(indicator(minimum_sample=sample))
    [found] = to_kpi_values(changed_values(computed(deltas(delta(passed, of)), known), no_values()))
    assert (found.value, found.judgement) == (value, judgement)
    assert found.key.series == series_of("first-pass-yield", 1, '{"line":"A"}')


def test_a_value_goes_from_provisional_to_final_to_restated() -> None:
    open_, shut = definitions(), definitions(closes=week(0).end)
    first = changed_values(computed(deltas(delta(9, 10)), open_), no_values())
    assert _states(first) == [("provisional", 0, True)]
    final = changed_values(computed(deltas(delta(9, 10)), shut), first)
    assert _states(final) == [("final", 1, False)]
    assert changed_values(computed(deltas(delta(9, 10)), shut), final).is_empty()
    restated = changed_values(computed(deltas(delta(19, 20, count=2)), shut), final)
    assert _states(restated) == [("restated", 2, False)]
    again = changed_values(computed(deltas(delta(19, 20, count=2)), open_), restated)
    assert again.is_empty()
    assert _states(changed_values(computed(deltas(delta(20, 21, count=3)), open_), restated)) == [
        ("restated", 3, False)
    ]


def test_a_value_met_for_the_first_time_may_be_final_at_once() -> None:
    found = changed_values(
        computed(deltas(delta(9, 10), delta(9, 10, number=1)), definitions(closes=week(0).end)), no_values()
    )
    assert sorted(_states(found)) == [("final", 1, False), ("provisional", 0, True)]
    assert final_values(found).height == 1


def test_closing_and_telling_change_the_status_only() -> None:
    first = changed_values(computed(deltas(delta(9, 10)), definitions()), no_values())
    assert _states(closed(first)) == [("final", 1, False)]
    assert _states(told(first)) == [("provisional", 0, False)]
    assert closed(first).schema == told(first).schema == VALUES


def test_another_minimum_sample_judges_stored_values_anew() -> None:
    stored = closed(changed_values(computed(deltas(delta(9, 10)), definitions()), no_values()))
    assert judged_anew(stored, definitions(closes=week(0).end)).is_empty()
    [anew] = to_kpi_values(judged_anew(stored, definitions(indicator(minimum_sample=30), week(0).end)))
    assert (anew.judgement, anew.status, anew.revision, anew.value) == ("insufficient", "restated", 2, 0.9)


def test_judging_anew_closes_no_window() -> None:
    """That is left to what begins the rolling window that follows."""
    stored = changed_values(computed(deltas(delta(9, 10)), definitions()), no_values())
    assert judged_anew(stored, definitions(closes=week(0).end)).is_empty()
    anew = judged_anew(stored, definitions(indicator(minimum_sample=30), week(0).end))
    assert _states(anew) == [("provisional", 0, True)]


def test_deltas_of_a_version_that_is_not_in_force_are_left_out() -> None:
    new = touched({0: [deltas(delta(9, 10), delta(9, 10, indicator_version=2))]})
    assert of_defined(new, definitions())["indicator_version"].to_list() == [1]


def test_nothing_in_gives_nothing_out() -> None:
    assert touched({}).is_empty()
    assert touched({0: []}).is_empty()
    nothing = touched({0: [deltas()]})
    assert values_of_panes(add(no_panes(), nothing), definitions_frame([], {}, {})).is_empty()


def test_series_of_an_indicator_lie_together() -> None:
    one, other = series_of("first-pass-yield", 1, "{}"), series_of("first-pass-yield", 1, '{"line":"A"}')
    assert one != other
    assert one[:4] == other[:4] == series_prefix("first-pass-yield", 1)
    assert len(one) == 16
    assert one.hex() == "a13191d8dc7048f8f8747f561349cde1"  # for ever


ROWS = st.lists(
    st.builds(
        lambda passed, of, number, line: delta(float(passed), float(of), number=number, line=line),
        st.integers(0, 50),
        st.integers(50, 100),
        st.integers(0, 2),
        st.sampled_from("AB"),
    ),
    min_size=1,
    max_size=20,
)


@settings(deadline=None, max_examples=20)
@given(ROWS, st.integers(1, 5))
def test_any_cut_of_the_deltas_gives_the_same_values(rows: list[dict[str, Any]], cut: int) -> None:
    panes, stored = no_panes(), no_values()
    for start in range(0, len(rows), cut):
        new = touched({0: [deltas(row) for row in rows[start : start + cut]]})
        after = add(panes, new)
        panes = _with(panes, after.select(PANES.names()), ["series", "pane_start"])
        changed = changed_values(values_of_panes(after, definitions()), stored)
        stored = _with(stored, changed, ["series", "window_start"])
    at_once = merge(deltas(), deltas(*rows))
    whole = changed_values(computed(at_once, definitions()), no_values())
    assert stored.sort("series", "window_start").equals(whole.sort("series", "window_start"))


def _with(frame: pl.DataFrame, newer: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return pl.concat([frame.join(newer, on=keys, how="anti"), newer])


def _states(values: pl.DataFrame) -> list[tuple[str, int, bool]]:
    return list(
        zip(values["status"].to_list(), values["revision"].to_list(), values["unpublished"].to_list(), strict=True)
    )
