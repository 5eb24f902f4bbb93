"""Numbers of rules as people write them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

_LARGEST = 10**15


def a_decimal(value: Any) -> Decimal:
    """The number as it was written: the shortest decimal that the double stands for."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN alone
        raise TypeError(f"{value!r} is not a number")
    if not -_LARGEST <= value <= _LARGEST:
        raise ValueError(f"targets lie between -{_LARGEST:.0e} and {_LARGEST:.0e}")
    return Decimal(str(value))


def a_size(value: Any) -> float:
    """A number that is not negative."""
    size = float(a_decimal(value))
    if size < 0:
        raise ValueError(f"{value!r} is no size; write a number from 0")
    return size


def a_number_between(least: float, most: float) -> Callable[[Any], float]:
    """A reader of numbers from `least` to `most`, both included."""

    def read(value: Any) -> float:
        number = float(a_decimal(value))
        if not least <= number <= most:
            raise ValueError(f"{value!r} is not a number from {least:g} to {most:g}")
        return number

    return read
