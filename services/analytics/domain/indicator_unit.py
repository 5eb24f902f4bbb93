"""Whether the unit of an indicator is one that its values can have."""

from services.analytics.domain.indicator import Indicator
from shared.units.conversion import check_unit

_PLAIN = "1"


def unit_problem(indicator: Indicator) -> str | None:
    """What is wrong with the unit, and the remedy; None where nothing is."""
    try:
        check_unit(indicator.unit)
    except ValueError as error:
        return str(error)
    if indicator.formula.kind == "count" and indicator.unit != _PLAIN:
        return f'a count of readings is a plain number, not {indicator.unit}; write "1", or leave the unit out'
    return None
