"""Slopes and medians."""

from benchmarks.measurement import STEADY, Measurement, middle, steady_state
from benchmarks.report import ratio


def _run(events: int, wall: float, cpu: float | None = None) -> Measurement:
    return Measurement(
        part="p", contender="c", case=f"{events:,} events", events=events, wall_seconds=wall, cpu_seconds=cpu
    )


def test_what_both_runs_have_in_common_does_not_count() -> None:
    slope = steady_state(_run(100, 11.0, 6.0), _run(600, 21.0, 8.5))
    assert slope is not None
    assert (slope.case, slope.events) == (STEADY, 500)
    assert (slope.per_wall_second, slope.per_cpu_second) == (50.0, 200.0)


def test_a_larger_run_that_cost_no_more_says_nothing() -> None:
    assert steady_state(_run(100, 11.0, 6.0), _run(600, 10.0, 8.5)) is None
    assert steady_state(_run(100, 11.0, 6.0), _run(600, 21.0, 6.0)) is None


def test_cpu_that_was_not_measured_stays_unknown() -> None:
    slope = steady_state(_run(100, 1.0), _run(600, 2.0))
    assert slope is not None
    assert slope.per_cpu_second is None


def test_the_middle_of_repeated_runs_is_one_of_them() -> None:
    runs = [_run(10, 9.0, 3.0), _run(10, 1.0, 1.0), _run(10, 5.0, 2.0)]
    assert middle(runs) is runs[2]
    assert middle(runs[:2]) is runs[1]


def test_ratios_are_of_cpu_where_both_know_it() -> None:
    assert ratio(_run(100, 1.0, 2.0), _run(100, 8.0, 1.0)) == "0.50"
    assert ratio(_run(100, 1.0), _run(100, 8.0, 1.0)) == "8.00"
