"""What is usual at an hour, and what a detector may not be set to."""

import math
from dataclasses import fields, replace

import pytest

from services.analytics.domain.seasonal.configuration import Seasonal
from services.analytics.domain.seasonal.season import HOURS_OF_DAY, HourlyMeans
from tests.unit.analytics.seasonal.series import SEASONAL


def _means(*, hour_3: float, hour_4: float) -> HourlyMeans:
    means = HourlyMeans.over(HOURS_OF_DAY)
    for _ in range(3):
        for place in (0.25, 0.75):
            means.learn(3.0 + place, hour_3, 60.0)
            means.learn(4.0 + place, hour_4, 60.0)
    return means


def test_between_two_hours_lies_what_is_between() -> None:
    means = _means(hour_3=10.0, hour_4=20.0)
    found = [means.expected(hour, 6.0) for hour in (3.5, 3.75, 4.0, 4.25, 4.5)]
    assert found == pytest.approx([10.0, 12.5, 15.0, 17.5, 20.0])


@pytest.mark.parametrize("place", [0.0, 0.5, 0.75])
def test_values_that_always_come_at_the_same_place_of_the_hour_are_expected_there(place: float) -> None:
    """Windows of an hour begin on the hour: what is between the middles of two hours would be late by half an hour."""
    means = HourlyMeans.over(HOURS_OF_DAY)
    for hour in range(24):
        means.learn(hour + place, float(hour), 60.0)
    assert [means.expected(hour + place, 1.0) for hour in range(24)] == [float(hour) for hour in range(24)]


def test_an_hour_that_was_met_too_seldom_says_nothing_and_its_neighbour_stands_alone() -> None:
    means = _means(hour_3=10.0, hour_4=20.0)
    assert means.expected(2.9, 3.0) is None
    assert means.expected(3.1, 3.0) == 10.0
    assert means.expected(3.1, 7.0) is None


def test_the_last_hour_borders_on_the_first() -> None:
    means = HourlyMeans.over(HOURS_OF_DAY)
    means.learn(23.5, 8.0, 60.0)
    means.learn(0.5, 4.0, 60.0)
    assert means.expected(23.75, 1.0) == 7.0
    assert means.expected(0.25, 1.0) == 5.0


def test_a_mean_forgets_what_is_long_ago() -> None:
    means = HourlyMeans.over(HOURS_OF_DAY)
    for value in [0.0] * 5 + [10.0] * 100:
        means.learn(6.0, value, 5.0)
    assert means.expected(6.5, 1.0) == pytest.approx(10.0)


@pytest.mark.parametrize("name", [one.name for one in fields(Seasonal) if one.name != "tail"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_each_number_must_be_above_0_and_finite(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*; write a number"):
        replace(SEASONAL, **{name: value})  # type: ignore[arg-type]


def test_a_memory_of_less_than_a_point_is_refused() -> None:
    with pytest.raises(ValueError, match=r"habit_points is 0\.5; write a number of points, at least 1"):
        Seasonal(habit_points=0.5)


def test_habits_must_fade_and_something_must_be_surprising() -> None:
    with pytest.raises(ValueError, match="hour_habit_kept"):
        Seasonal(hour_habit_kept=1.0)
    with pytest.raises(ValueError, match="surprising_from"):
        Seasonal(surprising_from=7.0)
