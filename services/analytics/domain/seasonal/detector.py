"""Judges a series point by point, each by what came before it."""

from math import isfinite
from typing import Final

from services.analytics.domain.seasonal.configuration import Seasonal
from services.analytics.domain.seasonal.departures import STILL_LEARNING, Rarest
from services.analytics.domain.seasonal.judgement import SURPRISING, Judgement, Reason
from services.analytics.domain.seasonal.point import Observation, Point
from services.analytics.domain.seasonal.restraint import Restraint
from services.analytics.domain.seasonal.season import HOURS_OF_DAY, HOURS_OF_WEEK
from services.analytics.domain.seasonal.state import SeasonalState

_LARGEST: Final = 1e100  # of a value or a time; the squares of what is larger would be infinite


def judge(state: SeasonalState, observation: Observation, seasonal: Seasonal) -> Judgement:
    """Judge the next point, then take it into the state; constant time, and no numbers make it raise.

    The state is of this series alone. It is changed in place, unless the point is refused.
    """
    refusal = _refusal(state, observation)
    if refusal is not None:
        return Judgement(None, None, 0.0, 0.0, 1.0, False, refusal)
    point = _take(state, observation)
    expectation, departures = state.expectation, state.departures
    expected = expectation.expect(point, seasonal)
    measured = departures.measure(point, expected, expectation.smallest_spread(seasonal), gap_steps=seasonal.gap_steps)
    scaled = departures.scale(measured, seasonal.smoothed_points)
    rarest = departures.rarest(scaled, seasonal) if state.points > seasonal.learning_points else STILL_LEARNING
    score, reason = _decide(state.restraint, point, rarest, seasonal=seasonal)
    departures.learn(point, measured, scaled, expected=expected, seasonal=seasonal)
    expectation.learn(point, expected, seasonal)
    return Judgement(
        expected.value,
        measured.usual,
        rarest.departure,
        score,
        tail_probability=10.0**-rarest.rarity,
        surprising=reason in SURPRISING,
        reason=reason,
    )


def _refusal(state: SeasonalState, observation: Observation) -> Reason | None:
    time, value = observation.time, observation.value
    if value is None:
        return Reason.VALUE_MISSING
    if not isfinite(value):
        return Reason.VALUE_NOT_FINITE
    if abs(value) > _LARGEST:
        return Reason.VALUE_OUT_OF_RANGE
    if not abs(time) <= _LARGEST:
        return Reason.TIME_NOT_FINITE
    if not 0.0 <= observation.hour_of_week < HOURS_OF_WEEK:
        return Reason.HOUR_OUT_OF_RANGE
    if state.points and time <= state.last_time:
        return Reason.TIME_NOT_AFTER_LAST
    return None


def _take(state: SeasonalState, observation: Observation) -> Point:
    """Count the point; the first one is what the averages begin with."""
    time, hour_of_week, value = observation.time, observation.hour_of_week, float(observation.value or 0.0)
    since_last = time - state.last_time if state.points else 0.0
    if not state.points:
        state.expectation.begin(value)
        state.departures.begin(value)
    state.points += 1.0
    state.last_time = float(time)
    hour_of_day = hour_of_week % HOURS_OF_DAY
    return Point(value, since_last, hour_of_week, hour_of_day, int(hour_of_day))


def _decide(restraint: Restraint, point: Point, rarest: Rarest, *, seasonal: Seasonal) -> tuple[float, Reason]:
    """The score, and the reason: the kind of departure where it is surprising."""
    restraint.pass_point(point, seasonal)
    if rarest is STILL_LEARNING:
        return 0.0, Reason.LEARNING
    lowered = restraint.lowered(rarest.rarity, point)
    surprising = lowered >= seasonal.surprising_from
    if restraint.is_told(lowered, seasonal):
        return 0.0, Reason.SAME_EPISODE if surprising else Reason.AS_EXPECTED
    score = lowered / seasonal.largest_rarity if lowered > 0.0 else 0.0
    if surprising:
        restraint.note(lowered, point, seasonal)
        return score, rarest.kind
    return score, Reason.HAPPENS_OFTEN if rarest.rarity >= seasonal.surprising_from else Reason.AS_EXPECTED
