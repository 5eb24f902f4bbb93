"""Attainment: a goal against the KPI values of its period, computed exactly. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from services.goals.domain.goal import Goal, GoalSet, compare

_NOT_SUMMED = ("standard_deviation", "quantile", "derived", "weighted_score")


class Health(StrEnum):
    """How an active goal stands; the first that holds."""

    NO_DATA = "no_data"
    OFF_TRACK = "off_track"
    AT_RISK = "at_risk"
    ON_TRACK = "on_track"


class Result(StrEnum):
    """How a period has ended."""

    ACHIEVED = "achieved"
    PARTIALLY_ACHIEVED = "partially_achieved"
    MISSED = "missed"
    NOT_MEASURABLE = "not_measurable"


@dataclass(frozen=True, slots=True)
class WindowValue:
    """One KPI value of the goal's indicator and subject, as published; see `shared.events.kpi_values`."""

    start: datetime
    end: datetime
    formula: str
    value: float | None
    numerator: float | None
    denominator: float | None
    sample_size: int
    status: str
    judgement: str
    revision: int

    @property
    def is_final(self) -> bool:
        return self.status != "provisional"

    @property
    def is_judged(self) -> bool:
        return self.is_final and self.judgement == "judged" and self.value is not None


@dataclass(frozen=True, slots=True)
class Windows:
    """How many final windows of the period met the target, missed it, or were too small to be judged."""

    final: int
    met: int
    missed: int
    insufficient: int


@dataclass(frozen=True, slots=True)
class Attainment:
    """A goal as it stands. `actual` is the value of the whole period from summed parts, None while there is none."""

    goal: Goal
    actual: float | None
    numerator: float | None
    denominator: float | None
    sample_size: int
    windows: Windows
    is_met: bool | None
    health: Health
    result: Result
    reason: str


def attain(goal: Goal, goal_set: GoalSet, values: Sequence[WindowValue]) -> Attainment:
    """Attainment over the windows that begin inside the period. The order of `values` does not matter."""
    inside = sorted(
        (value for value in values if goal_set.starts <= value.start < goal_set.ends and value.is_final),
        key=lambda value: value.start,
    )
    judged = [value for value in inside if value.is_judged]
    met = [goal.is_met(exact(value)) for value in judged]
    windows = Windows(len(inside), sum(met), len(met) - sum(met), len(inside) - len(judged))
    total = whole_period(inside)
    health, reason = _health(goal, judged, total)
    return Attainment(
        goal=goal,
        actual=None if total is None else float(total.value),
        numerator=None if total is None else total.numerator,
        denominator=None if total is None else total.denominator,
        sample_size=sum(value.sample_size for value in inside),
        windows=windows,
        is_met=None if total is None else goal.is_met(total.value),
        health=health,
        result=_result(goal, total),
        reason=reason,
    )


@dataclass(frozen=True, slots=True)
class Total:
    """The value of several windows together."""

    value: Fraction
    numerator: float | None
    denominator: float | None


def whole_period(values: Sequence[WindowValue]) -> Total | None:
    """Summed parts, never the mean of window values: Σ numerator / Σ denominator; Σ for sums and counts; the extreme for
    minimum and maximum. What cannot be summed, as of windows that overlap, is represented by the newest window that is
    judged. None where nothing has a value.
    """
    present = [value for value in values if value.value is not None]
    if not present:
        return None
    formula = present[0].formula
    if formula in _NOT_SUMMED or _overlap(present):
        newest = max((value for value in present if value.is_judged), key=lambda value: value.start, default=None)
        return None if newest is None else Total(exact(newest), newest.numerator, newest.denominator)
    if formula in ("minimum", "maximum"):
        extreme = (min if formula == "minimum" else max)(Fraction(value.value or 0) for value in present)
        return Total(extreme, None, None)
    numerator = sum((Fraction(value.numerator or 0) for value in present), Fraction(0))
    if formula in ("sum", "count"):
        return Total(numerator, float(numerator), None)
    denominator = sum((Fraction(value.denominator or 0) for value in present), Fraction(0))
    if denominator == 0:
        return None
    return Total(numerator / denominator, float(numerator), float(denominator))


def _overlap(values: Sequence[WindowValue]) -> bool:
    ordered = sorted(values, key=lambda value: value.start)
    return any(later.start < earlier.end for earlier, later in pairwise(ordered))


def exact(value: WindowValue) -> Fraction:
    """A window's value without the rounding of the division: its numerator over its denominator where it has both."""
    if value.numerator is not None and value.denominator:
        return Fraction(value.numerator) / Fraction(value.denominator)
    return Fraction(value.value or 0)


def _health(goal: Goal, judged: Sequence[WindowValue], total: Total | None) -> tuple[Health, str]:
    if not judged or total is None:
        return Health.NO_DATA, "no final window of the period has enough data to be judged"
    rule = goal.breach
    run = 0
    for value in reversed(judged):
        if compare(exact(value), rule.comparator, Fraction(rule.target)):
            break
        run += 1
    if run >= rule.for_windows:
        return Health.OFF_TRACK, f"{run} windows running miss {rule.comparator} {rule.target}"
    if goal.comparator in (">=", ">") and goal.target >= 1 and total.value < 1 and judged[0].formula == "ratio":
        return Health.OFF_TRACK, f"{goal.target} can no longer be reached in this period"
    if not goal.is_met(exact(judged[-1])):
        return Health.AT_RISK, f"the last window misses {goal.comparator} {goal.target}"
    if not goal.is_met(total.value):
        return (
            Health.AT_RISK,
            f"the period so far is at {float(total.value):.6g}, the goal {goal.comparator} {goal.target}",
        )
    return Health.ON_TRACK, f"the period so far is at {float(total.value):.6g} and the last window meets the goal"


def _result(goal: Goal, total: Total | None) -> Result:
    if total is None:
        return Result.NOT_MEASURABLE
    if goal.is_met(total.value):
        return Result.ACHIEVED
    near = Fraction(goal.target) - Fraction(goal.tolerance) if goal.comparator[0] == ">" else Fraction(goal.target) + Fraction(goal.tolerance)  # fmt: skip
    within = goal.tolerance > 0 and compare(total.value, goal.comparator, near)
    return Result.PARTIALLY_ACHIEVED if within else Result.MISSED
