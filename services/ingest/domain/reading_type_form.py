"""Reading a reading type as it was sent."""

import math
from collections.abc import Mapping
from typing import Any

from services.ingest.domain.errors import invalid
from services.ingest.domain.reading_type import Measure, ReadingType
from shared.runtime.form import Form, a_name, a_text, titles, yes_or_no
from shared.units.conversion import check_unit

_KEYS = ("dimensions", "measures", "title")
_MEASURE_KEYS = ("unit", "minimum", "maximum", "at_most", "optional")
_NO_DIMENSIONS: Mapping[str, frozenset[str] | None] = {}
_MEASURES_REMEDY = 'write measures with their units, as in {"passed": {"unit": "1", "minimum": 0}}'


def read_reading_type(name: str, version: int, body: Mapping[str, Any]) -> ReadingType:
    """Raises InvalidDefinition with every problem found."""
    form = Form(body)
    form.only("a reading type", _KEYS)
    form.read("title", titles, None)
    _check_name(form, name)
    dimensions = form.read("dimensions", _dimensions, _NO_DIMENSIONS)
    measures = {key: _measure(form, key) for key in _measure_names(form)}
    _check_at_most(form, measures)
    if form.problems:
        raise invalid(form.problems)
    return ReadingType(name, version, dimensions, measures)


def _check_at_most(form: Form, measures: Mapping[str, Measure]) -> None:
    """It names another measure, in the same unit, because the two are compared as they are stored."""
    for measure in measures.values():
        if measure.at_most is None:
            continue
        part = Form({}, pointer=f"/measures/{measure.name}", problems=form.problems)
        other = measures.get(measure.at_most)
        if other is None or other.name == measure.name:
            part.report("at_most", f"{measure.at_most!r} is no other measure; name one of this reading type")
        elif other.unit != measure.unit:
            part.report("at_most", f"{other.name} has the unit {other.unit}, not {measure.unit}; give both the same")


def _check_name(form: Form, name: str) -> None:
    try:
        a_name(name)
    except ValueError as error:
        form.report("name", str(error))


def _dimensions(value: Any) -> Mapping[str, frozenset[str] | None]:
    """A list of names, or name → the values allowed (null or {} for any)."""
    if isinstance(value, list | tuple):
        found = [a_name(name) for name in value]
        if len(set(found)) != len(found):
            raise ValueError("a dimension stands in the list twice")
        return dict.fromkeys(found)
    if isinstance(value, Mapping):
        return {a_name(name): _allowed(allowed) for name, allowed in value.items()}
    raise TypeError("write a list of names such as [line, product]")


def _allowed(value: Any) -> frozenset[str] | None:
    values = value.get("values") if isinstance(value, Mapping) else value
    if values is None:
        return None
    if not isinstance(values, list) or not values:
        raise TypeError('write the values allowed, as in {"channel": {"values": ["phone", "chat"]}}, or null for any')
    return frozenset(a_text(allowed) for allowed in values)


def _measure_names(form: Form) -> list[str]:
    measures = form.part("measures", _MEASURES_REMEDY)
    found = []
    for name in measures.fields:
        try:
            found.append(a_name(name))
        except ValueError as error:
            measures.report(str(name), str(error))
    return found


def _measure(form: Form, name: str) -> Measure:
    part = form.part("measures", _MEASURES_REMEDY).part(name, 'write at least the unit, as in {"unit": "1"}')
    part.only("a measure", _MEASURE_KEYS)
    lower, upper = part.read("minimum", _bound, None), part.read("maximum", _bound, None)
    if lower is not None and upper is not None and lower > upper:
        part.report("minimum", f"{lower} lies above the maximum {upper}")
    return Measure(
        name=name,
        unit=part.read("unit", _unit, "1"),
        minimum=lower,
        maximum=upper,
        at_most=part.read("at_most", a_name, None),
        optional=part.read("optional", yes_or_no, False),
    )


def _unit(value: Any) -> str:
    return check_unit(a_text(str(value) if isinstance(value, int) else value))


def _bound(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    try:
        bound = float(value)
    except OverflowError:
        bound = math.inf
    if not math.isfinite(bound):
        raise ValueError("write a number that is finite")
    return bound
