"""Units of indicators against those of their measures."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.indicator_form import read_indicator
from services.analytics.domain.measure_units import measured_unit_problem

KNOWN = {"repair": {"duration": "min", "planned": "min", "worked": "h", "parts": "1", "load": "%", "heat": "degC"}}


def problem(formula: dict[str, Any], unit: str, known: dict[str, dict[str, str]] = KNOWN) -> str | None:
    body = {
        "reading_type": "repair",
        "formula": formula,
        "window": {"kind": "tumbling", "every": "day"},
        "direction": "lower_is_better",
        "unit": unit,
    }
    return measured_unit_problem(read_indicator("repairs", 1, body), known)


def of(measure: str, kind: str = "mean", **others: Any) -> dict[str, Any]:
    return {"kind": kind, "measure": measure, **others}


def ratio(numerator: str, denominator: str) -> dict[str, Any]:
    return {"kind": "ratio", "numerator": numerator, "denominator": denominator}


@pytest.mark.parametrize(
    ("formula", "unit"),
    [
        (of("duration"), "min"),
        (of("duration", "sum"), "minute"),
        (of("duration", "quantile", q=0.9), "min"),
        (of("duration", "standard_deviation"), "min"),
        (of("duration", "minimum"), "min"),
        (of("heat", "maximum"), "degC"),
        (of("load"), "%"),
        (of("parts", "sum"), "1"),
        (ratio("duration", "planned"), "1"),
        (ratio("duration", "planned"), "%"),
        (ratio("duration", "parts"), "min"),
        (ratio("parts", "worked"), "1/h"),
        (ratio("duration", "worked"), "min/h"),
        ({"kind": "count"}, "1"),
        ({"kind": "count", "measure": "duration"}, "1"),
    ],
)
def test_a_unit_that_the_values_have(formula: dict[str, Any], unit: str) -> None:
    assert problem(formula, unit) is None


@pytest.mark.parametrize(
    ("formula", "unit", "says"),
    [
        (of("duration"), "kg", "the values are in min by the reading type repair, not in kg; write min"),
        (of("duration"), "1", "not in 1; write min"),
        (of("duration"), "h", "write min, or give the measure this unit in its reading type"),
        (of("heat"), "degF", "write degC, or give the measure this unit"),
        (of("parts", "sum"), "min", "the values are in 1 by the reading type repair, not in min; write 1"),
        (ratio("duration", "planned"), "min", "the values are in 1 "),
        (ratio("duration", "worked"), "%", "write minute / hour"),
        (ratio("parts", "worked"), "1/min", "write 1 / hour"),
    ],
)
def test_a_unit_that_they_do_not_have_is_named_with_the_one_that_they_have(
    formula: dict[str, Any], unit: str, says: str
) -> None:
    found = problem(formula, unit)
    assert found is not None
    assert says in found


@given(st.sampled_from(["min", "kg", "1", "%", "degC"]))
def test_what_is_not_known_is_not_checked(unit: str) -> None:
    assert problem(of("duration"), unit, {}) is None
    assert problem(of("duration"), unit, {"inspection": {"duration": "min"}}) is None
    assert problem(of("unheard"), unit) is None
    assert problem(ratio("duration", "unheard"), unit) is None
