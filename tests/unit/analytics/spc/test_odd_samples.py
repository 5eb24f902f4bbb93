"""Empty, constant, tiny and wrong samples: a picture or an error that names the argument, never a warning."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.spc.attribute_charts import (
    c_baseline,
    laney_baseline,
    np_baseline,
    p_baseline,
    u_baseline,
)
from services.analytics.domain.spc.constants import RangeConstants
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.exact_limits import binomial_alarms, binomial_limits, poisson_alarms, poisson_limits
from services.analytics.domain.spc.judging import judge_panel
from services.analytics.domain.spc.panel import Panel, z_value, z_values
from services.analytics.domain.spc.rule_catalogue import nelson
from services.analytics.domain.spc.samples import Counts, Individuals, Subgroups
from services.analytics.domain.spc.variable_charts import deviation_baseline, range_baseline, xmr_baseline

NUMBERS = st.floats(-1e9, 1e9)


def quiet(panels: tuple[Panel, ...]) -> bool:
    """Nothing beyond limits, and no rule about position fires."""
    return all(panel.beyond_limits() == () and judge_panel(nelson((1, 2, 5, 6)), panel) == () for panel in panels)


@settings(deadline=None)
@given(value=NUMBERS, points=st.integers(2, 30))
def test_a_constant_series_is_in_control(value: float, points: int) -> None:
    sample = Individuals.of([value] * points)
    assert quiet(xmr_baseline(sample).panels(sample))


@settings(deadline=None)
@given(value=NUMBERS, groups=st.integers(1, 30), size=st.integers(2, 6))
def test_constant_subgroups_are_in_control(value: float, groups: int, size: int) -> None:
    sample = Subgroups.of([[value] * size] * groups)
    assert quiet(range_baseline(sample).panels(sample))
    assert quiet(deviation_baseline(sample).panels(sample))


@settings(deadline=None)
@given(share=st.sampled_from([0, 1, 7]), trials=st.integers(7, 1000), points=st.integers(1, 30))
def test_constant_shares_are_in_control(share: int, trials: int, points: int) -> None:
    for count in (share, trials - share):
        sample = Counts.of_trials([count] * points, trials)
        for baseline in (
            p_baseline(sample),
            np_baseline(sample),
            u_baseline(sample),
            laney_baseline(sample, "binomial"),
        ):
            assert quiet(baseline.panels(sample))


def test_a_departure_from_a_constant_baseline_is_beyond_its_limits() -> None:
    [panel, _] = xmr_baseline(Individuals.of([5.0, 5.0, 5.0])).panels(Individuals.of([5.0, 5.1]))
    assert panel.beyond_limits() == (1,)
    assert panel.z.tolist() == [0.0, math.inf]


def test_a_frozen_baseline_judges_an_empty_sample() -> None:
    assert quiet(xmr_baseline(Individuals.of([1.0, 2.0])).panels(Individuals.of([])))
    assert quiet(p_baseline(Counts.of_trials([1], 10)).panels(Counts.of_trials([], 10)))
    assert quiet(deviation_baseline(Subgroups.of([[1.0, 2.0]])).panels(Subgroups.of([])))


def test_a_subgroup_of_one_is_judged_by_its_mean_alone() -> None:
    baseline = deviation_baseline(Subgroups.of([[1.0, 2.0, 3.0], [2.0, 3.0, 1.0], [5.0]]))
    means, deviations = baseline.panels(Subgroups.of([[900.0], [2.0, 2.5]]))
    assert means.beyond_limits() == (0,)
    assert deviations.beyond_limits() == ()
    means, ranges = range_baseline(Subgroups.of([[1.0, 3.0], [5.0]])).panels(Subgroups.of([[4.0]]))
    assert ranges.beyond_limits() == means.beyond_limits() == ()


def test_subgroups_known_by_moments_alone_are_charted_by_s() -> None:
    groups = [[1.0, 2.0, 4.0], [2.0, 3.0, 3.5], [1.5, 1.0, 2.0]]
    whole = Subgroups.of(groups)
    moments = Subgroups.from_moments(whole.sizes, means=whole.means, deviations=whole.deviations)
    assert deviation_baseline(moments) == deviation_baseline(whole)
    with pytest.raises(InvalidStatisticsInput, match="use an x̄-S chart"):
        range_baseline(moments)


@settings(deadline=None)
@given(values=st.lists(NUMBERS, max_size=20), centre=NUMBERS, sigma=st.sampled_from([0.0, 1e-300, 1.0, 1e12]))
def test_z_is_the_same_one_by_one(values: list[float], centre: float, sigma: float) -> None:
    array = np.array(values, dtype=np.float64)
    at_once = z_values(array, centre=np.full(len(values), centre), sigma=np.full(len(values), sigma))
    assert at_once.tolist() == [z_value(value, centre=centre, sigma=sigma) for value in values]


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: Individuals.of([1.0, math.nan]), "values/1"),
    (lambda: Individuals.of(np.ones((2, 2))), "values"),
    (lambda: xmr_baseline(Individuals.of([])), "values"),
    (lambda: xmr_baseline(Individuals.of([1.0])), "values"),
    (lambda: Subgroups.of([[1.0], []]), "groups/1"),
    (lambda: Subgroups.of([[1.0, math.inf]]), "groups/0/1"),
    (lambda: Subgroups.from_moments([2], means=[1.0, 2.0], deviations=[1.0]), "means"),
    (lambda: Subgroups.from_moments([0], means=[1.0], deviations=[1.0]), "sizes/0"),
    (lambda: Subgroups.from_moments([2], means=[1.0], deviations=[-1.0]), "deviations/0"),
    (lambda: range_baseline(Subgroups.of([[1.0], [2.0]])), "groups"),
    (lambda: deviation_baseline(Subgroups.of([])), "groups"),
    (lambda: Counts.of([1, 2], [10, 0]), "sizes/1"),
    (lambda: Counts.of([1], 0), "sizes"),
    (lambda: Counts.of([-1]), "counts/0"),
    (lambda: Counts.of([1, 2], [10]), "sizes"),
    (lambda: Counts.of_trials([11], 10), "counts/0"),
    (lambda: p_baseline(Counts.of([])), "counts"),
    (lambda: p_baseline(Counts.of([11], 10)), "counts"),
    (lambda: c_baseline(Counts.of([1, 2], [1, 2])), "sizes"),
    (lambda: binomial_limits(10, chance=1.5), "chance"),
    (lambda: binomial_limits(0, chance=0.5), "trials"),
    (lambda: binomial_limits(10, chance=0.5, tail=0.7), "tail"),
    (lambda: binomial_alarms(10, chance=math.nan, lower=0, upper=3), "chance"),
    (lambda: poisson_limits(-1.0), "mean"),
    (lambda: poisson_alarms(0.0, lower=0, upper=3), "mean"),
]


@pytest.mark.parametrize(("wrong", "argument"), WRONG)
def test_what_cannot_be_charted_is_named(wrong: Callable[[], object], argument: str) -> None:
    with pytest.raises(InvalidStatisticsInput) as refused:
        wrong()
    assert refused.value.argument == argument
    assert refused.value.remedy
    assert refused.value.errors[0].pointer == f"/{argument}"


def test_relative_variance_of_a_range_is_that_of_its_constants() -> None:
    assert RangeConstants(2.0, 1.0).relative_variance == 0.25
