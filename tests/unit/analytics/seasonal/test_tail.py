"""Learned tails against the distributions that the departures were drawn from."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.seasonal.configuration import Seasonal
from services.analytics.domain.seasonal.tail import TailForm, Tails
from tests.unit.analytics.seasonal.series import Noise

FORM = Seasonal().tail


def _learned(draw: Noise, points: int) -> Tails:
    chance, tails = random.Random(7), Tails()
    for _ in range(points):
        tails.learn(draw(chance), FORM)
    return tails


@pytest.mark.parametrize(
    ("draw", "quantile"),
    [
        (lambda chance: chance.expovariate(1.0) * chance.choice((-1, 1)), lambda tail: -math.log(2.0 * tail)),
        (
            lambda chance: (chance.paretovariate(4.0) - 1.0) * chance.choice((-1, 1)),
            lambda tail: (2.0 * tail) ** -0.25 - 1.0,
        ),
    ],
    ids=["exponential", "Pareto"],
)
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_once_in_a_thousand_is_told_from_the_points_alone(draw: Noise, quantile: Noise, side: float) -> None:
    tails = _learned(draw, 20_000)
    assert tails.rarity(side * quantile(1e-3), FORM) == pytest.approx(3.0, abs=0.35)  # type: ignore[arg-type]
    assert tails.rarity(side * quantile(1e-2), FORM) == pytest.approx(2.0, abs=0.35)  # type: ignore[arg-type]


def test_a_tail_that_ends_is_taken_for_an_exponential_one_and_nothing_in_it_is_surprising() -> None:
    tails = _learned(lambda chance: chance.uniform(-1.0, 1.0), 20_000)
    assert 2.0 < tails.rarity(0.998, FORM) < 3.0
    assert tails.rarity(2.0, FORM) > 6.0


def test_each_side_has_its_own_tail() -> None:
    tails = _learned(lambda chance: chance.expovariate(1.0) if chance.random() < 0.5 else -0.1 * chance.random(), 5000)
    assert tails.rarity(-1.0, FORM) > 4.0
    assert tails.rarity(1.0, FORM) < 1.5


@given(
    st.lists(st.floats(-100.0, 100.0), max_size=200),
    st.tuples(st.floats(0.0, 100.0), st.floats(0.0, 100.0)).map(sorted),
    st.sampled_from([1.0, -1.0]),
)
def test_a_larger_departure_is_never_less_rare(learned: list[float], two: list[float], side: float) -> None:
    tails = Tails()
    for departure in learned:
        tails.learn(departure, FORM)
    smaller, larger = (tails.rarity(side * departure, FORM) for departure in two)
    assert 0.0 <= smaller <= larger


@pytest.mark.parametrize(
    ("share", "memory", "heaviest", "named"),
    [
        (0.0, 100.0, 0.5, "share"),
        (1.0, 100.0, 0.5, "share"),
        (0.1, 0.5, 0.5, "memory"),
        (0.1, math.nan, 0.5, "memory"),
        (0.1, 100.0, 1.0, "heaviest"),
    ],
)
def test_a_form_that_cannot_be_is_refused_by_field(share: float, memory: float, heaviest: float, named: str) -> None:
    with pytest.raises(ValueError, match=f"{named} is .*; write"):
        TailForm(share=share, memory=memory, heaviest=heaviest)
