"""The AsyncAPI document: every topic, who sends and receives it, and the schema of each event type."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import yaml

from shared.eventlog.dead_letters import DeadLetter, to_record
from shared.eventlog.port import Partition
from shared.events.anomalies import (
    ANOMALY_CLEARED,
    ANOMALY_RAISED,
    ANOMALY_UPDATED,
    ANOMALY_WITHDRAWN,
    AnomalySnapshot,
)
from shared.events.blocks import BLOCK_CONTENT_TYPE
from shared.events.definitions import CALENDAR_DEFINED, INDICATOR_DEFINED, CalendarDefined, IndicatorDefined
from shared.events.envelope import CONTENT_TYPE, Contract, Envelope
from shared.events.goal_changes import GOAL_BREACHED, GOAL_HEALTH_CHANGED, GoalHealthChanged, GoalSetChanged
from shared.events.issue_changes import IssueChanged
from shared.events.kpi_values import KPI_VALUE_COMPUTED, KpiValueComputed
from shared.events.pane_deltas import MARKS_HEADER, Marks, SourceMark
from shared.events.reading_types import READING_TYPE_DEFINED, ReadingTypeDefined
from shared.events.readings import FIXED_COLUMNS, READING_TYPE_HEADER, READING_TYPE_VERSION_HEADER
from shared.events.topics import (
    ANOMALIES,
    DEAD_LETTERS,
    DEFINITIONS,
    GOAL_CHANGES,
    ISSUE_CHANGES,
    KPI_VALUES,
    PANE_DELTAS,
    RAW_PARTITIONS,
    READING_TYPES,
    READINGS,
    TOPICS,
    Topic,
    raw_topic,
)
from tools.reference.document import Document, hashed

PATH = "docs/reference/asyncapi.yaml"
VERSION = "1.0.0"
"""Of the published language: minor for an added field or event type; a removal makes a new event version instead."""


@dataclass(frozen=True, slots=True)
class Published:
    """One contract on one topic, and the event types that carry it, as a list or as a pattern."""

    topic: str
    contract: type[Contract]
    types: tuple[str, ...] = ()
    pattern: str | None = None


_OF_AN_ISSUE = "action|actions|approval|cause|check|closure|issue|plan|standardisation|verdict"
"""What of an issue may change; the change's own name follows."""

PUBLISHED = (
    Published(KPI_VALUES, KpiValueComputed, (KPI_VALUE_COMPUTED,)),
    Published(ANOMALIES, AnomalySnapshot, (ANOMALY_RAISED, ANOMALY_UPDATED, ANOMALY_CLEARED, ANOMALY_WITHDRAWN)),
    Published(DEFINITIONS, CalendarDefined, (CALENDAR_DEFINED,)),
    Published(DEFINITIONS, IndicatorDefined, (INDICATOR_DEFINED,)),
    Published(READING_TYPES, ReadingTypeDefined, (READING_TYPE_DEFINED,)),
    Published(ISSUE_CHANGES, IssueChanged, pattern=rf"^andon\.({_OF_AN_ISSUE})\.[a-z_]+\.v1$"),
    Published(GOAL_CHANGES, GoalSetChanged, pattern=r"^andon\.goals\.[a-z_]+\.v1$"),
    Published(GOAL_CHANGES, GoalHealthChanged, (GOAL_HEALTH_CHANGED, GOAL_BREACHED)),
)

_NOT_JSON = {READINGS: "ReadingsBlock", PANE_DELTAS: "PaneDeltasBlock", DEAD_LETTERS: "DeadLetter"}
_RAW_CHANNEL = {
    "address": raw_topic("{source}"),
    "description": "What the producers of one source write; one metric event a record, or several as NDJSON.",
    "parameters": {"source": {"description": "The name under which the source is registered."}},
    "messages": {"MetricEvent": {"$ref": "#/components/messages/MetricEvent"}},
    "bindings": {"kafka": {"partitions": RAW_PARTITIONS}},
}
_METRIC_EVENT = {
    "name": "MetricEvent",
    "contentType": CONTENT_TYPE,
    "summary": "A CloudEvents 1.0 event, structured or in binary mode; the source's mapping says where its fields are.",
    "payload": {
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "minLength": 1},
            "source": {"type": "string", "description": "The registered name of the source."},
            "type": {"type": "string"},
            "time": {"type": "string", "description": "When it was observed, unless the mapping says otherwise."},
            "data": {},
        },
        "required": ["specversion", "id", "source", "type"],
    },
}
_DEAD_LETTER = DeadLetter(
    partition=Partition(raw_topic("mes-7"), 0),
    offset=0,
    key=None,
    value=b"",
    headers=(),
    consumer="ingest.raw",
    reason="malformed-json",
    detail="",
    attempts=1,
    failed_at=datetime.min,  # noqa: DTZ901 - only the names of the headers are looked at
)
_SCHEMA_REFERENCE = "#/components/schemas/{name}"


def contract_of(event_type: str) -> type[Contract]:
    """The contract that an event type carries. Raises LookupError for one that is not published."""
    for item in PUBLISHED:
        if event_type in item.types or (item.pattern and re.match(item.pattern, event_type)):
            return item.contract
    raise LookupError(f"no topic carries {event_type}")


def documents() -> Iterator[Document]:
    text = yaml.dump(_asyncapi(), sort_keys=False, allow_unicode=True, width=120)
    yield hashed(PATH, text.splitlines())


def _asyncapi() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Andon",
            "version": VERSION,
            "description": (
                "What the services of Andon tell each other and the world. Except for blocks, one record is one CloudEvents 1.0 "
                "event in JSON, a versioned snapshot in `data`; (source, id) names it for ever. Fields may be added, so readers "
                "pass over what they do not know. Addresses stand without ANDON_KAFKA_TOPIC_PREFIX."
            ),
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {"raw": _RAW_CHANNEL, **{topic.name: _channel(topic) for topic in TOPICS}},
        "operations": dict(_operations()),
        "components": {"messages": dict(_messages()), "schemas": _schemas()},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    names = _message_names(topic)
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"partitions": topic.partitions}},
    }


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "ingest.receive.raw", {"action": "receive", "channel": {"$ref": "#/channels/raw"}}
    for topic in TOPICS:
        done = [(topic.owner.removeprefix("the "), "send"), *((reader, "receive") for reader in topic.read_by)]
        for who, action in done:
            yield f"{who}.{action}.{topic.name}", {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message_names(topic: Topic) -> list[str]:
    found = [item.contract.__name__ for item in PUBLISHED if item.topic == topic.name]
    return found or [_NOT_JSON[topic.name]]


def _messages() -> Iterator[tuple[str, dict[str, Any]]]:
    for item in PUBLISHED:
        name = item.contract.__name__
        kind = {"type": "string"} | ({"pattern": item.pattern} if item.pattern else {"enum": list(item.types)})
        payload = {
            "allOf": [
                {"$ref": _SCHEMA_REFERENCE.format(name="CloudEvent")},
                {"properties": {"type": kind, "data": {"$ref": _SCHEMA_REFERENCE.format(name=name)}}},
            ]
        }
        yield name, {"name": name, "contentType": CONTENT_TYPE, "summary": _summary(item.contract), "payload": payload}
    yield (
        _NOT_JSON[READINGS],
        _block(
            f"Readings of one type, as an Arrow IPC stream: {', '.join(FIXED_COLUMNS)}, then dimension.<name> and measure.<name>.",
            {READING_TYPE_HEADER: {"type": "string"}, READING_TYPE_VERSION_HEADER: {"type": "string"}},
        ),
    )
    yield (
        _NOT_JSON[PANE_DELTAS],
        _block(
            "Partial aggregates, as an Arrow IPC stream; private to analytics.",
            {MARKS_HEADER: {"type": "array", "items": {"$ref": _SCHEMA_REFERENCE.format(name="Marks")}}},
        ),
    )

    yield (
        _NOT_JSON[DEAD_LETTERS],
        _with_headers(
            "A record that could not be handled: key and value as they were, a CloudEvent in binary mode; the record's own headers "
            "stand behind `original-`.",
            {name: {"type": "string"} for name, _ in to_record(_DEAD_LETTER).headers},
        ),
    )


def _block(summary: str, headers: dict[str, Any]) -> dict[str, Any]:
    return {"contentType": BLOCK_CONTENT_TYPE, **_with_headers(summary, headers)}


def _with_headers(summary: str, headers: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "headers": {"type": "object", "properties": headers, "required": list(headers)}}


def _summary(contract: type) -> str:
    return " ".join((inspect.getdoc(contract) or "").split("\n\n", maxsplit=1)[0].split())


def _schemas() -> dict[str, Any]:
    contracts = [item.contract for item in PUBLISHED]
    _, schemas = msgspec.json.schema_components([*contracts, Envelope[Any], Marks], ref_template=_SCHEMA_REFERENCE)
    schemas["CloudEvent"] = schemas.pop(next(name for name in schemas if name.startswith("Envelope"))) | {
        "title": "CloudEvent",
        "required": [
            "specversion",
            "id",
            "source",
            "type",
            "subject",
            "time",
            "recordedtime",
            "datacontenttype",
            "data",
        ],
    }
    _finish("CloudEvent", Envelope, schemas)
    structs: list[type[msgspec.Struct]] = [Marks, SourceMark, *Contract.__subclasses__()]
    for struct in structs:
        _finish(struct.__name__, struct, schemas)
    return dict(sorted(schemas.items()))


def _finish(name: str, struct: type[msgspec.Struct], schemas: dict[str, Any]) -> None:
    """Say which texts are moments, and take the indentation out of descriptions."""
    schema = schemas[name]
    schema["description"] = inspect.cleandoc(schema["description"])
    for field in msgspec.structs.fields(struct):
        shape = schema["properties"][field.encode_name]
        if field.type is datetime:
            shape["format"] = "date-time"
        elif field.type == datetime | None:
            shape["anyOf"][0]["format"] = "date-time"
