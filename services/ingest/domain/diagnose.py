"""Why one event cannot be decoded: looked at field by field, on the error path only."""

import json
import math
from collections.abc import Mapping
from typing import Any, Protocol

from services.ingest.domain.quarantine import Reason, Rejected
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.source import Place, Source


class Plan(Protocol):
    """What is needed of a source to say why an event does not fit it."""

    @property
    def source(self) -> Source: ...
    @property
    def reading_type(self) -> ReadingType: ...


_Finding = tuple[Reason, str]
_MISSING: Any = object()


def diagnose(index: int, original: bytes, plans: Mapping[str, Plan], *, most_bytes: int) -> Rejected:
    """The first thing that is wrong with an event, in the order: size, JSON, envelope, source, type, fields, time."""
    if len(original) > most_bytes:
        detail = f"the event has {len(original)} bytes; send at most {most_bytes}"
        return Rejected(index, None, None, Reason.TOO_LARGE, detail, original)
    document = _parsed(original)
    if document is _MISSING:
        detail = "the event is not JSON in UTF-8; send one CloudEvent as a JSON object"
        return Rejected(index, None, None, Reason.MALFORMED_JSON, detail, original)
    reason, detail = _finding(document, plans)
    return Rejected(index, _text(document, "id"), _text(document, "source"), reason, detail, original)


def _parsed(original: bytes) -> Any:
    """Read as leniently as can be, so that NaN is found to be not finite rather than not JSON."""
    try:
        document = json.loads(original.decode())
        json.dumps(document, ensure_ascii=False).encode()  # a lone surrogate is no text in any encoding
    except (ValueError, RecursionError):
        return _MISSING
    return document


def _finding(document: Any, plans: Mapping[str, Plan]) -> _Finding:
    envelope = _envelope(document)
    if envelope is not None:
        return envelope
    plan = plans.get(document["source"])
    if plan is None:
        return Reason.UNKNOWN_SOURCE, f"source: no source {document['source']!r} is registered; PUT /v1/sources first"
    if document["type"] not in plan.source.event_types:
        known = ", ".join(plan.source.event_types)
        return Reason.UNKNOWN_EVENT_TYPE, f"type: {plan.source.name} sends {known}, not {document['type']!r}"
    found = _dimensions(document, plan) or _measures(document, plan) or _time(document, plan.source)
    return found or (Reason.NOT_A_CLOUDEVENT, "an attribute is not of the type that CloudEvents 1.0 gives it")


def _envelope(document: Any) -> _Finding | None:
    if not isinstance(document, dict):
        return Reason.NOT_A_CLOUDEVENT, f"a CloudEvent is a JSON object, not {_kind(document)}"
    if document.get("specversion") != "1.0":
        return Reason.NOT_A_CLOUDEVENT, 'specversion: must be "1.0"'
    for name in ("source", "type"):
        if not isinstance(document.get(name), str) or not document[name]:
            return Reason.NOT_A_CLOUDEVENT, f"{name}: must be a text that is not empty"
    if not isinstance(document.get("id"), str) or not document["id"]:
        return Reason.ID_MISSING, "id: must be a text that is not empty; with source it names the event for ever"
    return None


def _dimensions(document: dict[str, Any], plan: Plan) -> _Finding | None:
    for name, origin in plan.source.dimensions.items():
        if not isinstance(origin, Place):
            continue
        value = _at(document, origin.path)
        if value is _MISSING or value is None:
            return Reason.MISSING_FIELD, f"{origin.written}: is missing; dimension {name} is found there"
        if isinstance(value, dict | list):
            return Reason.UNKNOWN_DIMENSION_VALUE, f"{origin.written}: dimension {name} is a text, not {_kind(value)}"
    return None


def _measures(document: dict[str, Any], plan: Plan) -> _Finding | None:
    for name, origin in plan.source.measures.items():
        if not isinstance(origin, Place):
            continue
        value = _at(document, origin.path)
        if value is _MISSING or value is None:
            if plan.reading_type.measures[name].optional:
                continue
            return Reason.MISSING_FIELD, f"{origin.written}: is missing; measure {name} is found there"
        if origin.translation is None and (isinstance(value, bool) or not isinstance(value, int | float)):
            return Reason.NOT_A_NUMBER, f"{origin.written}: measure {name} is a number, not {_kind(value)}"
        if isinstance(value, dict | list):
            return Reason.NOT_A_NUMBER, f"{origin.written}: measure {name} cannot be read from {_kind(value)}"
        if not _is_finite(value):
            return Reason.NOT_FINITE, f"{origin.written}: measure {name} must be a finite number"
    return None


def _time(document: dict[str, Any], source: Source) -> _Finding | None:
    path = source.time or ("time",)
    value = _at(document, path)
    if value is not _MISSING and value is not None and not isinstance(value, str):
        return Reason.TIME_UNREADABLE, f"{'.'.join(path)}: write the time as in 2026-01-31T09:30:00Z"
    return None


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if not isinstance(document, dict) or part not in document:
            return _MISSING
        document = document[part]
    return document


def _is_finite(value: Any) -> bool:
    try:
        return not isinstance(value, int | float) or math.isfinite(float(value))
    except OverflowError:
        return False


def _text(document: Any, name: str) -> str | None:
    """An attribute, if it is text that can be stored."""
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")[:500]


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
