"""The scorer of labelled series: its two ends, what an error costs, and the files it reads."""

import json
from math import exp
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.seasonal.halves import gains, halves
from benchmarks.seasonal.labelled_series import Series, read_series
from benchmarks.seasonal.scoring import PROFILES, Profile, at, best, mark
from services.analytics.domain.seasonal.point import Observation

STANDARD, LOW_FP, LOW_FN = (PROFILES[name] for name in ("standard", "low_fp", "low_fn"))
SERIES = Series(
    group="real",
    name="one.csv",
    stamps=tuple(map(str, range(100))),
    points=tuple(Observation(float(i), 0.0, 0.0) for i in range(100)),
    windows=((30, 39), (60, 79)),
)
ALARM = 1.0


def _scores(*alarms: int) -> list[float]:
    return [ALARM if row in alarms else 0.0 for row in range(100)]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_alarms_at_the_first_rows_are_perfect_and_none_at_all_is_nothing(profile: Profile) -> None:
    assert at(mark(SERIES, _scores(30, 60)), profile, ALARM).score == pytest.approx(100.0)
    assert at(mark(SERIES, _scores()), profile, ALARM).score == 0.0


def test_only_the_earliest_alarm_of_a_window_counts_and_late_is_less() -> None:
    early, late = at(mark(SERIES, _scores(60, 61, 79)), STANDARD, ALARM), at(mark(SERIES, _scores(78)), STANDARD, ALARM)
    assert early.score == pytest.approx(50.0)
    assert 25.0 < late.score < 35.0
    assert (early.hit, early.false_alarms) == (1, 0)


def test_a_false_alarm_costs_by_profile_and_less_close_behind_a_window() -> None:
    far, close = mark(SERIES, _scores(30, 60, 20)), mark(SERIES, _scores(30, 60, 40))
    assert at(far, STANDARD, ALARM).score == pytest.approx(100.0 - 100.0 * 0.11 / 4.0)
    assert at(far, LOW_FP, ALARM).score == pytest.approx(100.0 - 100.0 * 0.22 / 4.0)
    behind = 1.0 - 2.0 / (1.0 + exp(5.0 / 9.0))
    assert at(close, STANDARD, ALARM).score == pytest.approx(100.0 - 100.0 * 0.11 * behind / 4.0)


def test_a_missed_window_costs_more_where_missing_is_worse() -> None:
    missed = mark(SERIES, _scores(30))
    assert at(missed, STANDARD, ALARM).score == pytest.approx(50.0)
    assert at(missed, LOW_FN, ALARM).score == pytest.approx(50.0)
    assert at(missed, LOW_FN, ALARM).possible == 6.0


def test_the_first_rows_of_a_file_do_not_count() -> None:
    assert len(mark(SERIES, _scores())) == 85
    assert at(mark(SERIES, _scores(14)), STANDARD, ALARM).false_alarms == 0
    assert at(mark(SERIES, _scores(15)), STANDARD, ALARM).false_alarms == 1


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=100, max_size=100))
def test_the_best_threshold_is_at_least_as_good_as_each_other(scores: list[float]) -> None:
    marked = mark(SERIES, scores)
    top = best(marked, STANDARD)
    assert top.score == max(0.0, *(at(marked, STANDARD, score).score for score in set(scores)))
    assert top.score <= 100.0


def test_halves_of_files_that_are_alike_score_alike() -> None:
    one = gains(mark(SERIES, _scores(30, 60)), STANDARD, 0.5)
    shipped, other = halves([one] * 4, 0.5, draws=10)
    assert (shipped.low, shipped.median, shipped.high) == pytest.approx((100.0, 100.0, 100.0))
    assert other == shipped


def test_a_folder_is_read_by_its_labels_and_missing_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    rows = [f"2026-01-05 {hour:02}:30:00,{hour}" for hour in range(24)]
    (tmp_path / "real" / "one.csv").write_text("\n".join(["timestamp,value", *rows]))
    windows = [["2026-01-05 20:30:00.000000", "2026-01-05 22:30:00.000000"]]
    (tmp_path / "windows.json").write_text(json.dumps({"real/one.csv": windows, "real/two.csv": []}))
    (series,) = read_series(tmp_path)
    assert (series.group, series.name, series.windows, series.probation) == ("real", "one.csv", ((20, 22),), 3)
    assert series.points[6] == Observation(1_767_594_600.0, 6.5, 6.0)
