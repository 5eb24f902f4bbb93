"""t and g charts beside the printed one: exact limits, odd series."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.exact_limits import THREE_SIGMA_TAIL
from services.analytics.domain.spc.judging import flagged_points, judge_panel
from services.analytics.domain.spc.rare_event_charts import GapsBaseline, gaps_baseline, times_baseline
from services.analytics.domain.spc.rule_catalogue import nelson
from services.analytics.domain.spc.samples import Individuals


def test_gaps_lie_around_their_mean_by_the_geometric_law() -> None:
    sample = Individuals.of([20, 28, 36, 10, 6, 500])
    [panel] = gaps_baseline(Individuals.of([20, 28, 36, 10, 6])).panels(sample)
    assert panel.centre[0] == 20.0
    assert math.isclose(panel.upper[0], 20 + 3 * math.sqrt(20 * 21))
    assert panel.lower[0] == 0.0
    assert panel.beyond_limits() == (5,)


def test_gaps_that_include_the_event_begin_at_one() -> None:
    between = gaps_baseline(Individuals.of([19.0, 27.0]), least=0)
    including = gaps_baseline(Individuals.of([20.0, 28.0]), least=1)
    assert including.sigma == between.sigma
    assert [limit - 1 for limit in including.exact_limits()] == list(between.exact_limits())


@settings(deadline=None)
@given(mean=st.floats(0.01, 1e6), least=st.sampled_from([0, 1]))
def test_exact_limits_of_gaps_are_the_outermost_that_hold(mean: float, least: int) -> None:
    low, high = GapsBaseline(mean + least, least, 30).exact_limits()
    survival = mean / (mean + 1)
    assert 1 - survival ** (low - least) <= THREE_SIGMA_TAIL * (1 + 1e-9)
    assert 1 - survival ** (low - least + 1) > THREE_SIGMA_TAIL * (1 - 1e-9)
    assert survival ** (high - least + 1) <= THREE_SIGMA_TAIL * (1 + 1e-9)
    assert survival ** (high - least) > THREE_SIGMA_TAIL * (1 - 1e-9) or high == least


def test_events_at_every_opportunity_leave_no_room() -> None:
    baseline = gaps_baseline(Individuals.of([0, 0, 0]))
    assert baseline.exact_limits() == (0, 0)
    assert baseline.panels(Individuals.of([0, 1]))[0].beyond_limits() == (1,)


def test_a_long_time_without_an_event_is_beyond_the_limit() -> None:
    baseline = times_baseline(Individuals.of(np.random.default_rng(2).exponential(10, 40)))
    [times] = baseline.panels(Individuals.of([9.0, 12.0, 900.0]))
    assert times.beyond_limits() == flagged_points(judge_panel(nelson((1,)), times), "N1") == (2,)
    assert times.plotted.tolist() == pytest.approx([9.0, 12.0, 900.0])


@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        (lambda: gaps_baseline(Individuals.of([])), "values"),
        (lambda: gaps_baseline(Individuals.of([0.0]), least=1), "values"),
        (lambda: times_baseline(Individuals.of([1.0, -1.0])), "values/1"),
        (lambda: times_baseline(Individuals.of([1.0])), "values"),
    ],
)
def test_what_cannot_be_charted_is_named(wrong: object, argument: str) -> None:
    assert callable(wrong)
    with pytest.raises(InvalidStatisticsInput) as refused:
        wrong()
    assert refused.value.argument == argument
