"""What the seasonal detector finds, and what it leaves alone, on seeded series."""

import math
import random

import pytest
from msgspec.structs import replace

from services.analytics.domain.seasonal.judgement import REFUSED, SURPRISING, Judgement, Reason
from services.analytics.domain.seasonal.point import Observation
from services.analytics.domain.seasonal.state import SeasonalState
from tests.unit.analytics.seasonal.series import (
    HOUR,
    MONDAY,
    Noise,
    daily,
    judged,
    noise,
    observe,
    poisson,
    surprises,
    weekly,
    with_season,
)

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spike_is_surprising_at_once(seed: int) -> None:
    values = with_season(daily, 4, seed=seed)
    values[500] += 60.0
    assert judged(observe(values))[500].reason in SURPRISING


def test_small_departures_that_last_are_found() -> None:
    """Two standard deviations of the noise, for a day; in most of the series, since nothing is certain there."""
    found = 0
    for seed in range(10):
        values = noise(1200, lambda chance: 10.0 + chance.gauss(0.0, 1.0), seed=seed)
        values[900:924] = [value + 2.0 for value in values[900:924]]
        found += any(900 <= index < 924 for index in surprises(judged(observe(values))))
    assert found >= 7


@pytest.mark.parametrize("seed", SEEDS)
def test_an_ordinary_value_at_the_wrong_hour_is_surprising(seed: int) -> None:
    values = with_season(daily, 4, seed=seed)
    midnight = 21 * 24
    values[midnight : midnight + 3] = [180.0, 180.0, 180.0]
    assert set(range(midnight, midnight + 3)) & set(surprises(judged(observe(values))))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_day_that_stays_flat_is_surprising_before_it_ends(seed: int) -> None:
    values = with_season(daily, 4, seed=seed)
    start = 22 * 24
    values[start : start + 24] = [daily(0.0)] * 24
    assert set(range(start, start + 24)) & set(surprises(judged(observe(values))))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_working_day_on_a_sunday_is_surprising(seed: int) -> None:
    values = with_season(weekly, 8, seed=seed)
    sunday = 6 * 168 + 6 * 24
    values[sunday : sunday + 24] = [daily(float(hour)) for hour in range(24)]
    assert set(range(sunday, sunday + 24)) & set(surprises(judged(observe(values))))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_new_level_is_told_and_then_becomes_what_is_expected(seed: int) -> None:
    values = with_season(daily, 12, seed=seed)
    shift = 5 * 168
    values[shift:] = [value + 80.0 for value in values[shift:]]
    judgements = judged(observe(values))
    told = surprises(judgements)
    assert any(shift <= index < shift + 24 for index in told)
    assert [index for index in told if index >= shift + 4 * 168] == []
    last = judgements[-1].expected
    assert last is not None
    assert abs(last - values[-1]) < 40.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_drift_is_followed(seed: int) -> None:
    values = [value + 0.02 * hour for hour, value in enumerate(with_season(daily, 12, seed=seed))]
    assert len(surprises(judged(observe(values)))) <= 4


@pytest.mark.parametrize("seed", SEEDS)
def test_what_happens_each_day_at_the_same_hour_stops_being_told(seed: int) -> None:
    values = noise(60 * 24, lambda chance: 10.0 + chance.gauss(0.0, 1.0), seed=seed)
    for day in range(7, 60):
        values[day * 24 + 3] += 30.0
    judgements = judged(observe(values))
    assert judgements[7 * 24 + 3].surprising
    assert [index for index in surprises(judgements) if index >= 14 * 24 and index % 24 == 3] == []
    assert judgements[59 * 24 + 3].reason in {Reason.HAPPENS_OFTEN, Reason.SAME_EPISODE, Reason.AS_EXPECTED}


def test_an_episode_is_told_once_unless_it_becomes_worse() -> None:
    values = noise(900, lambda chance: 10.0 + chance.gauss(0.0, 1.0), seed=1)
    values[600], values[603], values[606] = 13.8, 13.8, 20.0
    judgements = judged(observe(values))
    assert judgements[600].surprising
    assert judgements[603].reason is Reason.SAME_EPISODE
    assert judgements[603].score == 0.0
    assert judgements[603].tail_probability < 0.001
    assert judgements[606].surprising


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_departure_says_in_which_direction(sign: float) -> None:
    values = noise(600, lambda chance: 10.0 + chance.gauss(0.0, 1.0), seed=1)
    values[500] += sign * 8.0
    judgement = judged(observe(values))[500]
    assert judgement.surprising
    assert judgement.departure * sign > 5.0
    assert judgement.spread == pytest.approx(0.8, abs=0.15)


QUIET: dict[str, Noise] = {
    "normal": lambda chance: 10.0 + chance.gauss(0.0, 1.0),
    "uniform": lambda chance: chance.random(),
    "exponential": lambda chance: chance.expovariate(1.0),
    "log-normal": lambda chance: math.exp(0.7 * chance.gauss(0.0, 1.0)),
    "few counts": poisson(0.5),
    "counts": poisson(20.0),
    "ratio of fifty": lambda chance: sum(chance.random() < 0.95 for _ in range(50)) / 50.0,
    "heavy tails": lambda chance: chance.gauss(0.0, 1.0) / math.sqrt(chance.gammavariate(2.0, 0.5)),
}


@pytest.mark.parametrize("name", QUIET)
def test_quiet_series_are_rarely_disturbed_whatever_they_count(name: str) -> None:
    """2 in 1000 at the most, on series of 4,000 points; the figures of `benchmarks/seasonal` are per cent of that."""
    alarms = [len(surprises(judged(observe(noise(4000, QUIET[name], seed=seed), every=300.0)))) for seed in range(2)]
    assert sum(alarms) <= 16


@pytest.mark.parametrize("every", [300.0, HOUR])
def test_seasons_alone_are_rarely_surprising(every: float) -> None:
    chance = random.Random(3)
    values = [weekly((i * every / HOUR) % 168.0) + chance.gauss(0.0, 4.0) for i in range(4000)]
    assert len(surprises(judged(observe(values, every=every)))) <= 8


def test_a_constant_is_as_expected_and_its_end_is_surprising() -> None:
    judgements = judged(observe([7.0] * 500 + [8.0]))
    assert {judgement.reason for judgement in judgements[100:-1]} == {Reason.AS_EXPECTED}
    assert judgements[-1].surprising


def test_the_first_points_are_learned_from() -> None:
    judgements = judged(observe(noise(101, lambda chance: chance.gauss(0.0, 1.0), seed=2)))
    assert {judgement.reason for judgement in judgements[:100]} == {Reason.LEARNING}
    assert judgements[100].reason is not Reason.LEARNING
    assert judgements[0].expected == pytest.approx(
        observe(noise(1, lambda chance: chance.gauss(0.0, 1.0), seed=2))[0].value
    )


def test_what_is_expected_follows_the_hour_of_the_week() -> None:
    judgements = judged(observe(with_season(weekly, 10, seed=4)))
    for hour in range(9 * 168, 10 * 168):
        expected = judgements[hour].expected
        assert expected is not None
        assert abs(expected - weekly(float(hour))) < 8.0


def test_after_a_gap_the_last_value_is_no_measure() -> None:
    """A walk that goes on unseen for a day is elsewhere afterwards; without the gap the same step is a sudden change."""
    chance = random.Random(5)
    values = [0.0]
    for _ in range(800):
        values.append(values[-1] + chance.gauss(0.0, 1.0))
    values[800] = values[799] + 22.0
    observations = observe(values, every=300.0)
    last = observations[800]
    assert judged(observations)[800].reason is Reason.SUDDEN_CHANGE
    late = replace(last, time=last.time + 24 * HOUR)
    assert judged([*observations[:800], late])[800].reason is not Reason.SUDDEN_CHANGE


def test_a_repeated_time_is_refused_and_the_next_point_judged_as_if_it_had_not_been() -> None:
    observations = observe(with_season(daily, 4, seed=6))
    twice = [*observations[:300], replace(observations[299], value=1e6), *observations[300:]]
    judgements = judged(twice)
    assert judgements[300].reason is Reason.TIME_NOT_AFTER_LAST
    assert judgements[:300] + judgements[301:] == judged(observations)


@pytest.mark.parametrize(
    ("observation", "reason"),
    [
        (Observation(MONDAY + HOUR, 1.0, None), Reason.VALUE_MISSING),
        (Observation(MONDAY + HOUR, 1.0, math.nan), Reason.VALUE_NOT_FINITE),
        (Observation(MONDAY + HOUR, 1.0, -math.inf), Reason.VALUE_NOT_FINITE),
        (Observation(MONDAY + HOUR, 1.0, 1e200), Reason.VALUE_OUT_OF_RANGE),
        (Observation(math.nan, 1.0, 5.0), Reason.TIME_NOT_FINITE),
        (Observation(MONDAY, 0.0, 5.0), Reason.TIME_NOT_AFTER_LAST),
        (Observation(MONDAY - HOUR, 167.0, 5.0), Reason.TIME_NOT_AFTER_LAST),
        (Observation(MONDAY + HOUR, 168.0, 5.0), Reason.HOUR_OUT_OF_RANGE),
        (Observation(MONDAY + HOUR, math.nan, 5.0), Reason.HOUR_OUT_OF_RANGE),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_reason_and_changes_nothing(
    observation: Observation, reason: Reason
) -> None:
    state = SeasonalState()
    judged([Observation(MONDAY, 0.0, 5.0)], state)
    before = state.packed()
    (judgement,) = judged([observation], state)
    assert judgement.reason is reason
    assert reason in REFUSED
    assert judgement == Judgement(None, None, 0.0, 0.0, 1.0, False, reason)
    assert state.packed() == before
