"""A reference that is wrong is found out: the plant does what its rules are there to tell apart."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest

from simulation.reference.episodes import JUDGES, Misses
from simulation.reference.values import Value
from simulation.verdict import run_seed
from simulation.world import Plant

MOST_SEEDS = 30
Judge = Callable[[Mapping[str, Any], str], Misses]

right = JUDGES["cusum"]


def forgets_what_came_before(body: Mapping[str, Any], direction: str) -> Misses:
    """Each value is judged as if it were the first."""

    def judged(value: Value, before: Value | None) -> bool | None:
        misses = right(body, direction)
        return misses(value, before)

    return judged


def begins_anew_after_a_signal(body: Mapping[str, Any], direction: str) -> Misses:
    """The usual CUSUM of a machine that is set anew."""
    misses = right(body, direction)

    def judged(value: Value, before: Value | None) -> bool | None:
        nonlocal misses
        found = misses(value, before)
        if found:
            misses = right(body, direction)
        return found

    return judged


def sums_what_is_better(body: Mapping[str, Any], direction: str) -> Misses:
    """The other side."""
    other = {"higher_is_better": "lower_is_better", "lower_is_better": "higher_is_better"}
    return right(body, other[direction])


def goes_below_nothing(body: Mapping[str, Any], direction: str) -> Misses:
    """A sum of everything, good values saved up for bad ones."""
    total = Fraction(0)
    worse = -1 if direction == "higher_is_better" else 1
    centre, sigma, k, h = (Fraction(str(body[name])) for name in ("centre", "sigma", "k", "h"))

    def judged(value: Value, _: Value | None) -> bool:
        nonlocal total
        total += worse * (value.exact - centre) / sigma - k
        return total > h

    return judged


@pytest.mark.parametrize(
    "wrong",
    [forgets_what_came_before, begins_anew_after_a_signal, sums_what_is_better, goes_below_nothing],
    ids=lambda one: one.__name__,
)
def test_a_wrong_reference_of_cusum_is_found_out(plant: Plant, wrong: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(JUDGES, "cusum", wrong)
    found = (line for seed in range(MOST_SEEDS) for line in run_seed(plant, seed).wrong)
    assert any(line.startswith("anomalies:") and "yield-slips" in line for line in found)
