"""Shapes of requests and answers."""

import base64
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.ingest.domain.definition import Definition
from services.ingest.domain.quarantine import Entry
from services.ingest.entrypoints.intake import Taken

Text = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]
"""Text that every database keeps."""


class DefinitionShape(BaseModel):
    """A definition in force."""

    name: str
    version: int
    definition: dict[str, Any]


class RejectedShape(BaseModel):
    """One event that could not become a reading."""

    index: int = Field(description="position in the request, from 0")
    id: str | None
    reason: str
    detail: str
    quarantine_id: str


class AcceptedShape(BaseModel):
    """What became of the events of a request."""

    accepted: int = Field(description="readings on the log, copies of earlier ones included")
    rejected: list[RejectedShape]
    rejected_count: int = Field(description="how many there are in all; the list ends at 10,000")


class EntryShape(BaseModel):
    """One entry of the quarantine. `original` is text where it is UTF-8, base64 under `original_base64` elsewhere."""

    id: str
    source: str | None
    event_id: str | None
    reason: str
    detail: str
    state: str
    quarantined_at: datetime
    original: str | None
    original_base64: str | None
    history: list[dict[str, Any]]


class ReleaseRequest(BaseModel):
    """The corrected event, whole."""

    model_config = ConfigDict(extra="forbid")

    event: dict[str, Any]


class DiscardRequest(BaseModel):
    """Why the entry is let go."""

    model_config = ConfigDict(extra="forbid")

    reason: Text


class ReplayRequest(BaseModel):
    """Which open entries are mapped again; none of the fields means all."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    source: Text | None = None
    reason: Text | None = None
    since: datetime | None = Field(default=None, alias="from")
    until: datetime | None = Field(default=None, alias="to")


class ReplayedShape(BaseModel):
    """How many entries became readings, and how many did not."""

    replayed: int
    still_quarantined: int


def from_definition(definition: Definition) -> DefinitionShape:
    return DefinitionShape(name=definition.name, version=definition.version, definition=dict(definition.body))


def from_taken(taken: Taken) -> AcceptedShape:
    rejected = [
        RejectedShape(
            index=index,
            id=refused.event_id,
            reason=refused.reason.value,
            detail=refused.detail,
            quarantine_id=entry_id,
        )
        for index, refused, entry_id in taken.rejected
    ]
    return AcceptedShape(accepted=taken.accepted, rejected=rejected, rejected_count=taken.rejected_count)


def from_entry(entry: Entry) -> EntryShape:
    text, encoded = _original(entry.original)
    return EntryShape(
        id=entry.id,
        source=entry.source,
        event_id=entry.event_id,
        reason=entry.reason.value,
        detail=entry.detail,
        state=entry.state.value,
        quarantined_at=entry.quarantined_at,
        original=text,
        original_base64=encoded,
        history=[dict(line) for line in entry.history],
    )


def _original(original: bytes) -> tuple[str | None, str | None]:
    try:
        return original.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(original).decode()
