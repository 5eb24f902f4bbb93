"""Significant misses: exact one-sided bounds, against chances added up one by one."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.finding import Comparator, Scene
from services.analytics.domain.indicator import Formula
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.reason import reason
from services.analytics.domain.rules.target import Target
from shared.calendars.calendar import DEFAULT_CALENDAR
from tests.unit.analytics.examples import found, indicator, rule, value

COUNT = indicator(formula=Formula("count"), direction="lower_is_better")


def is_found(target: Target, one: KpiValue, kind: str = "ratio") -> bool | None:
    """None for a value that the rule cannot judge."""
    scene = Scene(indicator() if kind == "ratio" else COUNT, DEFAULT_CALENDAR)
    [finding] = target.findings([one], scene)
    return None if finding is None else finding.side is not None


# passed, of, confidence → found; by Clopper and Pearson: 18 of 20 lies below 98.2 %, 17 of 20 below 95.8 %, 16 of 20 below 92.9 %
SHARES = [
    (17, 20, 0.95, False),
    (16, 20, 0.95, True),
    (943, 1000, 0.95, False),
    (935, 1000, 0.95, True),
    (0, 1, 0.9, True),
]


@pytest.mark.parametrize(("passed", "of", "confidence", "wanted"), SHARES)
def test_small_samples_do_not_cry_wolf(passed: int, of: int, confidence: float, *, wanted: bool) -> None:
    assert is_found(Target(">=", Decimal("0.95"), confidence), value(0, passed, of)) is wanted


@settings(deadline=None)
@given(st.integers(1, 60), st.data())
def test_shares_are_judged_by_the_exact_binomial_chance(of: int, data: st.DataObject) -> None:
    passed = data.draw(st.integers(0, of))
    comparator: Comparator = data.draw(st.sampled_from([">=", "<="]))
    target = Fraction(9, 10)
    counts = range(passed + 1) if comparator == ">=" else range(passed, of + 1)
    chance = sum(math.comb(of, k) * target**k * (1 - target) ** (of - k) for k in counts)
    missed = Fraction(passed, of) < target if comparator == ">=" else Fraction(passed, of) > target
    if abs(float(chance) - 0.05) > 1e-9:
        wanted = missed and chance < Fraction(1, 20)
        assert is_found(Target(comparator, Decimal("0.9"), 0.95), value(0, passed, of)) is wanted


@settings(deadline=None)
@given(st.integers(0, 40))
def test_counts_are_judged_by_the_exact_poisson_chance(events: int) -> None:
    counted = value(0, 1, value=float(events), numerator=float(events), denominator=None)
    fewer = sum(math.exp(-8) * 8**k / math.factorial(k) for k in range(events))
    assert is_found(Target("<=", Decimal(8), 0.95), counted, "count") is (events > 8 and 1 - fewer < 0.05)


def test_more_events_than_units_are_events_too() -> None:
    target = Target("<=", Decimal("1.5"), 0.95)
    assert is_found(target, value(0, 19, 10)) is False  # 15 expected: 19 or more come with a chance of 18 %
    assert is_found(target, value(0, 25, 10)) is True


def test_sums_that_are_not_whole_cannot_be_judged() -> None:
    assert is_found(Target(">=", Decimal("0.95"), 0.95), value(0, 10.5, 100)) is None


def test_the_sentence_says_so() -> None:
    judged = rule(confidence=0.95)
    [episode] = found(judged, [value(0, 900)])
    scene = Scene(indicator(), DEFAULT_CALENDAR)
    assert reason(episode, rule=judged, scene=scene, subject={}, language="en") == (
        "First-pass yield was below 95 % significantly in one week: 90 % (900 of 1000) in the week of 2024-01-01; "
        "target ≥ 95 %, with 95 % confidence"
    )
