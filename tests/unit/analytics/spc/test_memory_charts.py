"""CUSUM and EWMA: point by point equal to by columns, states that a store can keep, odd series."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.spc import cusum, ewma
from services.analytics.domain.spc.cusum import Cusum, CusumSeries, CusumSide, CusumSignal, CusumState
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.ewma import Ewma, EwmaState
from services.analytics.domain.spc.judging import Signal

EIGHTHS = st.integers(-40, 40).map(lambda number: number / 8)
"""Sums of these carry no rounding, so that both ways must agree exactly."""
SIDES = st.builds(
    CusumSide,
    reference=st.integers(-8, 8).map(lambda number: number / 8),
    decision=st.integers(9, 40).map(lambda number: number / 8),
    head_start=st.integers(0, 8).map(lambda number: number / 8),
    inclusive=st.booleans(),
)
SCHEMES = st.one_of(
    st.builds(Cusum, SIDES, SIDES), st.builds(Cusum, SIDES, st.none()), st.builds(Cusum, st.none(), SIDES)
)
AVERAGES = st.builds(
    Ewma,
    weight=st.sampled_from([0.03, 0.2, 0.5, 1.0]),
    multiple=st.sampled_from([1.5, 2.7]),
    steady=st.booleans(),
    head_start=st.sampled_from([0.0, 0.4]),
    side=st.sampled_from(["both", "above", "below"]),
)


def summed(design: Cusum, values: list[float], stop: int = -1) -> CusumSeries:
    """By `step`, with the state sent through a store at one point."""
    state = cusum.start(design)
    above, below, signals = [], [], list[CusumSignal]()
    for place, value in enumerate(values):
        if place == stop:
            state = msgspec.json.decode(msgspec.json.encode(state), type=CusumState)
        state, found = cusum.step(design, state, value)
        above.append(state.above.total)
        below.append(state.below.total)
        signals.extend(found)
    return CusumSeries(np.array(above), np.array(below), tuple(signals))


@settings(deadline=None)
@given(design=SCHEMES, values=st.lists(EIGHTHS, max_size=80), stop=st.integers(0, 80))
def test_sums_agree_point_by_point(design: Cusum, values: list[float], stop: int) -> None:
    one_by_one, at_once = summed(design, values, stop), cusum.run(design, values)
    assert one_by_one.signals == at_once.signals
    assert np.array_equal(one_by_one.above, at_once.above)
    assert np.array_equal(one_by_one.below, at_once.below)


def test_sums_agree_over_a_long_series() -> None:
    values = np.random.default_rng(5).normal(0, 1, 20_000)
    design = cusum.normal_cusum(k=0.3, h=4.0, head_start=2.0)
    one_by_one, at_once = summed(design, values.tolist()), cusum.run(design, values)
    assert np.allclose(one_by_one.above, at_once.above, rtol=0, atol=1e-9)
    assert [signal.at for signal in one_by_one.signals] == [signal.at for signal in at_once.signals]


def test_a_sum_on_its_decision_value_signals_only_where_lucas_says_so() -> None:
    for inclusive, signals in ((False, 0), (True, 1)):
        design = Cusum(CusumSide(1.0, 3.0, inclusive=inclusive), None)
        assert len(cusum.run(design, [2.0, 2.0, 2.0]).signals) == signals


def test_a_head_start_has_no_onset_of_its_own() -> None:
    [signal] = cusum.run(cusum.normal_cusum(k=0.5, h=4, head_start=2), [1.5, 2.0]).signals
    assert (signal.side, signal.at, signal.onset, signal.total) == ("above", 1, -1, 4.5)
    assert signal.level == 0.5 + 4.5 / 2


def averaged(design: Ewma, values: list[float], sigma: list[float], stop: int = -1) -> tuple[list[float], list[Signal]]:
    state = ewma.start(design)
    distances, signals = [], list[Signal]()
    for place, (value, spread) in enumerate(zip(values, sigma, strict=True)):
        if place == stop:
            state = msgspec.json.decode(msgspec.json.encode(state), type=EwmaState)
        state, found = ewma.step(design, state, value=value, centre=1.0, sigma=spread)
        distances.append(state.distance)
        signals.extend(found)
    return distances, signals


@settings(deadline=None)
@given(
    design=AVERAGES,
    points=st.lists(st.tuples(EIGHTHS, st.sampled_from([0.5, 1.0, 2.0])), max_size=80),
    stop=st.integers(0, 80),
)
def test_averages_agree_point_by_point(design: Ewma, points: list[tuple[float, float]], stop: int) -> None:
    values, sigma = [value for value, _ in points], [spread for _, spread in points]
    distances, signals = averaged(design, values, sigma, stop)
    drawn = ewma.panel(design, values, centre=1.0, sigma=sigma)
    assert np.allclose(drawn.plotted - 1.0, distances, rtol=0, atol=1e-12)
    assert tuple(signals) == ewma.signals(drawn)


def test_limits_grow_to_their_steady_width() -> None:
    drawn = ewma.panel(Ewma(0.1, 2.7), np.zeros(400), centre=0.0, sigma=1.0)
    assert math.isclose(drawn.upper[0], 0.27)
    assert math.isclose(drawn.upper[-1], 2.7 * math.sqrt(0.1 / 1.9))
    assert (np.diff(drawn.upper) >= 0).all()


def test_a_weight_of_one_is_a_shewhart_chart() -> None:
    drawn = ewma.panel(Ewma(1.0, 3.0), [0.0, 3.1, -2.9], centre=0.0, sigma=1.0)
    assert drawn.plotted.tolist() == [0.0, 3.1, -2.9]
    assert ewma.signals(drawn) == (Signal("EWMA", "above", (1,)),)


def test_a_series_that_never_moved() -> None:
    design = Ewma(0.2, 3.0)
    drawn = ewma.panel(design, [0.1] * 20, centre=0.1, sigma=0.0)
    assert ewma.signals(drawn) == ()
    assert averaged(design, [1.0] * 5, [0.0] * 5)[1] == []
    assert averaged(design, [1.5], [0.0])[1] == [Signal("EWMA", "above", (0,))]


def test_nothing_gives_nothing() -> None:
    assert ewma.signals(ewma.panel(Ewma(), [], centre=0.0, sigma=1.0)) == ()
    assert cusum.run(cusum.normal_cusum(), []).signals == ()


@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        (lambda: CusumSide(0.5, 0.0), "decision"),
        (lambda: CusumSide(0.5, 4.0, head_start=4.0), "head_start"),
        (lambda: CusumSide(math.nan, 4.0), "reference"),
        (lambda: cusum.normal_cusum(k=-1), "k"),
        (lambda: Cusum(None, None), "above"),
        (lambda: cusum.step(cusum.normal_cusum(), cusum.start(cusum.normal_cusum()), math.nan), "value"),
        (lambda: cusum.run(cusum.normal_cusum(), [0.0, math.inf]), "values/1"),
        (lambda: Ewma(weight=0.0), "weight"),
        (lambda: Ewma(weight=1.1), "weight"),
        (lambda: Ewma(multiple=-1), "multiple"),
        (lambda: ewma.panel(Ewma(), [0.0, math.nan], centre=0.0, sigma=1.0), "values/1"),
        (lambda: ewma.panel(Ewma(), [0.0, 1.0], centre=0.0, sigma=[1.0]), "sigma"),
        (lambda: ewma.panel(Ewma(), [0.0], centre=0.0, sigma=-1.0), "sigma"),
    ],
)
def test_what_cannot_be_summed_is_named(wrong: object, argument: str) -> None:
    assert callable(wrong)
    with pytest.raises(InvalidStatisticsInput) as refused:
        wrong()
    assert refused.value.argument == argument
