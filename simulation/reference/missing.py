"""The windows that should have readings: what a rule about missing data judges."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from simulation.reference.values import Value
from simulation.reference.windows import Window, windows_of

_SEEN_WITHIN = 30


def least_readings(body: Mapping[str, Any]) -> int:
    """How many readings a window must have by a rule."""
    return int(body.get("minimum_readings", 1))


def expected(
    values: Sequence[Value], *, body: Mapping[str, Any], indicator: Mapping[str, Any], calendar: Mapping[str, Any]
) -> list[Value]:
    """Of each window of a subject how many readings it has: from its first reading on, and for so many working windows after each.

    Nothing is to be expected of a window in which nobody works; it is judged where it has enough all the same.
    """
    least, seen_within = least_readings(body), body.get("seen_within", _SEEN_WITHIN)
    found: list[Value] = []
    for value, later in zip_longest(values, values[1:]):
        found.append(_counted(value.window, value.sample_size, least))
        for window in _working_after(value.window, seen_within, indicator=indicator, calendar=calendar):
            if later is not None and window.start >= later.start:
                break
            found.append(_counted(window, 0, least))
    return found


def _working_after(
    window: Window, count: int, *, indicator: Mapping[str, Any], calendar: Mapping[str, Any]
) -> Iterator[Window]:
    while count:
        window = windows_of(window.end, calendar, indicator["window"])[0]
        if window.is_worked:
            count -= 1
            yield window


def _counted(window: Window, readings: int, least: int) -> Value:
    is_judged = window.is_worked or readings >= least
    return Value(window, None, None, Fraction(readings), readings, is_judged)
