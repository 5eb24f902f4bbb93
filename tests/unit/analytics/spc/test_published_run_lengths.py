"""Run lengths against the published tables: exact figures to their digits, simulated ones within three standard errors."""

import re

import pytest

from services.analytics.domain.spc.count_cusum_run_lengths import poisson_cusum_arl
from services.analytics.domain.spc.cusum import Cusum, CusumSide, normal_cusum
from services.analytics.domain.spc.cusum_run_lengths import normal_cusum_arl
from services.analytics.domain.spc.ewma import Ewma
from services.analytics.domain.spc.ewma_run_lengths import ewma_arl
from services.analytics.domain.spc.individuals_run_length import individuals_arl
from services.analytics.domain.spc.judging import RuleSet
from services.analytics.domain.spc.rule_catalogue import WESTERN_ELECTRIC, nelson, western_electric
from services.analytics.domain.spc.rule_run_lengths import rule_run_length, window_chance
from tests.unit.analytics.spc.published import rows

Row = dict[str, str]

AGREES = 1e-5
"""The table shows six digits."""
STANDARD_ERRORS = 3


def rules_of(params: str) -> RuleSet:
    """The rule set that a row names: C124, N1-N4, N1+N2(9), N3: …"""
    if western := re.match(r"C(\d+)", params) or re.match(r"Western Electric (1-4)", params):
        numbers = (1, 2, 3, 4) if western[1] == "1-4" else [int(number) for number in western[1]]
        return western_electric(numbers, complete_windows=False)
    if params.startswith("3 sigma"):
        return nelson((1,))
    if params.startswith("N2 with 8 points"):
        return RuleSet((WESTERN_ELECTRIC[4],))
    if several := re.match(r"N(\d)-N(\d)", params):
        return nelson(range(int(several[1]), int(several[2]) + 1), complete_windows=False)
    named = params.split(":", maxsplit=1)[0].split(" (", maxsplit=1)[0]
    return nelson([int(number) for number in re.findall(r"N(\d)", named)], complete_windows=False)


def numbers_in(params: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"(\w+)=(\d+\.?\d*)", params)}


def cusum_arl(row: Row) -> float:
    given = numbers_in(row["params"])
    head_start = given["h"] / 2 if "headstart" in row["params"] else 0.0
    both = normal_cusum(k=given["k"], h=given["h"], head_start=head_start)
    design = Cusum(both.above, None) if "one-sided" in row["chart"] else both
    return normal_cusum_arl(design, shift=float(row["shift_sigma"]))


def counted_cusum_arl(row: Row) -> float:
    upper = Cusum(CusumSide(0.25, 10, inclusive=True), None)
    lower = Cusum(None, CusumSide(0.25, 10, head_start=5, inclusive=True))
    return poisson_cusum_arl(upper if "upper" in row["params"] else lower, mean=0.25)


def moving_range_arl(row: Row) -> float:
    limit, range_limit = (float(number) for number in re.findall(r"(\d\.\d+) sigma", row["params"]))
    return individuals_arl(limit=limit, range_limit=range_limit, shift=float(row["shift_sigma"]))


def recomputed(row: Row) -> float:
    chart, shift = row["chart"], float(row["shift_sigma"])
    if chart.startswith("CUSUM"):
        return cusum_arl(row)
    if chart.startswith("EWMA"):
        given = numbers_in(row["params"])
        return ewma_arl(Ewma(given["lambda"], given["L"], steady="fixed" in chart), shift=shift)
    if chart.startswith("Poisson"):
        return counted_cusum_arl(row)
    if chart.startswith("Individuals"):
        return moving_range_arl(row)
    if row["quantity"].startswith("probability"):
        return window_chance(rules_of(row["params"]), shift=shift)
    return rule_run_length(rules_of(row["params"]), shift=shift).mean


@pytest.mark.parametrize(
    "row",
    rows("arl_tables.csv"),
    ids=lambda row: f"{row['chart']}|{row['params']}|{row['shift_sigma']}|{row['quantity'][:5]}",
)
def test_run_length(row: Row) -> None:
    got = recomputed(row)
    assert row["recomputed"] or row["monte_carlo"]
    if row["recomputed"]:
        assert abs(got / float(row["recomputed"]) - 1) < AGREES
    if row["monte_carlo"]:
        assert abs(got - float(row["monte_carlo"])) < STANDARD_ERRORS * float(row["mc_se"])
