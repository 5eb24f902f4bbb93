"""Derived values from the values of their parts: exact, in any order, and with a reason to have none."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from services.analytics.domain.catalogue import make_catalogue
from services.analytics.domain.derivation import dependents, derivation_problems
from services.analytics.domain.derived import figure, windows_to_derive
from services.analytics.domain.expression import parse, weighted_sum
from services.analytics.domain.indicator import Formula, Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from shared.calendars.calendar import DEFAULT_CALENDAR
from tests.unit.analytics.examples import indicator, value


def derived(text: str, name: str = "derived", **changed: Any) -> Indicator:
    return indicator(name=name, reading_type="", formula=Formula("derived", expression=parse(text)), **changed)


def part(name: str, number: float | None, **changed: Any) -> KpiValue:
    facts = {"value": number, "numerator": None, "denominator": None, "sample_size": 7, **changed}
    made = value(0, 1, 1, **facts)
    return structs.replace(made, key=SeriesKey(b"", name, 1, made.key.subject, 0))


@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(0, 1000), st.integers(1, 1000))
def test_ratios_are_multiplied_as_fractions(passed: int, of: int, reworked: int, among: int) -> None:
    first = part("a", passed / of, numerator=float(passed), denominator=float(of))
    second = part("b", reworked / among, numerator=float(reworked), denominator=float(among))
    found = figure(derived("a * b"), {"b": second, "a": first})
    assert found.value == float(Fraction(passed, of) * Fraction(reworked, among))
    assert (found.judgement, found.is_final) == ("judged", True)


def test_the_score_of_the_handbook() -> None:
    weights = {"politeness": Decimal("0.5"), "speed": Decimal("0.3"), "accuracy": Decimal("0.2")}
    formula = Formula("weighted_score", expression=weighted_sum(weights), weights=weights)
    parts = {name: part(name, score) for name, score in zip(weights, (4.0, 5.0, 3.0), strict=True)}
    assert figure(indicator(formula=formula), parts).value == 4.1


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"a": part("a", 2.0)}, (None, "insufficient", False)),
        ({"a": part("a", 2.0), "b": part("b", None)}, (None, "insufficient", True)),
        ({"a": part("a", 2.0), "b": part("b", 0.0)}, (None, "insufficient", True)),
        ({"a": part("a", 2.0), "b": part("b", 4.0)}, (0.5, "judged", True)),
        ({"a": part("a", 2.0, judgement="insufficient"), "b": part("b", 4.0)}, (0.5, "insufficient", True)),
        ({"a": part("a", 2.0, sample_size=4), "b": part("b", 4.0)}, (0.5, "insufficient", True)),
        ({"a": part("a", 1e300), "b": part("b", 1e-300)}, (None, "insufficient", True)),
    ],
)
def test_a_value_needs_every_part(parts: dict[str, KpiValue], expected: tuple[float | None, str, bool]) -> None:
    found = figure(derived("a / b", minimum_sample=5), parts)
    assert (found.value, found.judgement, found.is_final) == expected


def test_only_final_values_have_windows_derived() -> None:
    above = derived("a + b", by=("line",))
    known = [indicator(name="a"), indicator(name="b"), indicator(name="c"), above]
    catalogue = make_catalogue(revision=1, indicators=known, calendars={"default": DEFAULT_CALENDAR}, rules=[])
    values = [part("a", 1.0), part("b", 1.0), part("c", 1.0), part("a", 1.0, status="provisional")]
    windows = windows_to_derive(values, catalogue)
    assert windows.height == 1
    assert windows["indicator"].to_list() == ["derived"]
    assert windows_to_derive([values[2], values[3]], catalogue).is_empty()


def test_dependents_come_after_what_they_rest_on() -> None:
    known = {
        one.name: one for one in (indicator(name="a"), derived("a * 2", "d"), derived("d + a", "c"), derived("c", "b"))
    }
    assert dependents("a", known) == ["d", "c", "b"]
    assert dependents("c", known) == ["b"]
    assert dependents("b", known) == []


def test_a_cycle_is_refused_however_long() -> None:
    known = {one.name: one for one in (indicator(name="a"), derived("a * 2", "d"), derived("d + a", "c"))}
    [problem] = derivation_problems(derived("c / 2", "a"), known)
    assert problem.pointer == "/formula/expression"
    assert derivation_problems(derived("d / 2", "c"), known) == []
