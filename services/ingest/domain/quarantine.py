"""Where an event goes that cannot become a reading: kept whole, with a reason, repairable and replayable."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why an event cannot become a reading. The list is closed."""

    MALFORMED_JSON = "malformed-json"
    NOT_A_CLOUDEVENT = "not-a-cloudevent"
    UNKNOWN_SOURCE = "unknown-source"
    UNKNOWN_EVENT_TYPE = "unknown-event-type"
    MISSING_FIELD = "missing-field"
    NOT_A_NUMBER = "not-a-number"
    NOT_FINITE = "not-finite"
    UNIT_MISMATCH = "unit-mismatch"
    VALUE_OUT_OF_RANGE = "value-out-of-range"
    INCONSISTENT_MEASURES = "inconsistent-measures"
    UNKNOWN_DIMENSION_VALUE = "unknown-dimension-value"
    TIME_MISSING = "time-missing"
    TIME_UNREADABLE = "time-unreadable"
    OBSERVED_IN_FUTURE = "observed-in-future"
    OBSERVED_TOO_OLD = "observed-too-old"
    TOO_LARGE = "too-large"
    ID_MISSING = "id-missing"


class State(StrEnum):
    """What has become of an entry."""

    OPEN = "open"
    RELEASED = "released"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Rejected:
    """One event of a batch that cannot become a reading; `detail` names the field and the remedy."""

    index: int
    event_id: str | None
    source: str | None
    reason: Reason
    detail: str
    original: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the quarantine, with what was done to it in `history`. The original is asked for by itself.

    Attributes:
        size: of the original, bytes.
        history: one line for each thing that people did to it, oldest first.
    """

    id: str
    source: str | None
    event_id: str | None
    reason: Reason
    detail: str
    size: int
    state: State
    quarantined_at: datetime
    history: Sequence[Mapping[str, Any]]


def entry_id(original: bytes) -> str:
    """The same bytes refused again are the same entry, whoever sent them and whatever is wrong with them now."""
    return f"q-{hashlib.sha256(original).hexdigest()[:32]}"
