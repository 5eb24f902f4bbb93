"""Published by ingest on `reading-types`: what the other services need to know of reading types."""

import msgspec

from shared.events.envelope import Contract

READING_TYPE_DEFINED = "andon.reading-type.defined.v1"


class MeasureDefined(Contract, frozen=True):
    """One measure. `unit` is that of its readings, as pint writes it; "1" for a plain number."""

    unit: str
    optional: bool = False


class ReadingTypeDefined(Contract, frozen=True):
    """A reading type as it now stands; a higher `version` replaces it."""

    name: str
    version: int
    dimensions: list[str]
    measures: dict[str, MeasureDefined] = msgspec.field(default_factory=dict)
