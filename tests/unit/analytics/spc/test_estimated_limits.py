"""The published cost of estimating limits, and that widened limits pay it."""

import numpy as np
import pytest

from services.analytics.domain.spc.uncertainty import equivalent_degrees, moving_range_degrees, prediction_multiple
from tests.unit.analytics.spc.estimated_limits import SERIES, false_alarm_rates
from tests.unit.analytics.spc.published import rows

THREE_SIGMA = 0.0026998


@pytest.mark.parametrize("row", rows("xmr_estimated_limits.csv"), ids=lambda row: row["phase1_points"])
def test_estimated_limits_cost_what_is_published(row: dict[str, str]) -> None:
    """Quantiles are compared by rank: the share of series below a published quantile, within four standard errors."""
    rates = false_alarm_rates(int(row["phase1_points"]))
    run_lengths = 1 / np.maximum(rates, 1e-300)
    for share, column in ((0.1, "p10_arl0"), (0.5, "median_arl0"), (0.9, "p90_arl0")):
        below = float((run_lengths < float(row[column])).mean())
        assert abs(below - share) < 4 * (share * (1 - share) / SERIES) ** 0.5, column
    error = float(rates.std()) / SERIES**0.5
    assert abs(float(rates.mean()) - float(row["mean_false_alarm_rate_per_point"])) < 4 * error


@pytest.mark.parametrize("points", [8, 20, 30, 100])
def test_widened_limits_alarm_no_more_often_than_three_sigma(points: int) -> None:
    multiple = prediction_multiple(points=points, degrees=moving_range_degrees(points - 1))
    rate = float(false_alarm_rates(points, multiple=multiple).mean())
    assert 0.5 < rate / THREE_SIGMA < 1.05


def test_widening_fades_as_points_come_in() -> None:
    multiples = [
        prediction_multiple(points=points, degrees=moving_range_degrees(points - 1))
        for points in (5, 10, 24, 100, 10_000)
    ]
    assert multiples == sorted(multiples, reverse=True)
    assert 3 < multiples[-1] < 3.002


def test_degrees_of_a_moving_range_tend_to_six_tenths_each() -> None:
    assert abs(moving_range_degrees(1000) / 1000 - 0.606) < 0.002
    assert abs(moving_range_degrees(1) - 1) < 1e-6


def test_degrees_are_those_of_an_s_with_the_same_variance() -> None:
    assert abs(equivalent_degrees(np.pi / 2 - 1) - 1) < 1e-6
