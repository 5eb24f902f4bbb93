"""What holds for the seasonal detector whatever numbers it is given."""

from itertools import accumulate, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.analytics.domain.seasonal.detector import judge
from services.analytics.domain.seasonal.judgement import REFUSED, SURPRISING, Judgement, Reason
from services.analytics.domain.seasonal.point import Observation
from services.analytics.domain.seasonal.state import SeasonalState
from tests.unit.analytics.seasonal.series import HOUR, MONDAY, SEASONAL, judged

Series = list[Observation]


def _observed(steps: list[float], values: list[float | None]) -> Series:
    times = accumulate(steps, initial=0.0)
    return [
        Observation(MONDAY + time, (time / HOUR) % 168.0, value) for time, value in zip(times, values, strict=False)
    ]


@st.composite
def _series(draw: st.DrawFn, values: st.SearchStrategy[float | None]) -> Series:
    """Few distinct values repeated over some hundred points, so that the detector has learned before the last of them."""
    few = draw(st.lists(values, min_size=1, max_size=12))
    order = draw(st.lists(st.integers(0, len(few) - 1), min_size=1, max_size=40))
    repeats = draw(st.integers(1, 12))
    steps = draw(st.lists(st.sampled_from([300.0, HOUR, 7 * HOUR, 0.0, -HOUR]), min_size=1, max_size=3))
    count = len(order) * repeats
    return _observed(
        (steps * count)[:count] if draw(st.booleans()) else [HOUR] * count, [few[i] for i in order] * repeats
    )


ANY = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, 1.0, -1.0, 1e-320, 1e99, -1e99]))
ORDINARY = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


@given(_series(ANY))
@settings(max_examples=60)
def test_nothing_makes_it_raise_and_every_score_is_between_0_and_1(series: Series) -> None:
    for judgement in judged(series):
        assert 0.0 <= judgement.score <= 1.0
        assert 1e-6 <= judgement.tail_probability <= 1.0
        assert judgement.surprising == (judgement.reason in SURPRISING) == (judgement.score >= 0.5)
        assert (judgement.expected is None) == (judgement.spread is None) == (judgement.reason in REFUSED)


@given(_series(ANY), st.data())
@settings(max_examples=40)
def test_in_portions_with_the_state_stored_between_it_judges_as_at_once(series: Series, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(series)), max_size=4)))
    state, judgements = SeasonalState(), list[Judgement]()
    for first, last in pairwise([0, *cuts, len(series)]):
        judgements += judged(series[first:last], state)
        state = SeasonalState.unpacked(state.packed())
    assert judgements == judged(series)


@given(_series(ORDINARY), st.integers(-20, 20))
@settings(max_examples=40)
def test_another_unit_changes_no_score(series: Series, power: int) -> None:
    """Times a power of two, which loses no digit."""
    other = [replace(one, value=(one.value or 0.0) * 2.0**power) for one in series]
    assert [(one.score, one.reason, one.departure) for one in judged(other)] == [
        (one.score, one.reason, one.departure) for one in judged(series)
    ]


@given(_series(ORDINARY))
@settings(max_examples=40)
def test_upside_down_the_same_is_found_in_the_other_direction(series: Series) -> None:
    upside_down = [replace(one, value=-(one.value or 0.0)) for one in series]
    assert [(one.score, one.reason, -one.departure) for one in judged(upside_down)] == [
        (one.score, one.reason, one.departure) for one in judged(series)
    ]


@given(st.floats(-1e6, 1e6), st.integers(2, 400))
def test_a_constant_is_never_surprising(value: float, points: int) -> None:
    reasons = {one.reason for one in judged(_observed([HOUR] * (points - 1), [value] * points))}
    assert reasons <= {Reason.LEARNING, Reason.AS_EXPECTED}


@given(_series(ORDINARY), ANY)
@settings(max_examples=40)
def test_what_comes_later_changes_no_judgement(series: Series, later: float | None) -> None:
    state = SeasonalState()
    judgements = [judge(state, observation, SEASONAL) for observation in series]
    last = max(one.time for one in series)
    assert judged([*series, Observation(last + HOUR, 0.0, later)])[:-1] == judgements
