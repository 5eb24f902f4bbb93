"""CUSUM and EWMA charts with printed answers."""

import numpy as np
import pytest

from services.analytics.domain.spc import cusum, ewma
from services.analytics.domain.spc.constants import RangeConstants, range_constants
from services.analytics.domain.spc.samples import Subgroups
from services.analytics.domain.spc.variable_charts import range_baseline
from tests.unit.analytics.spc.published import Case, case, computed_like, from_one, phase_one, printed_like


def means_and_error(one: Case, constants: RangeConstants | None) -> tuple[Subgroups, float, float]:
    """Subgroups, centre and standard error of their means, from phase 1."""
    sample = Subgroups.of(one["data"]["subgroups"])
    chosen = phase_one(one["options"])
    baseline = range_baseline(sample.chosen(np.pad(chosen, (0, len(sample) - len(chosen)))), constants)
    return sample, baseline.centre, baseline.sigma / np.sqrt(5)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", ["cusum_pistonrings_phase1_h4", "cusum_pistonrings_all_h5"])
def test_cusum_of_subgroup_means(name: str, exact: bool) -> None:
    one = case(name)
    options, expected = one["options"], one["expected"]
    rounded = RangeConstants(options["d2"], range_constants(5).d3)
    sample, centre, error = means_and_error(one, None if exact else rounded)
    series = cusum.run(cusum.normal_cusum(k=options["k"], h=options["h"]), (sample.means - centre) / error)
    figures = expected["computed_with_exact_constants" if exact else "computed"]
    assert np.allclose(series.above, figures["c_plus"], rtol=0, atol=1e-6)
    assert np.allclose(series.below, figures["c_minus"], rtol=0, atol=1e-6)
    got = {side: [s.at + 1 for s in series.signals if s.side == side] for side in ("above", "below")}
    violations = expected["violations"]
    assert got == {"above": violations["signals_high"], "below": violations["signals_low"]}


def test_cusum_with_onset_and_new_level() -> None:
    one = case("cusum_montgomery_9_1")
    options, expected = one["options"], one["expected"]
    z = (np.array(one["data"]["x"]) - options["target"]) / options["sigma"]
    series = cusum.run(cusum.normal_cusum(k=options["k"], h=options["h"]), z)
    assert np.allclose(series.above, expected["computed"]["c_plus"], rtol=0, atol=1e-6)
    assert np.allclose(series.below, expected["computed"]["c_minus"], rtol=0, atol=1e-6)
    assert printed_like(series.above[:29], expected["published"]["c_plus_1_to_29"])
    assert [signal.at + 1 for signal in series.signals] == expected["violations"]["signals_high"]
    first = series.signals[0]
    assert (first.side, first.at + 1, first.onset + 1) == ("above", 29, expected["computed"]["last_zero_before_signal"])
    level = options["target"] + options["sigma"] * first.level
    assert computed_like(level, expected["computed"]["new_mean_estimate"])
    assert printed_like(level, expected["published"]["new_mean_estimate"])


@pytest.mark.parametrize("name", ["ewma_pistonrings_phase1_l.2_L3", "ewma_pistonrings_all_l.2_L2.7"])
def test_ewma_of_subgroup_means(name: str) -> None:
    one = case(name)
    options, expected = one["options"], one["expected"]
    sample, centre, error = means_and_error(one, None)
    design = ewma.Ewma(options["lambda"], options["L"])
    drawn = ewma.panel(design, sample.means, centre=centre, sigma=error)
    for got, key in ((drawn.plotted, "ewma"), (drawn.lower, "lcl"), (drawn.upper, "ucl")):
        assert np.allclose(got, expected["computed"][key], rtol=0, atol=1e-6)
    for place, limits in expected["published"]["limits_at"].items():
        assert printed_like([drawn.lower[int(place) - 1], drawn.upper[int(place) - 1]], limits)
    assert [signal.at + 1 for signal in ewma.signals(drawn)] == expected["violations"]["beyond_limits"]


def test_ewma_with_steady_limits() -> None:
    one = case("nist_ewma")
    options, expected = one["options"], one["expected"]
    design = ewma.Ewma(options["lambda"], options["L"], steady=True)
    drawn = ewma.panel(design, one["data"]["x"], centre=options["target"], sigma=options["sigma"])
    assert np.allclose(drawn.plotted, expected["computed"]["ewma"], rtol=0, atol=1e-6)
    assert computed_like(drawn.lower, expected["computed"]["lcl"])
    assert computed_like(drawn.upper, expected["computed"]["ucl"])
    assert printed_like(drawn.plotted, expected["published"]["ewma"])
    assert printed_like(drawn.upper, expected["published"]["ucl"])
    truncated = np.floor(drawn.lower * 1e4) / 1e4
    assert np.allclose(truncated, expected["published"]["lcl"])
    assert from_one(drawn.beyond_limits()) == expected["violations"]["beyond_limits"] == []
