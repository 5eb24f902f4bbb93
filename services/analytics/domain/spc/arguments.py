"""Arguments checked where they enter: which one is wrong, at which place, and what to do about it."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from services.analytics.domain.spc.errors import InvalidStatisticsInput

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Numbers = Sequence[float] | npt.NDArray[np.floating] | npt.NDArray[np.integer]


def finite_array(argument: str, values: Numbers) -> Floats:
    """A one-dimensional array of finite numbers, copied, so that a caller's later change reaches nobody."""
    array = np.array(values, dtype=np.float64)
    if array.ndim != 1:
        raise InvalidStatisticsInput(argument, problem=f"has {array.ndim} dimensions", remedy="give one row of numbers")
    wrong = np.flatnonzero(~np.isfinite(array))
    if wrong.size:
        raise InvalidStatisticsInput(
            f"{argument}/{wrong[0]}", problem=f"is {array[wrong[0]]}", remedy="leave points without a value out"
        )
    return array


def non_negative_array(argument: str, values: Numbers) -> Floats:
    array = finite_array(argument, values)
    _refuse_first(argument, array, wrong=array < 0, remedy="give numbers of 0 and more")
    return array


def positive_array(argument: str, values: Numbers) -> Floats:
    """Denominators, sample sizes, areas of opportunity: a point with nothing behind it has no value and is left out."""
    array = finite_array(argument, values)
    _refuse_first(argument, array, wrong=array <= 0, remedy="leave points with nothing behind them out")
    return array


def per_point(argument: str, values: Numbers | float, *, points: int) -> Floats:
    """One positive number per point, from one for all or one for each."""
    if isinstance(values, int | float):
        return np.full(points, positive(argument, float(values)))
    array = positive_array(argument, values)
    same_length(argument, array, points=points)
    return array


def same_length(argument: str, array: npt.NDArray[np.generic], *, points: int) -> None:
    if len(array) != points:
        raise InvalidStatisticsInput(
            argument, problem=f"has {len(array)} entries", remedy=f"give one for each of {points} points"
        )


def at_least(argument: str, value: float, *, least: float, remedy: str = "") -> float:
    if not (math.isfinite(value) and value >= least):
        raise InvalidStatisticsInput(argument, problem=f"is {value}", remedy=remedy or f"give {least} or more")
    return value


def positive(argument: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise InvalidStatisticsInput(argument, problem=f"is {value}", remedy="give a finite number above 0")
    return value


def finite(argument: str, value: float) -> float:
    if not math.isfinite(value):
        raise InvalidStatisticsInput(argument, problem=f"is {value}", remedy="give a finite number")
    return value


def between(argument: str, value: float, *, low: float, high: float) -> float:
    """A number strictly inside (low, high)."""
    if not low < value < high:
        raise InvalidStatisticsInput(argument, problem=f"is {value}", remedy=f"give a number between {low} and {high}")
    return value


def share(argument: str, value: float) -> float:
    """A number from 0 to 1, both included."""
    if not 0 <= value <= 1:
        raise InvalidStatisticsInput(argument, problem=f"is {value}", remedy="give a number from 0 to 1")
    return value


def _refuse_first(argument: str, array: Floats, *, wrong: Flags, remedy: str) -> None:
    places = np.flatnonzero(wrong)
    if places.size:
        raise InvalidStatisticsInput(f"{argument}/{places[0]}", problem=f"is {array[places[0]]:g}", remedy=remedy)
