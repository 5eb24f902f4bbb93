"""Conversion between units, as a factor and an offset, so that a whole column is converted at once."""

import math
import re
from functools import cache

import pint

_REGISTRY: pint.UnitRegistry[float] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True, cache_folder=None)
_NO_UNIT = "1"
_ONE = r"(?:[^\W\d]\w*|%|‰|°[A-Za-z]+)(?: ?(?:\*\*|\^) ?-?\d)?"
_WRITTEN = re.compile(rf"^(?:1|{_ONE})(?: ?[*/ ] ?{_ONE})*$")
"""What is given to pint at all: names with small exponents. It would compute `9**9**9`, which never ends."""
_LONGEST = 50
_FAR = 1e6


class UnitMismatch(ValueError):
    """The two units do not measure the same kind of thing, or not on scales that differ by factor and offset."""


def check_unit(unit: str) -> str:
    """The unit, if there is one of this name. Raises ValueError with the remedy."""
    remedy = f'{unit[:_LONGEST]!r} is not a unit; write for example min, kg, degC, or "1" for a plain number'
    if len(unit) > _LONGEST or not _WRITTEN.fullmatch(unit):
        raise ValueError(remedy)
    try:
        _REGISTRY.Unit(_named(unit))
    except Exception as error:
        raise ValueError(remedy) from error
    return unit


@cache
def conversion(from_unit: str, to_unit: str) -> tuple[float, float]:
    """(factor, offset) such that `x from_unit` is `factor · x + offset to_unit`.

    Raises:
        UnitMismatch: minutes are no kilograms, and decibels are no watts times a factor.
    """
    if from_unit == to_unit:
        return 1.0, 0.0
    try:
        zero, one, far = (_converted(number, from_unit, to_unit) for number in (0.0, 1.0, _FAR))
    except (pint.PintError, ArithmeticError, ValueError) as error:
        raise UnitMismatch(f"{from_unit} cannot be converted to {to_unit}") from error
    factor = one if zero == 0.0 else (far - zero) / _FAR
    if not math.isclose(far, factor * _FAR + zero, rel_tol=1e-9) or not math.isclose(one, factor + zero, rel_tol=1e-9):
        raise UnitMismatch(f"{from_unit} and {to_unit} do not differ by a factor and an offset")
    return factor, zero


def converts(from_unit: str, to_unit: str) -> bool:
    """Whether there is a conversion."""
    try:
        conversion(from_unit, to_unit)
    except UnitMismatch:
        return False
    return True


def _converted(number: float, from_unit: str, to_unit: str) -> float:
    return float(_REGISTRY.Quantity(number, _named(from_unit)).to(_named(to_unit)).magnitude)


def _named(unit: str) -> str:
    return "" if unit == _NO_UNIT else unit


def same(one: str, other: str) -> bool:
    """Whether a number in one is the same number in the other: `min` and `minute`, and never `min` and `h`."""
    try:
        return conversion(one, other) == (1.0, 0.0)
    except UnitMismatch:
        return False


def multiplied(one: str, other: str) -> str:
    """The unit of products, as pint writes it."""
    return _written(_REGISTRY.Unit(_named(one)) * _REGISTRY.Unit(_named(other)))


def divided(one: str, other: str) -> str:
    """The unit of quotients, as pint writes it."""
    return _written(_REGISTRY.Unit(_named(one)) / _REGISTRY.Unit(_named(other)))


def _written(unit: object) -> str:
    text = str(unit)
    return _NO_UNIT if text == "dimensionless" else text
