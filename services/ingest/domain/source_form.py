"""Reading a source as it was sent, against its reading type."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from services.ingest.domain.errors import invalid
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.source import Constant, Origin, Place, Scalar, Source
from services.ingest.domain.units import check_unit, conversion
from shared.runtime.duration import parse_duration
from shared.runtime.form import Form, a_name, a_text

_KEYS = (
    "reading_type",
    "event_types",
    "dimensions",
    "measures",
    "time",
    "horizon",
    "clock_tolerance",
    "time_zone",
    "title",
)
_PLACE_KEYS = ("path", "const", "unit", "map")
_UNLIMITED = "unlimited"
_HORIZON: timedelta | None = timedelta(days=400)
_CLOCK_TOLERANCE = timedelta(minutes=5)
_LONGEST = timedelta(days=36_500)
_MOST_PARTS = 20


def read_source(name: str, body: Mapping[str, Any], types: Mapping[str, ReadingType]) -> Source:
    """Raises InvalidDefinition with every problem found, an unknown reading type and units that do not fit included."""
    form = Form(body)
    source = _read(form, name, 1)
    known = types.get(source.reading_type)
    if source.reading_type and known is None:
        form.report("reading_type", f"there is no reading type {source.reading_type!r}; define it first")
    if known is not None:
        _check_against(form, source, known)
    _check_paths(form, source)
    if form.problems:
        raise invalid(form.problems)
    return source


def read_stored_source(name: str, version: int, body: Mapping[str, Any]) -> Source:
    """A source that was valid when it was stored; whether its reading type still fits is not asked."""
    form = Form(body)
    source = _read(form, name, version)
    if form.problems:
        raise invalid(form.problems)
    return source


def _read(form: Form, name: str, version: int) -> Source:
    form.only("a source", _KEYS)
    try:
        a_name(name)
    except ValueError as error:
        form.report("name", str(error))
    reading_type = form.require("reading_type", a_name, "", remedy="name the reading type its events become")
    return Source(
        name=name,
        version=version,
        reading_type=reading_type,
        event_types=form.require("event_types", _event_types, (), remedy="list the event types it sends"),
        dimensions=_origins(form, "dimensions"),
        measures=_origins(form, "measures"),
        time=form.read("time", _time, None),
        horizon=form.read("horizon", _horizon, _HORIZON),
        clock_tolerance=form.read("clock_tolerance", _duration, _CLOCK_TOLERANCE),
        time_zone=form.read("time_zone", _time_zone, "UTC"),
    )


def _origins(form: Form, section: str) -> dict[str, Origin]:
    if section not in form.fields:
        return {}
    part = form.part(section, f"say where each of the {section} is found, as in {{line: data.line}}")
    placeholder: Origin = Constant("")
    return {name: part.read(name, _origin, placeholder) for name in part.fields}


def _origin(value: Any) -> Origin:
    """`data.line`, `{const: 1}`, `{path: data.minutes, unit: min}`, `{path: data.state, map: {ok: 1}}`."""
    if isinstance(value, str):
        return Place(_path(value))
    if not isinstance(value, Mapping):
        raise TypeError("write a path such as data.line, {const: 1}, or {path: data.minutes, unit: min}")
    unknown = [key for key in value if key not in _PLACE_KEYS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not known here; use {', '.join(_PLACE_KEYS)}")
    if "const" in value:
        if len(value) > 1:
            raise ValueError("a constant has no path, unit or map")
        return Constant(_scalar(value["const"]))
    unit = None if value.get("unit") is None else check_unit(a_text(str(value["unit"])))
    return Place(_path(value.get("path")), unit, _translation(value.get("map")))


def _translation(value: Any) -> Mapping[str, Scalar] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value:
        raise TypeError("a map gives a value for each value found, as in {ok: 1, late: 0}")
    return {canonical_text(_scalar(found)): _scalar(meant) for found, meant in value.items()}


def canonical_text(value: Scalar) -> str:
    """How a value that is not text is written as a dimension: `true`, `7`, `0.5`; whole floats without a fraction."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _scalar(value: Any) -> Scalar:
    if not isinstance(value, str | int | float):
        raise TypeError(f"{value!r} is neither text nor a number")
    return a_text(value) if isinstance(value, str) and value else value


def _path(value: Any) -> tuple[str, ...]:
    parts = tuple(value.split(".")) if isinstance(value, str) else ()
    if not parts or len(parts) > _MOST_PARTS or not all(parts) or "\x00" in str(value):
        raise ValueError(f"{value!r} is not a path; write for example data.line")
    if parts == ("data",) or (parts[0] != "data" and len(parts) > 1):
        raise ValueError(f"{value!r}: paths lead into data, as data.line, or name an attribute such as subject")
    return parts


def _time(value: Any) -> tuple[str, ...] | None:
    path = _path(value)
    return None if path == ("time",) else path


def _event_types(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise TypeError("list at least one event type, such as [inspection.completed]")
    return tuple(dict.fromkeys(a_text(event_type) for event_type in value))


def _horizon(value: Any) -> timedelta | None:
    return None if value == _UNLIMITED else _duration(value)


def _duration(value: Any) -> timedelta:
    return parse_duration(a_text(value), at_most=_LONGEST)


def _time_zone(value: Any) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is not an IANA time zone; write for example Europe/Berlin")
    return str(value)


def _check_against(form: Form, source: Source, known: ReadingType) -> None:
    """Every dimension and measure has an origin, none has one too many, and units fit."""
    for section, wanted, given in (
        ("dimensions", set(known.dimensions), source.dimensions),
        ("measures", {name for name, measure in known.measures.items() if not measure.optional}, source.measures),
    ):
        for name in sorted(wanted - set(given)):
            form.report(section, f"{name} is missing; say where it is found")
        allowed = set(known.dimensions) if section == "dimensions" else set(known.measures)
        for name in sorted(set(given) - allowed):
            form.report(section, f"{name} is not one of the {section} of {known.name}")
    for name, origin in source.measures.items():
        if name in known.measures and isinstance(origin, Place) and origin.unit is not None:
            try:
                conversion(origin.unit, known.measures[name].unit)
            except ValueError as error:
                form.report("measures", f"{name}: {error}")
        if isinstance(origin, Constant) and (isinstance(origin.value, bool | str)):
            form.report("measures", f"{name}: a constant measure is a number")


def _check_paths(form: Form, source: Source) -> None:
    """A path cannot lead through a value that another path takes."""
    paths = {
        origin.path for origin in (*source.dimensions.values(), *source.measures.values()) if isinstance(origin, Place)
    }
    paths |= {source.time} if source.time else set()
    for path in sorted(paths):
        if any(path[:length] in paths for length in range(1, len(path))):
            form.report("measures", f"{'.'.join(path)} leads through a value that another path takes")
