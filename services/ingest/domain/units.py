"""Conversion between units, as a factor and an offset, so that a whole column is converted at once."""

from functools import cache

import pint

_REGISTRY: pint.UnitRegistry[float] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True, cache_folder=None)
_NO_UNIT = "1"


class UnitMismatch(ValueError):
    """The two units do not measure the same kind of thing."""


def check_unit(unit: str) -> str:
    """The unit, if there is one of this name. Raises ValueError with the remedy."""
    try:
        _REGISTRY.Unit("" if unit == _NO_UNIT else unit)
    except Exception as error:
        raise ValueError(
            f'{unit!r} is not a unit; write for example min, kg, degC, or "1" for a plain number'
        ) from error
    return unit


@cache
def conversion(from_unit: str, to_unit: str) -> tuple[float, float]:
    """(factor, offset) such that `x from_unit` is `factor · x + offset to_unit`.

    Raises:
        UnitMismatch: minutes are no kilograms.
    """
    if from_unit == to_unit:
        return 1.0, 0.0
    try:
        zero, one = (_converted(number, from_unit, to_unit) for number in (0.0, 1.0))
    except pint.DimensionalityError as error:
        raise UnitMismatch(f"{from_unit} cannot be converted to {to_unit}") from error
    return one - zero, zero


def _converted(number: float, from_unit: str, to_unit: str) -> float:
    source, target = ("" if unit == _NO_UNIT else unit for unit in (from_unit, to_unit))
    return float(_REGISTRY.Quantity(number, source).to(target).magnitude)
