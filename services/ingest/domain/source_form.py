"""Reading a source as it was sent, against its reading type."""

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from services.ingest.domain.errors import invalid
from services.ingest.domain.quota import Quota
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.revision import TYPE_PREFIX
from services.ingest.domain.source import Constant, Origin, Place, Promise, Scalar, Source, canonical_text
from services.ingest.domain.times import is_time_zone
from shared.runtime.duration import format_duration, parse_duration
from shared.runtime.form import Form, a_name, a_text, titles
from shared.units.conversion import UnitMismatch, check_unit, conversion

_KEYS = (
    "reading_type",
    "event_types",
    "dimensions",
    "measures",
    "time",
    "horizon",
    "clock_tolerance",
    "time_zone",
    "quota",
    "cadence",
    "on_time_within",
    "title",
)
_PLACE_KEYS = ("path", "const", "unit", "map")
_NO_PLACE = "write a path such as data.line, {const: 1}, or {path: data.minutes, unit: min}"
_TEXT_ATTRIBUTES = ("id", "source", "type", "specversion", "time", "subject", "datacontenttype", "dataschema")
_UNLIMITED = "unlimited"
_HORIZON: timedelta | None = timedelta(days=400)
_CLOCK_TOLERANCE = timedelta(minutes=5)
_LONGEST = timedelta(days=36_500)
_LONGEST_PROMISE = timedelta(days=366)
_MOST_PARTS = 20


def read_source(name: str, body: Mapping[str, Any], types: Mapping[str, ReadingType]) -> Source:
    """Raises InvalidDefinition with every problem found, an unknown reading type and units that do not fit included."""
    form = Form(body)
    source = _read(form, name, 1)
    known = types.get(source.reading_type)
    if source.reading_type and known is None:
        form.report("reading_type", f"there is no reading type {source.reading_type!r}; define it first")
    if known is not None:
        _check_completeness(form, source, known)
        _check_units(form, source, known)
    _check_paths(form, source)
    if form.problems:
        raise invalid(form.problems)
    return source


def read_stored_source(name: str, version: int, body: Mapping[str, Any]) -> Source:
    """A source that was valid when it was stored; whether its reading type still fits is not asked."""
    form = Form(body)
    source = _read(form, name, version)
    _check_paths(form, source)
    if form.problems:
        raise invalid(form.problems)
    return source


def _read(form: Form, name: str, version: int) -> Source:
    form.only("a source", _KEYS)
    form.read("title", titles, None)
    try:
        a_name(name)
    except ValueError as error:
        form.report("name", str(error))
    return Source(
        name=name,
        version=version,
        reading_type=form.require("reading_type", a_name, "", remedy="name the reading type its events become"),
        event_types=form.require("event_types", _event_types, (), remedy="list the event types it sends"),
        dimensions=_origins(form, "dimensions", _dimension_origin),
        measures=_origins(form, "measures", _measure_origin),
        time=form.read("time", _time, None),
        horizon=form.read("horizon", _horizon, _HORIZON),
        clock_tolerance=form.read("clock_tolerance", _duration, _CLOCK_TOLERANCE),
        time_zone=form.read("time_zone", _time_zone, "UTC"),
        quota=form.read("quota", _quota, None),
        promise=Promise(
            cadence=form.read("cadence", _at_least(timedelta(seconds=1)), None),
            on_time_within=form.read("on_time_within", _at_least(timedelta(minutes=1)), None),
        ),
    )


def _origins(form: Form, section: str, read: Callable[[Any], Origin]) -> dict[str, Origin]:
    if section not in form.fields:
        return {}
    part = form.part(section, f"say where each of the {section} is found, as in {{line: data.line}}")
    for name, origin in part.fields.items():
        if origin is None:
            part.report(name, _NO_PLACE)
    placeholder: Origin = Constant(0)
    return {name: part.read(name, read, placeholder) for name in part.fields}


def _dimension_origin(value: Any) -> Origin:
    origin = _origin(value)
    if isinstance(origin, Place) and origin.unit is not None:
        raise ValueError("a dimension is a text and has no unit")
    return origin


def _measure_origin(value: Any) -> Origin:
    origin = _origin(value)
    if isinstance(origin, Constant):
        _number(origin.value)
    elif origin.translation is not None:
        for meant in origin.translation.values():
            _number(meant)
    elif origin.written in _TEXT_ATTRIBUTES:
        raise ValueError(f"{origin.written} is a text; a measure is a number, so give a map as in {{ok: 1, late: 0}}")
    return origin


def _origin(value: Any) -> Origin:
    """`data.line`, `{const: 1}`, `{path: data.minutes, unit: min}`, `{path: data.state, map: {ok: 1}}`."""
    if isinstance(value, str):
        return Place(_path(value))
    if not isinstance(value, Mapping):
        raise TypeError(_NO_PLACE)
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


def _scalar(value: Any) -> Scalar:
    if isinstance(value, str):
        return a_text(value) if value else value
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is neither text nor a number")
    if not _is_finite(value):
        raise ValueError("write a number that is finite")
    return value


def _number(value: Scalar) -> None:
    if isinstance(value, bool | str):
        raise TypeError(f"{value!r} is not a number; a measure is one")


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _path(value: Any) -> tuple[str, ...]:
    parts = tuple(a_text(value).split(".")) if isinstance(value, str) and value else ()
    if not parts or len(parts) > _MOST_PARTS or not all(parts):
        raise ValueError(f"{value!r} is not a path; write for example data.line")
    if parts == ("data",) or (parts[0] != "data" and len(parts) > 1):
        raise ValueError(f"{value!r}: paths lead into data, as data.line, or name an attribute such as subject")
    return parts


def _time(value: Any) -> tuple[str, ...] | None:
    path = _path(value)
    if path[0] in ("id", "source", "type", "specversion"):
        raise ValueError(f"{value!r} is no time; write for example data.measured_at")
    return None if path == ("time",) else path


def _event_types(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise TypeError("list at least one event type, such as [inspection.completed]")
    found = tuple(dict.fromkeys(a_text(event_type) for event_type in value))
    if any(event_type.startswith(TYPE_PREFIX) for event_type in found):
        raise ValueError(
            f"event types that begin with {TYPE_PREFIX} are Andon's own; every source may send corrections"
        )
    return found


def _horizon(value: Any) -> timedelta | None:
    return None if value == _UNLIMITED else _duration(value)


def _duration(value: Any) -> timedelta:
    return parse_duration(a_text(value), at_most=_LONGEST)


def _at_least(least: timedelta) -> Callable[[Any], timedelta]:
    def read(value: Any) -> timedelta:
        length = parse_duration(a_text(value), at_most=_LONGEST_PROMISE)
        if length < least:
            raise ValueError(f"{value} is shorter than {format_duration(least)}, the shortest there may be here")
        return length

    return read


def _quota(value: Any) -> Quota:
    if not isinstance(value, Mapping) or set(value) != {"events", "per"}:
        raise TypeError("write how many events in which time, as in {events: 60000, per: PT1M}")
    events = value["events"]
    if isinstance(events, bool) or not isinstance(events, int) or not 1 <= events <= 10**12:
        raise ValueError("events: write a whole number of at least 1")
    per = _duration(value["per"])
    if not per:
        raise ValueError("per: write a time that is longer than none, such as PT1M")
    return Quota(events, per)


def _time_zone(value: Any) -> str:
    if value not in available_timezones() or not is_time_zone(value):
        raise ValueError(f"{value!r} is not an IANA time zone; write for example Europe/Berlin")
    return str(value)


def _check_completeness(form: Form, source: Source, known: ReadingType) -> None:
    """Every dimension and measure has an origin, and none has one too many."""
    required = {name for name, measure in known.measures.items() if not measure.optional}
    for section, wanted, allowed, given in (
        ("dimensions", set(known.dimensions), set(known.dimensions), set(source.dimensions)),
        ("measures", required, set(known.measures), set(source.measures)),
    ):
        part = _below(form, section)
        for name in sorted(wanted - given):
            part.report(name, f"{name} is missing; say where it is found")
        for name in sorted(given - allowed):
            part.report(name, f"{name} is not one of the {section} of {known.name}")


def _check_units(form: Form, source: Source, known: ReadingType) -> None:
    for name, origin in source.measures.items():
        if name in known.measures and isinstance(origin, Place) and origin.unit is not None:
            try:
                conversion(origin.unit, known.measures[name].unit)
            except UnitMismatch as error:
                _below(form, "measures").report(name, str(error))


def _check_paths(form: Form, source: Source) -> None:
    """A path cannot lead through a value that another path takes, and a time cannot be a number as well."""
    places = [
        (section, name, origin)
        for section, origins in (("dimensions", source.dimensions), ("measures", source.measures))
        for name, origin in origins.items()
        if isinstance(origin, Place)
    ]
    taken = {origin.path for _, _, origin in places} | {source.time or ("time",)}
    for section, name, origin in places:
        if any(origin.path[:length] in taken for length in range(1, len(origin.path))):
            _below(form, section).report(name, f"{origin.written} leads through a value that another path takes")
        if section == "measures" and origin.translation is None and origin.path == source.time:
            _below(form, section).report(name, f"{origin.written} is the time, which is a text and no number")
    time = source.time or ()
    if any(time[:length] in taken for length in range(1, len(time))):
        form.report("time", f"{'.'.join(time)} leads through a value that another path takes")


def _below(form: Form, section: str) -> Form:
    """Where problems with single fields of a section are reported."""
    return Form({}, pointer=f"/{section}", problems=form.problems)
