"""Comparing values with targets: exactly, as people compute."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.finding import Comparator
from services.analytics.domain.rules.target import Target, is_met
from shared.calendars.windows import Window
from tests.unit.analytics.examples import rule, value, week

EXAMPLES: list[tuple[float, float, Comparator, str, bool]] = [
    (980, 1000, ">=", "0.98", True),  # mission.md W1
    (979, 1000, ">=", "0.98", False),
    (40, 40, ">=", "1.0", True),  # W2
    (39, 40, ">=", "1.0", False),
    (950, 1000, ">=", "0.95", True),  # W5: equality does not count as below
    (949, 1000, ">=", "0.95", False),
    (950, 1000, ">", "0.95", False),
    (15, 1000, "<=", "0.015", True),
    (16, 1000, "<=", "0.015", False),
    (15, 1000, "<", "0.015", False),
    (1, 3, ">=", "0.3333333333333333", True),  # a third is more than these sixteen digits
]


@pytest.mark.parametrize(("passed", "of", "comparator", "target", "met"), EXAMPLES)
def test_ratios_of_whole_numbers_are_compared_as_fractions(
    passed: float, of: float, comparator: Comparator, target: str, *, met: bool
) -> None:
    assert is_met(Target(comparator, Decimal(target)), value(0, passed, of)) is met


SUMS: list[tuple[float, Comparator, str, bool]] = [
    (0.97 - 0.92, "<=", "0.05", True),
    (0.97 - 0.92, ">=", "0.05", True),
    (0.1 + 0.2, "<=", "0.3", True),
    (0.05, "<=", "0.05", True),
    (0.0500001, "<=", "0.05", False),
    (2.0, "<=", "2", True),
    (2.0000001, "<=", "2", False),
]


@pytest.mark.parametrize(("number", "comparator", "target", "met"), SUMS)
def test_a_number_is_not_beside_its_target_because_of_how_it_was_added_up(
    number: float, comparator: Comparator, target: str, *, met: bool
) -> None:
    summed = value(0, 1, value=number, numerator=number, denominator=None)
    assert is_met(Target(comparator, Decimal(target)), summed) is met


@settings(deadline=None)
@given(
    passed=st.integers(0, 10**12), of=st.integers(1, 10**12), digits=st.integers(0, 12), units=st.integers(0, 10**12)
)
def test_every_ratio_of_whole_numbers_is_compared_exactly(passed: int, of: int, digits: int, units: int) -> None:
    target = Decimal(units).scaleb(-digits)
    expected = Fraction(passed, of) >= Fraction(units, 10**digits)
    assert is_met(Target(">=", target), value(0, passed, of)) is expected


def test_a_rule_covers_subjects_with_its_values_and_windows_that_begin_in_its_period() -> None:
    judged = rule(subject={"line": "A"}, period=Window(week(1).start, week(2).start))
    assert judged.covers({"line": "A", "product": "pump"})
    assert not judged.covers({"line": "B"})
    assert [judged.covers_window(value(number, 1)) for number in range(3)] == [False, True, False]
