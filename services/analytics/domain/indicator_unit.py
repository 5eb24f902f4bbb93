"""Whether the unit of an indicator is one that its values can have."""

from collections.abc import Mapping

from services.analytics.domain.expression import Expression, Negated, Number, Operation, Part
from services.analytics.domain.indicator import Indicator
from shared.units.conversion import UnitMismatch, check_unit, divided, multiplied, same

_PLAIN = "1"
_SHARE = "%"


def unit_problem(indicator: Indicator) -> str | None:
    """What is wrong with the unit by itself, and the remedy; None where nothing is."""
    try:
        check_unit(indicator.unit)
    except ValueError as error:
        return str(error)
    if indicator.formula.kind == "count" and indicator.unit != _PLAIN:
        return f'a count of readings is a plain number, not {indicator.unit}; write "1", or leave the unit out'
    return None


def derived_unit_problem(indicator: Indicator, known: Mapping[str, Indicator]) -> str | None:
    """What is wrong with the unit of an indicator by those of its parts, which are all known."""
    formula = indicator.formula
    if formula.expression is None:
        return None
    units = {name: of_values(known[name].unit) for name in formula.parts}
    try:
        found = _common(list(units.values())) if formula.weights else _unit_of(formula.expression, units)
    except UnitMismatch as error:
        return str(error)
    if found is None or same(found, of_values(indicator.unit)):
        return None
    return f"the values are in {found}, not in {indicator.unit}; write {found}"


def _unit_of(expression: Expression, units: Mapping[str, str]) -> str | None:
    """None where a number takes part: it may stand for any unit, as the 60 of `minutes / 60` does."""
    match expression:
        case Number():
            return None
        case Part(name):
            return units[name]
        case Negated(of):
            return _unit_of(of, units)
        case Operation(sign, left, right):
            one, other = _unit_of(left, units), _unit_of(right, units)
            if one is None or other is None:
                return None
            if sign in "+-":
                return _common([one, other])
            return multiplied(one, other) if sign == "×" else divided(one, other)


def _common(units: list[str]) -> str:
    first = units[0]
    for other in units[1:]:
        if not same(first, other):
            raise UnitMismatch(f"what is in {first} cannot be added to what is in {other}; use parts of one unit")
    return first


def of_values(unit: str) -> str:
    """What is shown in per cent is a plain number: a share."""
    return _PLAIN if unit == _SHARE else unit
