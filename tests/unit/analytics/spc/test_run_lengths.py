"""Run lengths beyond the published ones: against simulation of the code that judges, closed forms, and as distributions."""

import math

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from services.analytics.domain.spc import cusum
from services.analytics.domain.spc.count_cusum_run_lengths import binomial_cusum_arl, poisson_cusum_arl
from services.analytics.domain.spc.cusum import Cusum, CusumSide, normal_cusum
from services.analytics.domain.spc.cusum_run_lengths import normal_cusum_arl
from services.analytics.domain.spc.distributions import normal_cdf
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.ewma import Ewma
from services.analytics.domain.spc.ewma_run_lengths import ewma_arl
from services.analytics.domain.spc.individuals_run_length import individuals_arl
from services.analytics.domain.spc.judging import RuleSet, judge_all
from services.analytics.domain.spc.rule_catalogue import nelson, western_electric
from services.analytics.domain.spc.rule_run_lengths import rule_run_length
from services.analytics.domain.spc.run_rules import Alternation, Avoiding, Beyond, Hugging, Trend

SERIES = 2500
POINTS = 14

ODD_SETS = [
    RuleSet((Beyond("warn", line=1.5, outer=2.5, needed=3, window=4), Beyond("out", line=2.5))),
    RuleSet((Beyond("high", line=0.3, needed=5, window=7, side="above"), Trend("trend", points=4))),
    RuleSet((Alternation("alternation", points=6), Hugging("hugging", points=5, line=0.8))),
    RuleSet((Avoiding("avoiding", points=4, line=0.4), Trend("trend", points=3)), complete_windows=False),
    RuleSet((Beyond("many", line=0.5, needed=4, window=8), Beyond("run", line=0, needed=6, window=6))),
    nelson(range(1, 9)),
    western_electric(),
]


@pytest.mark.parametrize("rules", ODD_SETS, ids=lambda rules: "+".join(rule.name for rule in rules.rules))
@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_the_chain_is_the_code_that_judges(rules: RuleSet, shift: float) -> None:
    draws = np.random.default_rng(4).normal(shift, 1, (SERIES, POINTS))
    signalled = np.mean([bool(judge_all(rules, series, series)) for series in draws])
    chance = rule_run_length(rules, shift=shift).chance_within(POINTS)
    assert abs(signalled - chance) < 4 * math.sqrt(chance * (1 - chance) / SERIES)


def test_complete_windows_delay_what_the_first_points_show() -> None:
    """At a shift of three sigma, by an eighth (README of the published run lengths: 1.68 and 1.82)."""
    from_first = rule_run_length(western_electric((1, 2), complete_windows=False), shift=3).mean
    complete = rule_run_length(western_electric((1, 2)), shift=3).mean
    assert (round(from_first, 2), round(complete, 2)) == (1.68, 1.82)


def test_the_default_rules_cost_and_find_what_their_decision_says() -> None:
    lengths = [rule_run_length(nelson(), shift=shift).mean for shift in (0, 0.5, 1, 1.5, 2, 3)]
    assert [round(length, 1) for length in lengths] == [109.2, 30.8, 9.9, 5.3, 3.5, 1.8]
    assert rule_run_length(nelson()).quantile(0.1) == 15
    with_trend = rule_run_length(nelson((1, 2, 3, 5, 6)))
    assert round(with_trend.mean, 1) == 89.1


def test_a_run_has_a_closed_form() -> None:
    """Mean number of tosses until r alike: 2^r - 1."""
    for length in (2, 5, 9, 12):
        rules = RuleSet((Beyond("run", line=0, needed=length, window=length),))
        assert math.isclose(rule_run_length(rules).mean, 2**length - 1, rel_tol=1e-9)


def test_one_sided_rules_alarm_half_as_often() -> None:
    one = RuleSet((Beyond("upper", line=3, side="above"),))
    assert math.isclose(rule_run_length(one).mean, 1 / normal_cdf(-3), rel_tol=1e-8)


def test_wider_data_alarm_more() -> None:
    found = rule_run_length(nelson((1,)), sigma_ratio=2.0)
    assert math.isclose(found.mean, 1 / (2 * normal_cdf(-1.5)), rel_tol=1e-8)


def test_a_run_length_is_a_distribution() -> None:
    geometric = rule_run_length(nelson((1,)))
    alarm = 2 * normal_cdf(-3)
    assert math.isclose(geometric.chance_within(100), 1 - (1 - alarm) ** 100, rel_tol=1e-9)
    assert geometric.chance_within(0) == 0
    assert geometric.quantile(0.5) == math.ceil(math.log(0.5) / math.log1p(-alarm))
    assert geometric.quantile(alarm / 2) == 1
    assert math.isclose(geometric.alarms_per_point, alarm, rel_tol=1e-9)


def test_what_cannot_signal_runs_for_ever() -> None:
    never = rule_run_length(RuleSet((Beyond("never", line=60),)))
    assert (never.mean, never.quantile(0.5), never.alarms_per_point) == (math.inf, math.inf, 0.0)


def test_a_certain_signal_comes_at_once() -> None:
    assert rule_run_length(nelson((1,)), shift=50).mean == 1.0


@settings(max_examples=25, deadline=None)
@given(k=st.floats(0, 1.5), h=st.floats(0.5, 12), shift=st.floats(-0.5, 3), share=st.floats(0, 0.5))
def test_a_head_start_never_lengthens_a_run(k: float, h: float, shift: float, share: float) -> None:
    try:
        plain = normal_cusum_arl(normal_cusum(k=k, h=h), shift=shift)
        begun = normal_cusum_arl(normal_cusum(k=k, h=h, head_start=share * h), shift=shift)
    except InvalidStatisticsInput:
        reject()  # a design that hardly ever signals
    assert 1 <= begun <= plain * (1 + 1e-9)


def test_cusum_sides_differ_by_their_references() -> None:
    """By simulation of the code that sums, with sides of different k, h and head start."""
    design = Cusum(CusumSide(0.4, 2.0, head_start=1.0), CusumSide(-0.6, 1.5, head_start=0.5))
    draws = np.random.default_rng(11).normal(0.2, 1, (2000, 200))
    lengths = np.array([cusum.run(design, series).signals[0].at + 1 for series in draws])
    assert abs(lengths.mean() - normal_cusum_arl(design, shift=0.2)) < 4 * lengths.std() / math.sqrt(len(lengths))


@pytest.mark.parametrize(("k", "h", "head_start"), [(0.5, 4.0, 3.5), (0.25, 3.0, 2.9)])
def test_head_starts_so_high_that_both_sums_may_signal(k: float, h: float, head_start: float) -> None:
    design = normal_cusum(k=k, h=h, head_start=head_start)
    draws = np.random.default_rng(15).normal(0.4, 1, (1200, 300))
    lengths = np.array([cusum.run(design, series).signals[0].at + 1 for series in draws])
    assert abs(lengths.mean() - normal_cusum_arl(design, shift=0.4)) < 4 * lengths.std() / math.sqrt(len(lengths))


def test_high_head_starts_meet_the_formula_where_both_hold() -> None:
    either_side = [normal_cusum_arl(normal_cusum(k=0.5, h=4, head_start=start)) for start in (2.5 - 1e-9, 2.5 + 1e-9)]
    assert math.isclose(*either_side, rel_tol=1e-6)


def test_counted_sums_agree_with_simulation_on_both_sides() -> None:
    design = Cusum(CusumSide(2.5, 4.0, inclusive=True), CusumSide(1.5, 4.0, inclusive=True))
    random = np.random.default_rng(12)
    for draws, arl in (
        (random.poisson(2.0, (1500, 400)), poisson_cusum_arl(design, mean=2.0)),
        (random.binomial(10, 0.2, (1500, 400)), binomial_cusum_arl(design, trials=10, chance=0.2)),
    ):
        lengths = np.array([cusum.run(design, series).signals[0].at + 1 for series in draws])
        assert abs(lengths.mean() - arl) < 4 * lengths.std() / math.sqrt(len(lengths))


def test_a_bernoulli_sum_of_certain_faults_counts_to_its_decision_value() -> None:
    design = Cusum(CusumSide(0.25, 3.0, inclusive=True), None)
    assert binomial_cusum_arl(design, trials=1, chance=1.0) == pytest.approx(4.0)


def test_a_cusum_of_a_tiny_decision_value_is_a_shewhart_chart() -> None:
    design = Cusum(CusumSide(3.0, 1e-9), None)
    assert math.isclose(normal_cusum_arl(design), 1 / normal_cdf(-3), rel_tol=1e-6)


def test_an_ewma_of_weight_one_is_a_shewhart_chart() -> None:
    for steady in (True, False):
        assert math.isclose(ewma_arl(Ewma(1.0, 3.0, steady=steady)), 1 / (2 * normal_cdf(-3)), rel_tol=1e-9)
    one_sided = Ewma(1.0, 3.0, side="above")
    assert math.isclose(ewma_arl(one_sided, shift=0.5), 1 / normal_cdf(-2.5), rel_tol=1e-9)


@pytest.mark.parametrize("design", [Ewma(0.3, 2.5, head_start=0.6), Ewma(0.2, 2.2, steady=True, side="below")])
def test_averages_agree_with_simulation(design: Ewma) -> None:
    from services.analytics.domain.spc import ewma

    draws = np.random.default_rng(13).normal(-0.5, 1, (3000, 300))
    panels = [ewma.panel(design, series, centre=0.0, sigma=1.0) for series in draws]
    lengths = np.array([panel.beyond_limits()[0] + 1 for panel in panels])
    assert abs(lengths.mean() - ewma_arl(design, shift=-0.5)) < 4 * lengths.std() / math.sqrt(len(lengths))


def test_moving_ranges_that_never_signal_leave_the_individuals() -> None:
    assert math.isclose(individuals_arl(limit=3, range_limit=6.5), 1 / (2 * normal_cdf(-3)), rel_tol=1e-9)


@pytest.mark.parametrize("range_limit", [0.4, 1.1, 2.9])
def test_narrow_moving_ranges_agree_with_simulation(range_limit: float) -> None:
    draws = np.random.default_rng(14).normal(0.3, 1, (8000, 300))
    beyond = np.abs(draws) > 3
    beyond[:, 1:] |= np.abs(np.diff(draws, axis=1)) > range_limit
    lengths = beyond.argmax(axis=1) + 1
    arl = individuals_arl(limit=3, range_limit=range_limit, shift=0.3)
    assert abs(lengths.mean() - arl) < 4 * lengths.std() / math.sqrt(len(lengths))


@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        (lambda: rule_run_length(RuleSet(())), "rules"),
        (lambda: rule_run_length(nelson(), shift=math.nan), "shift"),
        (lambda: rule_run_length(nelson(), sigma_ratio=0), "sigma_ratio"),
        (lambda: rule_run_length(RuleSet((Beyond("far", line=1, needed=12, window=40),))), "rules"),
        (lambda: rule_run_length(nelson((1,))).quantile(1.0), "chance"),
        (lambda: rule_run_length(nelson((1,))).chance_within(-1), "points"),
        (lambda: normal_cusum_arl(normal_cusum(k=0, h=4, head_start=3.5)), "design"),
        (lambda: poisson_cusum_arl(Cusum(CusumSide(2, 4, 3.5), CusumSide(1, 4, 3.5)), mean=1), "design"),
        (lambda: poisson_cusum_arl(normal_cusum(), mean=1), "reference"),
        (lambda: binomial_cusum_arl(Cusum(CusumSide(5, 4), None), trials=5, chance=0.5), "reference"),
        (lambda: normal_cusum_arl(normal_cusum(k=1, h=40)), "design"),
        (lambda: ewma_arl(Ewma(0.2, 12, steady=True)), "design"),
        (lambda: normal_cusum_arl(Cusum(CusumSide(0.5, 4), CusumSide(-0.5, 9))), "design"),
        (lambda: poisson_cusum_arl(Cusum(CusumSide(1 / 3, 10), None), mean=1), "reference"),
        (lambda: poisson_cusum_arl(normal_cusum(), mean=0), "mean"),
        (lambda: binomial_cusum_arl(normal_cusum(), trials=0, chance=0.5), "trials"),
        (lambda: binomial_cusum_arl(normal_cusum(), trials=5, chance=1.5), "chance"),
        (lambda: individuals_arl(limit=0, range_limit=3), "limit"),
        (lambda: individuals_arl(limit=3, range_limit=math.inf), "range_limit"),
        (lambda: ewma_arl(Ewma(), shift=math.inf), "shift"),
    ],
)
def test_what_has_no_run_length_is_named(wrong: object, argument: str) -> None:
    assert callable(wrong)
    with pytest.raises(InvalidStatisticsInput) as refused:
        wrong()
    assert refused.value.argument == argument
