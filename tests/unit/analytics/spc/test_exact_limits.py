"""What count limits really alarm at, and limits that keep their promise."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.spc.attribute_charts import AttributeBaseline, c_baseline, p_baseline, u_baseline
from services.analytics.domain.spc.distributions import (
    binomial_cdf,
    binomial_tail,
    normal_quantile,
    poisson_cdf,
    poisson_tail,
)
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.exact_limits import (
    THREE_SIGMA_TAIL,
    CountLimits,
    ExactBaseline,
    binomial_alarms,
    binomial_limits,
    poisson_alarms,
    poisson_limits,
)
from services.analytics.domain.spc.judging import flagged_points, judge_panel
from services.analytics.domain.spc.rule_catalogue import nelson
from services.analytics.domain.spc.samples import Counts
from tests.unit.analytics.spc.published import half_a_unit, rows

COUNTED = st.lists(st.integers(0, 60), min_size=1, max_size=8).map(lambda counts: Counts.of_trials(counts, 60))


@pytest.mark.parametrize("row", rows("attribute_false_alarm_exact.csv"), ids=lambda row: "-".join(row.values()))
def test_false_alarms_of_three_sigma_limits(row: dict[str, str]) -> None:
    rate = float(row["rate"])
    if row["chart"] == "p":
        n = int(row["n"])
        reach = 3 * math.sqrt(rate * (1 - rate) / n)
        found = binomial_alarms(n, chance=rate, lower=n * max(0, rate - reach), upper=n * (rate + reach))
    else:
        reach = 3 * math.sqrt(rate)
        found = poisson_alarms(rate, lower=max(0, rate - reach), upper=rate + reach)
    for got, printed in ((found.chance_above, row["false_alarm_high"]), (found.chance_below, row["false_alarm_low"])):
        assert abs(got - float(printed)) <= 0.5 * 10.0 ** -_decimals(printed) * (1 + 1e-9)
    assert abs(found.run_length - float(row["arl0"])) <= half_a_unit(float(row["arl0"]))


def _decimals(printed: str) -> int:
    """Decimals shown, in whichever notation: 3.51e-05 shows seven."""
    digits, _, exponent = printed.partition("e")
    return len(digits.partition(".")[2]) - int(exponent or 0)


@settings(deadline=None)
@given(trials=st.integers(1, 3000), chance=st.floats(0, 1))
def test_exact_binomial_limits_are_the_outermost_that_hold(trials: int, chance: float) -> None:
    limits = binomial_limits(trials, chance=chance)
    assert limits.chance_below <= THREE_SIGMA_TAIL
    assert limits.chance_above <= THREE_SIGMA_TAIL
    narrower = binomial_alarms(trials, chance=chance, lower=limits.lower + 1, upper=limits.upper - 1)
    assert narrower.chance_below > THREE_SIGMA_TAIL or limits.lower == trials
    assert narrower.chance_above > THREE_SIGMA_TAIL or limits.upper == 0


@settings(deadline=None)
@given(mean=st.floats(1e-3, 1e7))
def test_exact_poisson_limits_are_the_outermost_that_hold(mean: float) -> None:
    limits = poisson_limits(mean)
    assert limits.chance_below <= THREE_SIGMA_TAIL
    assert limits.chance_above <= THREE_SIGMA_TAIL
    narrower = poisson_alarms(mean, lower=limits.lower + 1, upper=limits.upper - 1)
    assert narrower.chance_below > THREE_SIGMA_TAIL
    assert narrower.chance_above > THREE_SIGMA_TAIL or limits.upper == 0


def test_a_chart_with_exact_limits_judges_counts() -> None:
    sample = Counts.of_trials([1, 0, 2, 1, 6, 4], 50)
    [exact] = ExactBaseline(p_baseline(Counts.of_trials([1] * 20, 50))).panels(sample)
    assert exact.beyond_limits() == (4,)
    assert (exact.upper * 50).round(9).tolist() == [5.0] * 6


@settings(deadline=None)
@given(baseline=COUNTED, later=st.lists(st.integers(0, 60), max_size=12), multiple=st.sampled_from([3.0, 4.5]))
def test_rule_one_is_the_exact_limit(baseline: Counts, later: list[int], multiple: float) -> None:
    sample = Counts.of_trials(later, 60)
    for estimated in (p_baseline(baseline), u_baseline(baseline)):
        [panel] = ExactBaseline(estimated).panels(sample, multiple=multiple)
        beyond = flagged_points(judge_panel(nelson((1,)), panel.widened(multiple / 3)), "N1")
        assert beyond == panel.beyond_limits()


@settings(deadline=None)
@given(rate=st.floats(0, 1), trials=st.integers(1, 500), share=st.floats(0, 1), is_binomial=st.booleans())
def test_a_score_is_the_quantile_of_the_smaller_chance(
    rate: float, trials: int, share: float, is_binomial: bool
) -> None:
    """By both chances, where `score` computes the second only if it may be the smaller one."""
    count = round(share * trials)
    below, beyond = (
        (partial(binomial_cdf, trials=trials, chance=rate), partial(binomial_tail, trials=trials, chance=rate))
        if is_binomial
        else (partial(poisson_cdf, mean=rate * trials), partial(poisson_tail, mean=rate * trials))
    )
    at_most, at_least = (below(count - 1) + below(count)) / 2, (beyond(count - 1) + beyond(count)) / 2
    wanted = math.inf if min(at_most, at_least) == 0 else -normal_quantile(min(at_most, at_least))
    exact = ExactBaseline(AttributeBaseline("binomial" if is_binomial else "poisson", rate, 1.0, 1))
    nowhere = CountLimits(1, 0, chance_below=0, chance_above=0)
    assert exact.score(count, trials, inside=nowhere, multiple=3.0) == (-wanted if at_most < at_least else wanted)


def test_scores_are_those_of_normal_points_where_counts_are_large() -> None:
    sample = Counts.of([10_000, 10_100, 9_800])
    plain = c_baseline(Counts.of([10_000] * 30))
    [panel] = ExactBaseline(plain).panels(sample)
    assert np.allclose(panel.z, [0.0, 1.0, -2.0], atol=0.02)


def test_nothing_ever_counted_alarms_at_the_first_event() -> None:
    [exact] = ExactBaseline(c_baseline(Counts.of([0, 0, 0]))).panels(Counts.of([0, 1]))
    assert exact.beyond_limits() == (1,)


def test_trials_are_whole() -> None:
    baseline = ExactBaseline(p_baseline(Counts.of_trials([1], 10)))
    with pytest.raises(InvalidStatisticsInput, match=r"sizes: hold 9\.5"):
        baseline.panels(Counts.of_trials([1], 9.5))
