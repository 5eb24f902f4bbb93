"""The books' charts as a user makes them: sources, indicators and rules over HTTP, single readings in, charts and anomalies out.

Every table is sent as CloudEvents, a day for each of its points. What `GET …/chart` answers, and the days that anomalies rest on, must be
what the table says. All four services run, on the embedded log and SQLite.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.eventlog.embedded import open_embedded
from tests.support.platform import OneThread, one_thread
from tests.support.results import everything
from tests.unit.analytics.spc.published import Case, case, computed_like, printed_like

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
ALL_TWELVE = [*(f"N{number}" for number in range(1, 9)), *(f"WE{number}" for number in range(1, 5))]
SHARE = {"kind": "ratio", "numerator": "found", "denominator": "inspected"}
MEAN = {"kind": "mean", "measure": "found"}
DEFINITIONS: dict[str, dict[str, Any]] = {
    "reading-types/sample": {
        "dimensions": ["part"],
        "measures": {"found": {"unit": "1"}, "inspected": {"unit": "1", "minimum": 0}},
    },
    "sources/laboratory": {
        "reading_type": "sample",
        "event_types": ["sample.taken"],
        "dimensions": {"part": "data.part"},
        "measures": {"found": "data.found", "inspected": "data.inspected"},
        "horizon": "unlimited",
    },
}
Sample = Sequence[tuple[float, float]]
"""The readings of one day: what was found, and in how much."""


@pytest.fixture
def andon(tmp_path: Path) -> Iterator[OneThread]:
    with one_thread(tmp_path, partial(open_embedded, tmp_path / "log")) as running:
        running.define(DEFINITIONS)
        yield running
        running.log.close()


def day(number: int) -> str:
    """As the interface writes the beginning of a day, counted from 1 as the points of the tables."""
    return (FIRST_DAY + timedelta(days=number - 1)).isoformat().replace("+00:00", "Z")


def days_of(values: Sequence[Mapping[str, Any]]) -> list[int]:
    starts = {datetime.fromisoformat(value["window"]["start"]) for value in values}
    return sorted((start - FIRST_DAY) // timedelta(days=1) + 1 for start in starts)


def define(andon: OneThread, formula: Mapping[str, Any], **rule: Any) -> None:
    """An indicator of each day, and a rule on it."""
    andon.define(
        {
            "indicators/quality": {
                "reading_type": "sample",
                "formula": formula,
                "by": ["part"],
                "window": {"kind": "tumbling", "every": "day"},
                "direction": "lower_is_better",
            },
            "rules/steady": {"indicator": "quality", **rule},
        }
    )
    andon.settle()


def send(andon: OneThread, samples: Sequence[Sample], first: int = 1) -> None:
    """A day for each sample; afterwards the source is idle, so that all of them close."""
    for number, sample in enumerate(samples, start=first):
        begins = FIRST_DAY + timedelta(days=number - 1, hours=8)
        events = [
            {
                "specversion": "1.0",
                "id": f"{number}-{place}",
                "source": "laboratory",
                "type": "sample.taken",
                "time": (begins + timedelta(seconds=place)).isoformat(),
                "data": {"part": "ring", "found": found, "inspected": inspected},
            }
            for place, (found, inspected) in enumerate(sample)
        ]
        if events:
            andon.send(events)
    andon.settle()
    andon.pass_time(timedelta(hours=2))


def chart_of(andon: OneThread, query: str = "") -> dict[str, Any]:
    answer = andon.get(f"/v1/indicators/quality/chart?subject.part=ring{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def anomalous_days(andon: OneThread) -> list[int]:
    """All days that anomalies rest on."""
    return days_of([value for one in everything(andon.get, "/v1/anomalies") for value in one["values"]])


def lines(chart: Mapping[str, Any]) -> dict[str, list[float]]:
    points = chart["points"]
    return {
        "centre": [point["centre"] for point in points],
        "lcl": [point["limits"]["lower"] for point in points],
        "ucl": [point["limits"]["upper"] for point in points],
    }


def agrees(chart: Mapping[str, Any], expected: Case, *, printed: bool = True) -> None:
    """Centre and limits at every point, to the digits printed and to those computed."""
    for line, got in lines(chart).items():
        if printed and line in expected["published"]:
            assert printed_like(got, expected["published"][line]), line
        figures = expected["computed"] if printed else expected["computed_with_exact_constants"]
        assert computed_like(got, figures[line]), line


def signals_agree(chart: Mapping[str, Any], violations: Case) -> None:
    """Every run rule fired where the table says, and nowhere else."""
    for rule, expected in violations["run_rules"].items():
        assert days_of([{"window": one["window"]} for one in chart["signals"] if one["rule"] == rule]) == expected, rule


def any_of(violations: Case) -> list[int]:
    return sorted({place for places in violations["run_rules"].values() for place in places})


def counted(data: Mapping[str, Any]) -> list[Sample]:
    """One reading a day: a count, and in how much."""
    sizes = data.get("n", 1)
    sizes = sizes if isinstance(sizes, list) else [sizes] * len(data["count"])
    return [[pair] for pair in zip(data["count"], sizes, strict=True)]


def single(data: Mapping[str, Any]) -> list[Sample]:
    return [[(value, 1)] for value in data["x"]]


def grouped(data: Mapping[str, Any]) -> list[Sample]:
    """Each value of a subgroup is an event of its own."""
    return [[(value, 1) for value in group] for group in data["subgroups"]]


COUNTED = {
    "p_orangejuice_phase1": (SHARE, "p"),
    "c_circuit_phase1": ({"kind": "sum", "measure": "found"}, "c"),
    "u_pcmanufact": (SHARE, "u"),
    "u_dyedcloth_variable_n": (SHARE, "u"),
}


@pytest.mark.parametrize("name", COUNTED)
def test_counts(andon: OneThread, name: str) -> None:
    one = case(name)
    formula, chart = COUNTED[name]
    points = one["options"]["phase1"]["last"]
    define(andon, formula, kind="control_chart", chart=chart, baseline_windows=points, run_rules=ALL_TWELVE)
    send(andon, counted(one["data"]))
    shown = chart_of(andon)
    assert (shown["rule"], shown["state"], shown["chart"]["type"]) == ("steady", "frozen", chart)
    agrees(shown, one["expected"])
    signals_agree(shown, one["expected"]["violations"])
    assert anomalous_days(andon) == any_of(one["expected"]["violations"])


EXCLUDED = {
    "p_orangejuice_revised_then_phase2": (SHARE, "p"),
    "c_circuit_revised_then_phase2": ({"kind": "sum", "measure": "found"}, "c"),
    "u_circuit_revised_then_phase2": (SHARE, "u"),
}


@pytest.mark.parametrize("name", EXCLUDED)
def test_points_with_a_known_cause_set_no_limits(andon: OneThread, name: str) -> None:
    """The limits of phase 1 are revised by a person, with a reason; they judge phase 2, and phase 1 again."""
    one = case(name)
    formula, chart = EXCLUDED[name]
    phase = one["options"]["phase1"]
    samples = counted(one["data"])
    define(andon, formula, kind="control_chart", chart=chart, run_rules=ALL_TWELVE)
    send(andon, samples[: phase["last"]])
    revised = {
        "subject": {"part": "ring"},
        "from": day(1),
        "baseline_windows": phase["last"],
        "excluded": [day(number) for number in phase["excluded"]],
        "reason": "a new operator, and a new batch of card stock",
    }
    answer = andon.http.post("/v1/indicators/quality/phases", json=revised, headers={"Andon-Actor": "Li Wei"})
    assert answer.status_code == 201, answer.text
    send(andon, samples[phase["last"] :], first=phase["last"] + 1)
    shown = chart_of(andon)
    agrees(shown, one["expected"])
    signals_agree(shown, one["expected"]["violations"])
    assert anomalous_days(andon) == any_of(one["expected"]["violations"])
    [drawn] = shown["phases"]
    assert (drawn["points_behind"], drawn["rebase"]["reason"]) == (phase["last"] - 2, revised["reason"])
    assert (drawn["baselines"][-1]["reason"], drawn["baselines"][-1]["actor"]) == (revised["reason"], "Li Wei")


def test_over_dispersed_shares_are_found_to_be_so(andon: OneThread) -> None:
    one = case("p_vs_pprime_nhs_accidents")
    define(andon, SHARE, kind="control_chart", baseline_windows=20, run_rules=ALL_TWELVE)
    send(andon, counted(one["data"]))
    shown = chart_of(andon)
    assert (shown["chart"]["type"], shown["chart"]["reason"]) == ("p-prime", "over-dispersed")
    assert np.allclose(lines(shown)["centre"], one["expected"]["computed"]["centre"], rtol=1e-8)
    assert anomalous_days(andon) == one["expected"]["violations"]["beyond_prime_limits"] == []


@pytest.mark.parametrize("name", ["xmr_viscosity_phase1", "xmr_viscosity_revised_phase2", "nist_xmr_flowrate"])
@pytest.mark.parametrize("constants", ["exact", "printed"])
def test_single_values(andon: OneThread, name: str, constants: str) -> None:
    one = case(name)
    learning = {"baseline_windows": one["options"]["phase1"]["last"], "constants": constants}
    define(andon, MEAN, kind="control_chart", run_rules=ALL_TWELVE, **learning)
    send(andon, single(one["data"]))
    shown = chart_of(andon)
    assert shown["chart"]["type"] == "xmr"
    agrees(shown, one["expected"], printed=constants == "printed")
    signals_agree(shown, one["expected"]["violations"])
    assert anomalous_days(andon) == any_of(one["expected"]["violations"])


def test_means_and_ranges_of_subgroups(andon: OneThread) -> None:
    one = case("xbar_R_pistonrings")
    as_printed = {"chart": "xbar-r", "baseline_windows": 25, "constants": "printed"}
    define(andon, MEAN, kind="control_chart", run_rules=ALL_TWELVE, **as_printed)
    send(andon, grouped(one["data"]))
    shown = chart_of(andon)
    agrees(shown, one["expected"])
    signals_agree(shown, one["expected"]["violations"])
    assert anomalous_days(andon) == any_of(one["expected"]["violations"])


def test_means_and_deviations_of_subgroups_of_any_size(andon: OneThread) -> None:
    """The chart is chosen by the data: how readings scatter within a day explains how the days do."""
    one = case("xbar_S_variable_n_montgomery_6_4")
    define(andon, MEAN, kind="control_chart", baseline_windows=25, run_rules=ALL_TWELVE)
    send(andon, grouped(one["data"]))
    shown = chart_of(andon)
    assert (shown["chart"]["type"], shown["chart"]["reason"]) == ("xbar-s", "mean-of-a-subgroup")
    agrees(shown, one["expected"])
    assert anomalous_days(andon) == any_of(one["expected"]["violations"]) == []


def test_deviations_of_subgroups(andon: OneThread) -> None:
    one = case("S_pistonrings")
    define(andon, {"kind": "standard_deviation", "measure": "found"}, kind="control_chart", baseline_windows=25)
    send(andon, grouped(one["data"]))
    shown = chart_of(andon)
    assert shown["chart"]["type"] == "s"
    agrees(shown, one["expected"])
    assert anomalous_days(andon) == one["expected"]["violations"]["beyond_limits"] == []


def test_times_between_rare_events(andon: OneThread) -> None:
    """Each day stands for a failure; the days between two of them are no gap."""
    one = case("t_chart_montgomery_7_6")
    as_printed = {"chart": "t", "baseline_windows": 20, "constants": "printed"}
    define(andon, MEAN, kind="control_chart", run_rules=ALL_TWELVE, **as_printed)
    failures = single(one["data"])
    send(andon, [failures[place // 3] if place % 3 == 0 else [] for place in range(3 * len(failures))])
    shown = chart_of(andon)
    agrees(shown, one["expected"])
    signals_agree(shown, one["expected"]["violations"])
    assert anomalous_days(andon) == []


def statistics(chart: Mapping[str, Any], name: str) -> list[float]:
    return [point["statistic"][name] for point in chart["points"]]


def test_an_average_with_steady_limits(andon: OneThread) -> None:
    one = case("nist_ewma")
    options, expected = one["options"], one["expected"]
    known = {"centre": options["target"], "sigma": options["sigma"]}
    define(andon, MEAN, kind="ewma", L=options["L"], limits="asymptotic", **known, **{"lambda": options["lambda"]})
    send(andon, single(one["data"]))
    shown = chart_of(andon, "&rule=steady")
    assert shown["chart"]["reason"] == "given"
    assert printed_like(statistics(shown, "value"), expected["published"]["ewma"])
    assert printed_like(statistics(shown, "upper"), expected["published"]["ucl"])
    assert computed_like(statistics(shown, "lower"), expected["computed"]["lcl"])
    assert anomalous_days(andon) == days_of(shown["signals"]) == []


@pytest.mark.parametrize("name", ["ewma_pistonrings_phase1_l.2_L3", "ewma_pistonrings_all_l.2_L2.7"])
def test_an_average_of_subgroup_means(andon: OneThread, name: str) -> None:
    """Centre and sigma are learned from the ranges of the first 25 days, and judge these, too."""
    one = case(name)
    options, expected = one["options"], one["expected"]
    design = {"lambda": options["lambda"], "L": options["L"], "chart": "xbar-r", "baseline_windows": 25}
    define(andon, MEAN, kind="ewma", **design)
    send(andon, grouped(one["data"]))
    shown = chart_of(andon, "&rule=steady")
    for key, line in (("ewma", "value"), ("lcl", "lower"), ("ucl", "upper")):
        assert np.allclose(statistics(shown, line), expected["computed"][key], rtol=0, atol=1e-6)
    for place, limits in expected["published"]["limits_at"].items():
        at = int(place) - 1
        assert printed_like([statistics(shown, "lower")[at], statistics(shown, "upper")[at]], limits)
    assert days_of(shown["signals"]) == expected["violations"]["beyond_limits"]
    assert anomalous_days(andon) == expected["violations"]["beyond_limits"]


def test_a_sum_of_single_values(andon: OneThread) -> None:
    one = case("cusum_montgomery_9_1")
    options, expected = one["options"], one["expected"]["computed"]
    define(andon, MEAN, kind="cusum", k=options["k"], h=options["h"], centre=options["target"], sigma=options["sigma"])
    send(andon, single(one["data"]))
    shown = chart_of(andon, "&rule=steady")
    larger = np.maximum(expected["c_plus"], expected["c_minus"])
    assert np.allclose(statistics(shown, "value"), larger, rtol=0, atol=1e-6)
    assert set(statistics(shown, "upper")) == {5.0}
    assert days_of(shown["signals"]) == anomalous_days(andon) == one["expected"]["violations"]["signals_high"]


@pytest.mark.parametrize("name", ["cusum_pistonrings_phase1_h4", "cusum_pistonrings_all_h5"])
def test_a_sum_of_subgroup_means(andon: OneThread, name: str) -> None:
    one = case(name)
    options, expected = one["options"], one["expected"]["computed_with_exact_constants"]
    define(andon, MEAN, kind="cusum", k=options["k"], h=options["h"], chart="xbar-r", baseline_windows=25)
    send(andon, grouped(one["data"]))
    shown = chart_of(andon, "&rule=steady")
    larger = np.maximum(expected["c_plus"], expected["c_minus"])
    assert np.allclose(statistics(shown, "value"), larger, rtol=0, atol=1e-6)
    assert days_of(shown["signals"]) == anomalous_days(andon) == one["expected"]["violations"]["signals_high"]


def test_a_rule_that_draws_no_chart_is_named_with_those_that_do(andon: OneThread) -> None:
    define(andon, MEAN, kind="control_chart")
    send(andon, [[(10.0, 1)]])
    answer = andon.get("/v1/indicators/quality/chart?subject.part=ring&rule=steadi")
    assert answer.status_code == 400
    assert "rules that do: steady" in answer.json()["detail"]
