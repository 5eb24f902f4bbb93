"""The chart proposed by the formula, checked by the data, explained."""

import numpy as np
import pytest

from services.analytics.domain.spc.chart_choice import COUNT_CHARTS, ChartChoice, choose
from services.analytics.domain.spc.samples import Counts, Subgroups
from tests.unit.analytics.spc.published import case

RANDOM = np.random.default_rng(20)


def binomial(trials: int, chance: float) -> Counts:
    return Counts.of_trials(RANDOM.binomial(trials, chance, 40), trials)


def test_shares_get_a_p_chart() -> None:
    one = case("p_orangejuice_revised_then_phase2")
    sample = Counts.of_trials(one["data"]["count"][30:], 50)
    found = choose("ratio", sample)
    assert (found.chart, found.reason) == ("p", "share-of-a-whole")


def test_over_dispersed_shares_get_laneys_limits() -> None:
    one = case("p_vs_pprime_nhs_accidents")
    found = choose("ratio", Counts.of_trials(one["data"]["count"], one["data"]["n"]))
    assert (found.chart, found.reason) == ("p-prime", "over-dispersed")
    assert found.dispersion is not None
    assert found.explanation.startswith("p-prime: points scatter more than chance explains")
    assert "10.64 times" in found.explanation


def test_chance_alone_seldom_looks_over_dispersed() -> None:
    chosen = [choose("ratio", binomial(400, 0.1)).chart for _ in range(200)]
    assert chosen.count("p") >= 194


@pytest.mark.parametrize(
    ("sample", "chart"),
    [
        (Counts.of_trials([1, 0, 2, 1], 50), "p-exact"),
        (Counts.of_trials([50, 49, 50, 50], 50), "p-exact"),
        (Counts.of([3, 1, 2], [1.0, 0.5, 1.5]), "u-exact"),
        (Counts.of([30, 25, 28], [10.0, 9.5, 10.0]), "u"),
        (Counts.of([0, 0, 0], 40), "p-exact"),
        (Counts.of([2.5, 3.5], 10), "xmr"),
    ],
)
def test_a_ratio_is_charted_by_what_its_parts_are(sample: Counts, chart: str) -> None:
    assert choose("ratio", sample).chart == chart


@pytest.mark.parametrize(
    ("counts", "chart"),
    [([10, 12, 9, 11], "c"), ([0, 1, 0, 0, 2], "c-exact"), ([10, 90, 15, 70], "u-prime"), ([0, 0], "c-exact")],
)
def test_a_count_is_charted_by_its_size_and_scatter(counts: list[int], chart: str) -> None:
    assert choose("count", Counts.of(counts)).chart == chart


def test_means_of_rational_subgroups_get_an_xbar_s_chart() -> None:
    one = case("xbar_S_variable_n_montgomery_6_4")
    found = choose("mean", Subgroups.of(one["data"]["subgroups"]))
    assert (found.chart, found.reason) == ("xbar-s", "mean-of-a-subgroup")


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([[1.0, 1.1, 0.9], [5.0, 5.1, 4.9], [3.0, 3.1, 2.9]], "subgroups-explain-too-little"),
        ([[1.0, 1.0], [2.0, 2.0]], "subgroups-explain-too-little"),
        ([[1.0], [2.0, 3.0]], "subgroups-too-small"),
    ],
)
def test_means_that_their_contents_do_not_explain_are_single_values(groups: list[list[float]], reason: str) -> None:
    found = choose("mean", Subgroups.of(groups))
    assert (found.chart, found.reason) == ("xmr", reason)


def test_constant_subgroups_are_in_order() -> None:
    assert choose("mean", Subgroups.of([[2.0, 2.0], [2.0, 2.0]])).chart == "xbar-s"


def test_spreads_have_a_chart_of_their_own() -> None:
    assert choose("standard_deviation", Subgroups.of([[1.0, 2.0], [2.0, 4.0]])).chart == "s"


@pytest.mark.parametrize("kind", ["sum", "minimum", "maximum", "quantile", "mean", "ratio"])
def test_everything_else_is_a_single_value(kind: str) -> None:
    assert choose(kind) == ChartChoice("xmr", "single-values")  # type: ignore[arg-type]
    assert choose(kind).explanation.startswith("xmr: one value per window")  # type: ignore[arg-type]


@pytest.mark.parametrize("chart", COUNT_CHARTS)
def test_each_chart_of_counts_can_be_drawn(chart: str) -> None:
    sample = Counts.of_trials([5, 7, 4, 6], 40) if chart.startswith("p") else Counts.of([5, 7, 4, 6])
    baseline = {str(name): estimate for name, estimate in COUNT_CHARTS.items()}[chart](sample)
    [panel] = baseline.panels(sample)
    assert panel.beyond_limits() == ()
    assert baseline.learning_multiple() > 3
