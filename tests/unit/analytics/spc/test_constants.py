"""Factors for control limits, for any sample size."""

import math

import numpy as np
import pytest

from services.analytics.domain.spc.constants import c4, d2, d3, limit_factors
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from tests.unit.analytics.spc.published import rows

COLUMNS = {
    "d2": "d2",
    "d3": "d3",
    "c4": "c4",
    "A2": "a2",
    "A3": "a3",
    "D3": "d3_limit",
    "D4": "d4_limit",
    "B3": "b3",
    "B4": "b4",
    "E2": "e2",
}


@pytest.mark.parametrize("row", rows("spc_constants.csv"), ids=lambda row: f"n={row['n']}")
def test_factors_equal_the_table(row: dict[str, str]) -> None:
    factors = limit_factors(int(row["n"]))
    for printed, ours in COLUMNS.items():
        assert abs(getattr(factors, ours) - float(row[printed])) <= 0.5000001e-6, printed


def test_samples_of_two_have_closed_forms() -> None:
    assert math.isclose(d2(2), 2 / math.sqrt(math.pi), rel_tol=1e-12)
    assert math.isclose(d3(2), math.sqrt(2 - 4 / math.pi), rel_tol=1e-9)
    assert math.isclose(c4(2), math.sqrt(2 / math.pi), rel_tol=1e-12)


@pytest.mark.parametrize("n", [40, 200, 1000])
def test_the_range_of_large_samples_agrees_with_drawn_ones(n: int) -> None:
    draws = np.random.default_rng(n).standard_normal((5_000, n))
    ranges = np.ptp(draws, axis=1)
    assert abs(ranges.mean() - d2(n)) < 4 * d3(n) / math.sqrt(5_000)
    assert abs(ranges.std() / d3(n) - 1) < 0.06


def test_c4_of_a_million_keeps_its_digits() -> None:
    assert math.isclose(1 - c4(1e6), 1 / (4 * (1e6 - 1)), rel_tol=1e-5)


@pytest.mark.parametrize("factor", [d2, c4])
def test_a_sample_of_one_has_no_spread(factor: object) -> None:
    assert callable(factor)
    with pytest.raises(InvalidStatisticsInput, match="n: is 1; "):
        factor(1)
