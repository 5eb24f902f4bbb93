"""Control charts with printed answers: limits to the digits shown, flagged points exactly."""

from typing import Any

import numpy as np
import pytest

from services.analytics.domain.spc.attribute_charts import (
    AttributeBaseline,
    c_baseline,
    laney_baseline,
    np_baseline,
    p_baseline,
    sigma_z,
    u_baseline,
)
from services.analytics.domain.spc.constants import RangeConstants, range_constants
from services.analytics.domain.spc.judging import RuleSet, flagged_points, judge_panel
from services.analytics.domain.spc.panel import Panel
from services.analytics.domain.spc.rare_event_charts import times_baseline
from services.analytics.domain.spc.rule_catalogue import NELSON, WESTERN_ELECTRIC
from services.analytics.domain.spc.samples import Counts, Individuals, Subgroups
from services.analytics.domain.spc.variable_charts import deviation_baseline, range_baseline, xmr_baseline
from tests.unit.analytics.spc.published import Case, case, computed_like, document, from_one, phase_one, printed_like

ALL_TWELVE = RuleSet((*NELSON.values(), *WESTERN_ELECTRIC.values()))
COUNTED = {"p": p_baseline, "c": c_baseline, "u": u_baseline}
ROUNDED_D4 = 3.267


def first_of(sample: Any, options: Case) -> Any:
    """The points of phase 1 that set the limits."""
    chosen = phase_one(options)
    return sample.chosen(np.pad(chosen, (0, len(sample) - len(chosen))))


def agrees(panel: Panel, expected: Case, prefix: str = "") -> None:
    """Centre and limits of one panel with all figures given for it, which are one number or one per point."""
    for line, got in (("centre", panel.centre), ("lcl", panel.lower), ("ucl", panel.upper)):
        key = prefix + line
        if key in expected["published"]:
            assert printed_like(got, expected["published"][key]), key
        if key in expected["computed"]:
            assert computed_like(got, expected["computed"][key]), key


def flags_exactly(panel: Panel, violations: Case, rules: str = "run_rules", beyond: str = "beyond_limits") -> None:
    assert from_one(panel.beyond_limits()) == violations[beyond]
    signals = judge_panel(ALL_TWELVE, panel)
    got = {rule.name: from_one(flagged_points(signals, rule.name)) for rule in ALL_TWELVE.rules}
    assert got == violations[rules]


def counts_of(data: Case) -> Counts:
    return Counts.of(data["count"], data.get("n", 1))


@pytest.mark.parametrize(
    "one", [case for case in document("spc_cases.json")["cases"] if case["chart"] in COUNTED], ids=lambda one: one["id"]
)
def test_counts(one: Case) -> None:
    sample = counts_of(one["data"])
    baseline: AttributeBaseline = COUNTED[one["chart"]](first_of(sample, one["options"]))
    [panel] = baseline.panels(sample)
    agrees(panel, one["expected"])
    flags_exactly(panel, one["expected"]["violations"])


def test_counts_on_an_np_chart() -> None:
    one = case("p_orangejuice_phase1")
    sample = counts_of(one["data"])
    [panel] = np_baseline(sample).panels(sample)
    expected = one["expected"]["as_np_chart"]
    agrees(panel, {"published": {}, "computed": expected})
    assert from_one(panel.beyond_limits()) == expected["beyond_limits"]


@pytest.mark.parametrize("name", ["xmr_viscosity_phase1", "xmr_viscosity_revised_phase2", "nist_xmr_flowrate"])
def test_individuals_and_moving_ranges(name: str) -> None:
    one = case(name)
    sample = Individuals.of(one["data"]["x"])
    d2 = one["options"]["d2"]
    baseline = xmr_baseline(first_of(sample, one["options"]), RangeConstants(d2, d3=d2 * (ROUNDED_D4 - 1) / 3))
    individuals, ranges = baseline.panels(sample)
    agrees(individuals, one["expected"])
    agrees(ranges, one["expected"], "mr_")
    assert computed_like(baseline.sigma, one["expected"]["computed"]["sigma"])
    flags_exactly(individuals, one["expected"]["violations"])
    assert from_one(ranges.beyond_limits()) == one["expected"]["violations"]["mr_beyond_limits"]


@pytest.mark.parametrize("name", ["xmr_viscosity_phase1", "xmr_viscosity_revised_phase2", "nist_xmr_flowrate"])
def test_individuals_with_exact_constants(name: str) -> None:
    one = case(name)
    sample = Individuals.of(one["data"]["x"])
    baseline = xmr_baseline(first_of(sample, one["options"]))
    individuals, ranges = baseline.panels(sample)
    exact = {"published": {}, "computed": one["expected"]["computed_with_exact_constants"]}
    agrees(individuals, exact)
    agrees(ranges, exact, "mr_")


@pytest.mark.parametrize("exact", [False, True])
def test_means_and_ranges(exact: bool) -> None:
    one = case("xbar_R_pistonrings")
    sample = Subgroups.of(one["data"]["subgroups"])
    rounded = RangeConstants(one["options"]["d2"], one["options"]["d3"])
    baseline = range_baseline(first_of(sample, one["options"]), None if exact else rounded)
    means, ranges = baseline.panels(sample)
    expected = one["expected"]
    if exact:
        expected = {"published": {}, "computed": expected["computed_with_exact_constants"]}
    agrees(means, expected)
    agrees(ranges, expected, "r_")
    assert computed_like(baseline.sigma, expected["computed"]["sigma"])
    flags_exactly(means, one["expected"]["violations"])
    assert from_one(ranges.beyond_limits()) == one["expected"]["violations"]["r_beyond_limits"]


def test_standard_deviations_of_one_size() -> None:
    one = case("S_pistonrings")
    sample = Subgroups.of(one["data"]["subgroups"])
    _, deviations = deviation_baseline(sample).panels(sample)
    agrees(deviations, one["expected"])
    assert from_one(deviations.beyond_limits()) == one["expected"]["violations"]["beyond_limits"]


def test_means_and_standard_deviations_of_several_sizes() -> None:
    one = case("xbar_S_variable_n_montgomery_6_4")
    sample = Subgroups.of(one["data"]["subgroups"])
    means, deviations = deviation_baseline(sample).panels(sample)
    agrees(means, one["expected"])
    agrees(deviations, one["expected"], "s_")
    flags_exactly(means, one["expected"]["violations"])
    assert from_one(deviations.beyond_limits()) == one["expected"]["violations"]["s_beyond_limits"]


@pytest.mark.parametrize("exact", [False, True])
def test_times_between_events(exact: bool) -> None:
    one = case("t_chart_montgomery_7_6")
    sample = Individuals.of(one["data"]["x"])
    constants = range_constants(2) if exact else RangeConstants(one["options"]["d2"], range_constants(2).d3)
    [times] = times_baseline(sample, constants).panels(sample)
    expected = one["expected"]
    if exact:
        expected = {"published": {}, "computed": expected["computed_with_exact_constants"]}
    agrees(times, expected)
    flags_exactly(times, one["expected"]["violations"])


def test_laneys_limits_allow_for_over_dispersion() -> None:
    one = case("p_vs_pprime_nhs_accidents")
    sample = counts_of(one["data"])
    rounded = RangeConstants(one["options"]["d2"], range_constants(2).d3)
    plain, prime = p_baseline(sample), laney_baseline(sample, "binomial", rounded)
    expected = one["expected"]
    [narrow], [wide] = plain.panels(sample), prime.panels(sample)
    assert computed_like(sigma_z(plain, sample, rounded)[0], expected["computed"]["sigma_z"])
    agrees(narrow, {"published": {}, "computed": expected["computed"]["plain"]})
    agrees(wide, {"published": {}, "computed": expected["computed"]["prime"]})
    assert from_one(narrow.beyond_limits()) == expected["violations"]["beyond_plain_limits"]
    flags_exactly(wide, expected["violations"], rules="run_rules_with_prime_sigma", beyond="beyond_prime_limits")


def test_every_published_chart_is_held() -> None:
    charts = {one["chart"] for one in document("spc_cases.json")["cases"]}
    held_here = {*COUNTED, "XmR", "xbar-R", "S", "xbar-S", "t", "Laney p'"}
    assert charts - held_here == {"CUSUM", "EWMA"}
