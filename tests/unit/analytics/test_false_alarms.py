"""Run lengths of rules, against closed forms and against all sequences of a few windows."""

import itertools
import math
from typing import Any

import pytest

from services.analytics.domain.false_alarms import LONGEST, expected_run_length
from services.analytics.domain.rule_form import read_rule
from services.analytics.domain.rules.change import ChangeFromPrevious
from tests.unit.analytics.examples import rule


@pytest.mark.parametrize("needed", [1, 2, 3, 4])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_windows_running(needed: int, confidence: float) -> None:
    """Feller 1968, An Introduction to Probability Theory, volume 1, XIII.7: the waiting time for a run of successes."""
    chance = 1 - confidence
    wanted = (1 - chance**needed) / (confidence * chance**needed)
    found = expected_run_length(rule(for_windows=needed, confidence=confidence))
    assert found == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(("needed", "of"), [(2, 3), (2, 5), (3, 4)])
def test_some_of_several_windows(needed: int, of: int) -> None:
    """The mean is the sum of the chances of no alarm within 0, 1, 2, … windows; the rest of the sum is a geometric tail."""
    survival = [_no_alarm(length, needed, of) for length in range(17)]
    ratio = survival[-1] / survival[-2]
    wanted = math.fsum(survival) + survival[-1] * ratio / (1 - ratio)
    assert expected_run_length(rule(for_windows=needed, of=of, confidence=0.6)) == pytest.approx(wanted, rel=1e-3)


def _no_alarm(length: int, needed: int, of: int) -> float:
    total = 0.0
    for marks in itertools.product((0, 1), repeat=length):
        if not any(sum(marks[max(0, end - of) : end]) >= needed for end in range(1, length + 1)):
            total += math.prod(0.4 if mark else 0.6 for mark in marks)
    return total


def test_what_says_nothing_about_chance_has_none_and_what_never_comes_is_very_long() -> None:
    assert expected_run_length(rule()) is None
    assert expected_run_length(rule(condition=ChangeFromPrevious(0.1))) is None
    assert expected_run_length(rule(for_windows=50, of=100, confidence=0.95)) is None
    assert expected_run_length(rule(for_windows=100, confidence=0.95)) == LONGEST


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ({"kind": "control_chart", "run_rules": ["N1"]}, 370.4),
        ({"kind": "control_chart"}, 109.1),
        ({"kind": "control_chart", "run_rules": ["WE1", "WE2", "WE3", "WE4"]}, 91.75),
        ({"kind": "control_chart", "run_rules": ["N1"], "reports": "worse"}, 740.8),
        ({"kind": "ewma", "lambda": 0.1, "L": 2.814, "limits": "asymptotic"}, 500),
        ({"kind": "ewma", "lambda": 0.1, "L": 2.814}, 487.0),
        ({"kind": "cusum", "h": 4, "head_start": 2}, 148.7),
        ({"kind": "cusum", "h": 4, "reports": "worse"}, 335.4),
    ],
)
def test_rules_on_charts(fields: dict[str, Any], published: float) -> None:
    """Champ & Woodall 1987, Lucas & Saccucci 1990, Lucas & Crosier 1982; Nelson's together were simulated."""
    judged = read_rule("steady", 1, {"indicator": "first-pass-yield", **fields})
    assert expected_run_length(judged) == pytest.approx(published, rel=0.01)
