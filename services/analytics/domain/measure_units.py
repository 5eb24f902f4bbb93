"""The units of measures, as ingest tells of them, and what follows for the unit of an indicator."""

from collections.abc import Mapping

from services.analytics.domain.indicator import Indicator
from services.analytics.domain.indicator_unit import of_values
from shared.units.conversion import converts, divided, same

MeasureUnits = Mapping[str, str]
"""Measure → unit."""
KnownUnits = Mapping[str, MeasureUnits]
"""Reading type → its measures' units. One that ingest has not told of, and a measure that it does not have, are not checked."""


def measured_unit_problem(indicator: Indicator, known: KnownUnits) -> str | None:
    """What is wrong with the unit of an indicator by those of its measures, and the remedy; None where nothing is, or nothing is known.

    A sum, a mean, an extreme, a quantile and a standard deviation are in the unit of their measure, a ratio in that of its
    quotient. Values are computed from the numbers as they are, so a unit of another scale is wrong, too.
    """
    found = _unit_of_values(indicator, known.get(indicator.reading_type, {}))
    if found is None or indicator.unit == found or same(found, of_values(indicator.unit)):
        return None
    remedy = f"write {found}"
    if converts(found, of_values(indicator.unit)):
        remedy = f"{remedy}, or give the measure this unit in its reading type: mappings then convert to it"
    return f"the values are in {found} by the reading type {indicator.reading_type}, not in {indicator.unit}; {remedy}"


def _unit_of_values(indicator: Indicator, units: MeasureUnits) -> str | None:
    formula = indicator.formula
    measured = [units.get(name) for name in formula.measures]
    if formula.kind == "count" or not measured or None in measured:
        return None
    named = [unit for unit in measured if unit is not None]
    return divided(named[0], named[1]) if formula.kind == "ratio" else named[0]
