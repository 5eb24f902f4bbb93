"""Capability against printed studies, and where there is only one limit, or no spread."""

import math

import numpy as np
import pytest

from services.analytics.domain.spc.capability import Capability, Index, Process, Specification, capability, study
from services.analytics.domain.spc.constants import RangeConstants, range_constants
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.samples import Subgroups
from services.analytics.domain.spc.variable_charts import range_baseline
from tests.unit.analytics.spc.published import Case, case, printed_like


def figures(found: Capability, letter: str = "C") -> dict[str, float | tuple[float, float] | None]:
    """Under the names of the printed studies."""
    named: dict[str, Index | None] = {
        "p": found.cp,
        "pl": found.lower,
        "pu": found.upper,
        "pk": found.cpk,
        "pm": found.cpm,
    }
    got: dict[str, float | tuple[float, float] | None] = {"k": found.off_centre}
    for name, index in named.items():
        if index is not None:
            got[letter + name] = index.value
            got[f"{letter}{name}_ci95"] = index.interval
    return got


def agrees(got: dict[str, float | tuple[float, float] | None], expected: Case) -> None:
    for name, printed in expected["published"].items():
        assert printed_like(np.array(got[name]), printed), name
    for name, computed in expected["computed"].items():
        assert np.allclose(np.array(got[name]), computed, rtol=1e-6), name


@pytest.mark.parametrize("name", ["nist_6_1_6", "qcc_pistonrings_73.95_74.05"])
def test_a_known_process(name: str) -> None:
    one = case(name)
    data, options = one["data"], one["options"]
    specification = Specification(options["lsl"], options["usl"], options.get("target"))
    found = capability(Process(data["mean"], data["sd"], data.get("n")), specification)
    agrees(figures(found), one["expected"])


def test_a_study_of_subgroups() -> None:
    one = case("qcc_testthat_grouped")
    options = one["options"]
    sample = Subgroups.of(one["data"]["subgroups"])
    within = range_baseline(sample, RangeConstants(options["d2"], range_constants(4).d3)).sigma
    specification = Specification(options["lsl"], options["usl"], options["target"])
    found = study(sample, specification, sigma_within=within)
    agrees(figures(found.overall, "P") | figures(found.within), one["expected"])


def test_one_limit_leaves_the_other_indices_out() -> None:
    found = capability(Process(92.0, 1.0, 50), Specification(lower=89.0))
    assert (found.cp, found.upper, found.cpm, found.off_centre) == (None, None, None, None)
    assert found.cpk == found.lower
    assert found.cpk.value == 1.0
    assert math.isclose(found.share_outside, 0.001349898, rel_tol=1e-6)


@pytest.mark.parametrize(("mean", "cpk"), [(5.0, math.inf), (11.0, -math.inf), (10.0, 0.0)])
def test_a_process_that_never_moves(mean: float, cpk: float) -> None:
    found = capability(Process(mean, 0.0, 30), Specification(0.0, 10.0, target=5.0))
    assert found.cpk == Index(cpk, None)


def test_a_constant_process_off_target_is_judged_by_its_distance() -> None:
    found = capability(Process(6.0, 0.0, 30), Specification(0.0, 12.0, target=5.0))
    assert found.cpm == Index(2.0, None)


@pytest.mark.parametrize(
    ("lower", "upper", "argument"), [(None, None, "lower"), (2.0, 1.0, "lower"), (None, math.nan, "upper")]
)
def test_a_specification_that_cannot_be(lower: float | None, upper: float | None, argument: str) -> None:
    with pytest.raises(InvalidStatisticsInput) as refused:
        Specification(lower, upper)
    assert refused.value.argument == argument


def test_an_interval_covers_the_true_value_as_often_as_it_says() -> None:
    draws = np.random.default_rng(8).normal(0.3, 1.0, (4000, 40))
    specification = Specification(-4.0, 4.0, target=0.0)
    truth = {"cp": 4 / 3, "cpk": 3.7 / 3, "cpm": 8 / (6 * math.sqrt(1.09))}
    hits = dict.fromkeys(truth, 0)
    for mean, sd in zip(draws.mean(axis=1).tolist(), draws.std(axis=1, ddof=1).tolist(), strict=True):
        found = capability(Process(mean, sd, 40), specification)
        for name, value in truth.items():
            low, high = getattr(found, name).interval
            hits[name] += low <= value <= high
    assert all(0.93 < count / 4000 < 0.97 for count in hits.values()), hits
