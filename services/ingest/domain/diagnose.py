"""Why one event cannot be decoded: looked at field by field, on the error path only."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from services.ingest.domain.quarantine import Reason, Rejected
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.source import Origin, Place, Source

MOST_SHOWN_CHARACTERS = 500
_SHOWN_IN_SENTENCE = 100
_Finding = tuple[Reason, str]
_MISSING: Any = object()


class Plan(Protocol):
    """What is needed of a source to say why an event does not fit it."""

    @property
    def source(self) -> Source: ...
    @property
    def reading_type(self) -> ReadingType: ...


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Names the first thing that is wrong, in the order: size, JSON, envelope, source, type, dimensions, measures, time."""

    plans: Mapping[str, Plan]
    most_bytes: int
    only: str | None = None

    def of(self, index: int, original: bytes) -> Rejected:
        """An event that could not be decoded, with its reason."""
        if len(original) > self.most_bytes:
            detail = f"the event has {len(original)} bytes; send at most {self.most_bytes}"
            return Rejected(index, None, None, Reason.TOO_LARGE, detail, original)
        document = parsed(original)
        if document is _MISSING:
            detail = "the event is not JSON in UTF-8; send one CloudEvent as a JSON object"
            return Rejected(index, None, None, Reason.MALFORMED_JSON, detail, original)
        reason, detail = self._finding(document) or _not_seen(original)
        return Rejected(index, _text(document, "id"), _text(document, "source"), reason, detail, original)

    def _finding(self, document: Any) -> _Finding | None:
        envelope = _envelope(document)
        if envelope is not None:
            return envelope
        sender = document["source"]
        plan = self.plans.get(sender)
        if plan is None:
            return Reason.UNKNOWN_SOURCE, self._unknown(sender)
        if document["type"] not in plan.source.event_types:
            known = ", ".join(plan.source.event_types)
            sentence = (
                f"type: source {sender} sends {known[:1000]}, not {_shown(document['type'])}; list it in the source"
            )
            return Reason.UNKNOWN_EVENT_TYPE, sentence
        return _dimensions(document, plan) or _measures(document, plan) or _time(document, plan.source)

    def _unknown(self, sender: str) -> str:
        if self.only is None or sender == self.only:
            return f"source: no source {_shown(sender)} is registered; PUT /v1/sources/… first, then replay"
        return f"source: {_shown(sender)} may not send on the topic of source {self.only}; use the topic raw.<source> of its own"


def event_id_of(original: bytes) -> str | None:
    """The id that an event carries, however wrong the rest of it is; None when it has none."""
    document = parsed(original)
    found = document.get("id") if isinstance(document, dict) else None
    return found if isinstance(found, str) and found else None


def parsed(original: bytes) -> Any:
    """Read as leniently as can be, so that NaN is found to be not finite rather than not JSON."""
    try:
        document = json.loads(original.decode())
        json.dumps(document, ensure_ascii=False).encode()  # a lone surrogate is no text in any encoding
    except (ValueError, RecursionError):
        return _MISSING
    return document


def _not_seen(original: bytes) -> _Finding:
    """Nothing that the mapping reads is wrong: then it is JSON only for the lenient, or an attribute of a wrong type."""
    try:
        msgspec.json.decode(original, type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        return Reason.MALFORMED_JSON, "the event holds something that JSON does not allow, such as NaN; leave it out"
    return Reason.NOT_A_CLOUDEVENT, "an attribute is not of the type that CloudEvents 1.0 gives it, or stands twice"


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
    for name in plan.reading_type.dimensions:
        origin = plan.source.dimensions.get(name)
        found = _dimension(document, name, origin) if isinstance(origin, Place) else None
        if found is not None:
            return found
    return None


def _dimension(document: dict[str, Any], name: str, origin: Place) -> _Finding | None:
    value = _at(document, origin.path)
    if value is _MISSING or value is None:
        return Reason.MISSING_FIELD, f"{origin.written}: is missing; dimension {name} is found there"
    if isinstance(value, dict | list):
        sentence = f"{origin.written}: dimension {name} is a text, not {_kind(value)}; send one value"
        return Reason.UNKNOWN_DIMENSION_VALUE, sentence
    if isinstance(value, float) and not math.isfinite(value):
        return Reason.NOT_FINITE, f"{origin.written}: dimension {name} is a text or a finite number"
    return None


def _measures(document: dict[str, Any], plan: Plan) -> _Finding | None:
    for name, defined in plan.reading_type.measures.items():
        origin: Origin | None = plan.source.measures.get(name)
        if not isinstance(origin, Place):
            continue
        value = _at(document, origin.path)
        if value is _MISSING or value is None:
            if defined.optional:
                continue
            return Reason.MISSING_FIELD, f"{origin.written}: is missing; measure {name} is found there"
        found = _measure(value, name, origin)
        if found is not None:
            return found
    return None


def _measure(value: Any, name: str, origin: Place) -> _Finding | None:
    if isinstance(value, dict | list) or (origin.translation is None and isinstance(value, bool | str)):
        remedy = "send a number without quotes" if isinstance(value, str) else "send a number"
        return Reason.NOT_A_NUMBER, f"{origin.written}: measure {name} is a number, not {_kind(value)}; {remedy}"
    if not _is_finite(value):
        return Reason.NOT_FINITE, f"{origin.written}: measure {name} must be a finite number"
    return None


def _time(document: dict[str, Any], source: Source) -> _Finding | None:
    value = _at(document, source.time_path)
    if value is not _MISSING and value is not None and not isinstance(value, str):
        sentence = f"{source.time_written}: is {_kind(value)}; write a text as in 2026-01-31T09:30:00Z"
        return Reason.TIME_UNREADABLE, sentence
    return None


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if not isinstance(document, dict) or part not in document:
            return _MISSING
        document = document[part]
    return document


def _is_finite(value: Any) -> bool:
    try:
        return not isinstance(value, int | float) or math.isfinite(value)
    except OverflowError:
        return False


def _text(document: Any, name: str) -> str | None:
    """An attribute, if it is text; cut where it gets long."""
    value = document.get(name) if isinstance(document, dict) else None
    return value[:MOST_SHOWN_CHARACTERS] if isinstance(value, str) else None


def _shown(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= _SHOWN_IN_SENTENCE else f"{shown[:_SHOWN_IN_SENTENCE]}…"


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
