"""Phases, the learning state and assurance: limits as people use them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from services.analytics.domain.spc.assurance import against, assurance
from services.analytics.domain.spc.attribute_charts import c_baseline, p_baseline
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.judging import flagged_points
from services.analytics.domain.spc.phases import DrawnPhase, Learning, Phase, draw_phases
from services.analytics.domain.spc.rare_event_charts import times_baseline
from services.analytics.domain.spc.rule_catalogue import nelson, western_electric
from services.analytics.domain.spc.samples import Counts, Individuals
from services.analytics.domain.spc.variable_charts import XmrBaseline, xmr_baseline
from tests.unit.analytics.spc.published import case, from_one

BEFORE = [46, 44, 48, 46, 47, 43, 48, 45, 47, 46]
AFTER = [48, 50, 49, 47, 49, 48, 50, 48, 49, 47]
"""Conforming of 50, before and after a cure."""
PER_CENT = Individuals.of([2.0 * count for count in BEFORE + AFTER])


def both_sides_of_the_cure() -> tuple[DrawnPhase[Individuals], ...]:
    return draw_phases(PER_CENT, [Phase(0), Phase(10)], estimate=xmr_baseline, bounds=(0, 100))


def test_each_phase_has_its_own_limits_inside_the_bounds_of_the_indicator() -> None:
    before, after = both_sides_of_the_cure()
    assert isinstance(before.baseline, XmrBaseline)
    assert isinstance(after.baseline, XmrBaseline)
    assert (before.baseline.centre, after.baseline.centre) == (92.0, 97.0)
    assert [round(phase.panels[0].lower[0], 2) for phase in (before, after)] == [77.82, 88.14]
    assert [phase.panels[0].upper[0] for phase in (before, after)] == [100.0, 100.0]


def test_no_moving_range_crosses_the_beginning_of_a_phase() -> None:
    before, after = both_sides_of_the_cure()
    assert [len(phase.panels[1].plotted) for phase in (before, after)] == [9, 9]
    assert isinstance(after.baseline, XmrBaseline)
    assert math.isclose(after.baseline.mean_moving_range, 10 / 3)


def test_a_frozen_baseline_shows_the_cure_as_a_run() -> None:
    [frozen] = draw_phases(PER_CENT, [Phase(0, baseline_points=10)], estimate=xmr_baseline, bounds=(0, 100))
    eight, nine = western_electric((4,)), nelson((2,))
    assert from_one(flagged_points(frozen.signals(eight), "WE4"))[0] == 18
    assert from_one(flagged_points(frozen.signals(nine), "N2"))[0] == 19
    assert frozen.points_behind == 10


def test_limits_kept_from_before_are_moved_by_no_point() -> None:
    baseline = xmr_baseline(Individuals.of(PER_CENT.values[:10]))
    [kept] = draw_phases(PER_CENT, [Phase(0, frozen=baseline)], estimate=xmr_baseline)
    assert kept.baseline == baseline


def test_excluded_points_set_no_limits_and_interrupt_no_run() -> None:
    one = case("p_orangejuice_revised_then_phase2")
    sample = Counts.of_trials(one["data"]["count"], one["data"]["n"])
    phase: Phase[Counts] = Phase(0, baseline_points=30, excluded=(14, 22))
    [drawn] = draw_phases(sample, [phase], estimate=p_baseline)
    violations = one["expected"]["violations"]
    assert from_one(drawn.beyond_limits()) == violations["beyond_limits"]
    signals = drawn.signals(nelson((1, 2, 5, 6)))
    assert {name: from_one(flagged_points(signals, name)) for name in ("N1", "N2", "N5", "N6")} == {
        name: violations["run_rules"][name] for name in ("N1", "N2", "N5", "N6")
    }
    assert drawn.points_behind == 28


def test_an_excluded_individual_takes_its_moving_ranges_with_it() -> None:
    sample = Individuals.of([1.0, 2.0, 50.0, 3.0, 4.0])
    phase: Phase[Individuals] = Phase(0, excluded=(2,))
    [drawn] = draw_phases(sample, [phase], estimate=xmr_baseline)
    assert isinstance(drawn.baseline, XmrBaseline)
    assert (drawn.baseline.mean_moving_range, drawn.baseline.ranges, drawn.baseline.centre) == (1.0, 2, 2.5)
    assert drawn.beyond_limits() == (2,)


def test_three_phases_number_their_signals_by_the_sample() -> None:
    calm = [0.0, 1.0] * 5
    sample = Individuals.of([*calm, 9.0, *(10 + value for value in calm), 40.0, *(20 + value for value in calm), 60.0])
    phases: list[Phase[Individuals]] = [Phase(0, 10), Phase(11, 10), Phase(22, 10)]
    drawn = draw_phases(sample, phases, estimate=xmr_baseline)
    assert [phase.beyond_limits() for phase in drawn] == [(10,), (21,), (32,)]
    assert [phase.beyond_limits(1) for phase in drawn] == [(10,), (21,), (32,)]
    assert [flagged_points(phase.signals(nelson((1,))), "N1") for phase in drawn] == [(10,), (21,), (32,)]


LEARNING = Learning(least=5, trusted=24)


@pytest.mark.parametrize(
    ("points", "standing"), [(0, "waiting"), (4, "waiting"), (5, "learning"), (23, "learning"), (24, "established")]
)
def test_limits_are_learned(points: int, standing: str) -> None:
    values = np.random.default_rng(3).normal(10, 1, points)
    [drawn] = draw_phases(Individuals.of(values), [Phase(0)], estimate=xmr_baseline, learning=LEARNING)
    assert drawn.standing == standing
    assert drawn.points_behind == (0 if standing == "waiting" else points)
    assert (drawn.multiple == 3) == (standing == "established")
    assert drawn.multiple >= 3


def test_widened_limits_and_zones_grow_alike() -> None:
    values = np.random.default_rng(3).normal(10, 1, 12)
    [drawn] = draw_phases(Individuals.of(values), [Phase(0)], estimate=xmr_baseline, learning=LEARNING)
    panel = drawn.panels[0]
    assert np.allclose(panel.upper - panel.centre, 3 * panel.sigma)
    assert drawn.multiple > 4


def test_the_wrong_chart_is_no_reason_to_wait() -> None:
    sample = Counts.of([1, 2, 3], [1, 2, 1])
    with pytest.raises(InvalidStatisticsInput, match="use a u chart"):
        draw_phases(sample, [Phase(0)], estimate=c_baseline)


def test_times_between_events_are_judged_as_they_are_limited() -> None:
    values = [*np.random.default_rng(6).exponential(5, 12), 400.0]
    phase: Phase[Individuals] = Phase(0, baseline_points=12)
    [drawn] = draw_phases(Individuals.of(values), [phase], estimate=times_baseline, learning=LEARNING)
    assert drawn.standing == "learning"
    assert drawn.beyond_limits() == flagged_points(drawn.signals(nelson((1,))), "N1") == (12,)


def test_no_spread_without_neighbours_means_waiting() -> None:
    sample = Individuals.of([1.0, 2.0, 3.0])
    phase: Phase[Individuals] = Phase(0, excluded=(1,))
    [drawn] = draw_phases(sample, [phase], estimate=xmr_baseline)
    assert (drawn.standing, drawn.signals(nelson()), drawn.beyond_limits()) == ("waiting", (), ())


@pytest.mark.parametrize("firsts", [[], [1], [0, 0], [0, 5, 3], [0, 20]])
def test_phases_begin_at_the_first_point_and_ascend(firsts: list[int]) -> None:
    phases: list[Phase[Individuals]] = [Phase(first) for first in firsts]
    with pytest.raises(InvalidStatisticsInput, match="phases: begin at"):
        draw_phases(PER_CENT, phases, estimate=xmr_baseline)


@pytest.mark.parametrize(
    ("lower", "upper", "verdict"),
    [
        (88.1, 100, "hit_or_miss"),
        (96, 100, "capable"),
        (85, 93, "not_capable"),
        (95, 100, "capable"),
        (90, 95, "hit_or_miss"),
    ],
)
def test_natural_limits_against_a_target_of_95(lower: float, upper: float, verdict: str) -> None:
    assert against(lower, upper, comparator=">=", target=95) == verdict
    mirrored = against(-upper, -lower, comparator="<=", target=-95)
    assert mirrored == verdict


@pytest.mark.parametrize(
    ("lower", "upper", "verdict"), [(95, 100, "hit_or_miss"), (90, 95, "not_capable"), (95.1, 99, "capable")]
)
def test_a_strict_target_must_be_passed(lower: float, upper: float, verdict: str) -> None:
    assert against(lower, upper, comparator=">", target=95) == verdict
    assert against(-upper, -lower, comparator="<", target=-95) == verdict


def test_assurance_looks_at_the_newest_phase_alone() -> None:
    before, after = both_sides_of_the_cure()
    assert assurance(before, comparator=">=", target=70.0).verdict == "capable"
    found = assurance(after, comparator=">=", target=95.0)
    assert (found.verdict, found.stable, found.points, found.standing) == ("hit_or_miss", True, 10, "established")


def test_assurance_says_when_the_limits_promise_little() -> None:
    sample = Individuals.of([*PER_CENT.values[10:], 20.0])
    [drawn] = draw_phases(sample, [Phase(0, baseline_points=10)], estimate=xmr_baseline)
    assert not assurance(drawn, comparator=">=", target=95.0).stable


def test_assurance_without_limits_is_unknown() -> None:
    [drawn] = draw_phases(Individuals.of([1.0]), [Phase(0)], estimate=xmr_baseline)
    found = assurance(drawn, comparator=">=", target=0.5)
    assert (found.verdict, found.lower, found.upper) == ("unknown", None, None)
    assert replace(found, verdict="capable") != found
