"""Episodes and habits by themselves."""

import pytest

from services.analytics.domain.seasonal.point import Point
from services.analytics.domain.seasonal.restraint import Restraint
from tests.unit.analytics.seasonal.series import HOUR, SEASONAL


def _at(hour: int, *, since_last: float = HOUR) -> Point:
    return Point(0.0, since_last, hour + 0.25, hour + 0.25, hour)


def _after(episodes: int) -> Restraint:
    restraint = Restraint()
    for _ in range(episodes):
        restraint.noted_ago = SEASONAL.rest_points
        restraint.note(4.0, _at(3), SEASONAL)
    return restraint


def test_after_n_episodes_the_next_counts_one_in_n_plus_1_and_at_their_hour_far_less() -> None:
    restraint = _after(9)
    assert restraint.lowered(4.0, _at(15)) == pytest.approx(3.0)
    assert restraint.lowered(4.0, _at(3)) == pytest.approx(1.0)


def test_a_quarter_past_the_hour_is_judged_by_the_hour_before_too() -> None:
    restraint = _after(9)
    assert restraint.lowered(4.0, _at(4)) == restraint.lowered(4.0, _at(3))
    assert restraint.lowered(4.0, _at(2)) == restraint.lowered(4.0, _at(15))


@pytest.mark.parametrize("hours", [range(24), (3,)], ids=["hourly", "daily"])
def test_the_habits_of_an_hour_fade_by_the_day(hours: range | tuple[int, ...]) -> None:
    restraint = _after(9)
    for _ in range(10):
        for hour in hours:
            restraint.pass_point(_at(hour, since_last=24 * HOUR / len(hours)), SEASONAL)
    assert restraint.habit_at(3) == pytest.approx(9 * SEASONAL.hour_habit_kept**10)


def test_an_episode_is_longer_by_each_point_and_counts_once() -> None:
    restraint = Restraint()
    for _ in range(5):
        restraint.pass_point(_at(3, since_last=300.0), SEASONAL)
        restraint.note(4.0, _at(3, since_last=300.0), SEASONAL)
    assert restraint.habit_at(3) == 1.0
    assert restraint.is_told(5.0, SEASONAL)
    assert not restraint.is_told(5.1, SEASONAL)
    for _ in range(int(SEASONAL.rest_points)):
        restraint.pass_point(_at(3, since_last=300.0), SEASONAL)
    assert not restraint.is_told(3.0, SEASONAL)
