"""Shapes of requests and answers."""

import base64
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.ingest.domain.definition import Definition
from services.ingest.domain.quarantine import Entry, Reason
from services.ingest.entrypoints.intake import MOST_LISTED, Taken
from services.ingest.use_cases.settle_quarantined import Replayed

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
    rejected_count: int | None = Field(
        default=None, description=f"only beside a list that ends at {MOST_LISTED:,}: how many there are in all"
    )
    rejected_by_reason: dict[str, int] | None = Field(
        default=None, description="only beside a list that was cut: how many there are of each reason"
    )


class EntryShape(BaseModel):
    """One entry of the quarantine. `size` is that of the original, in bytes."""

    id: str
    source: str | None
    event_id: str | None
    reason: str
    detail: str
    state: str
    quarantined_at: datetime
    size: int
    history: list[dict[str, Any]]


class OriginalShape(EntryShape):
    """An entry with its original: as text where it is UTF-8, elsewhere in base64."""

    original: str | None
    original_base64: str | None


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
    reason: Reason | None = None
    since: datetime | None = Field(default=None, alias="from")
    until: datetime | None = Field(default=None, alias="to")


class ReplayedShape(BaseModel):
    """How many entries became readings, and how many did not, by the reason that keeps them now."""

    replayed: int
    still_quarantined: int
    reasons: dict[str, int]


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
    shape = AcceptedShape(accepted=taken.accepted, rejected=rejected)
    if len(rejected) < taken.reasons.total():
        shape.rejected_count, shape.rejected_by_reason = taken.reasons.total(), dict(taken.reasons)
    return shape


def from_replayed(done: Replayed) -> ReplayedShape:
    return ReplayedShape(replayed=done.replayed, still_quarantined=done.still.total(), reasons=dict(done.still))


def from_entry(entry: Entry) -> EntryShape:
    return EntryShape(**_shown(entry))


def with_original(entry: Entry, original: bytes) -> OriginalShape:
    try:
        text, encoded = original.decode(), None
    except UnicodeDecodeError:
        text, encoded = None, base64.b64encode(original).decode()
    return OriginalShape(**_shown(entry), original=text, original_base64=encoded)


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "source": entry.source,
        "event_id": entry.event_id,
        "reason": entry.reason.value,
        "detail": entry.detail,
        "state": entry.state.value,
        "quarantined_at": entry.quarantined_at,
        "size": entry.size,
        "history": [dict(line) for line in entry.history],
    }
