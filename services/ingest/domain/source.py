"""A source: a registered sender, with the mapping from its payload to a reading type."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.ingest.domain.quota import Quota

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for every event."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is found: the parts of a dotted path, the first of them a CloudEvents attribute or `data`.

    Attributes:
        unit: unit of the number found there; None when it is the measure's own.
        translation: value found, as text → value meant; None when it is taken as it is.
    """

    path: tuple[str, ...]
    unit: str | None = None
    translation: Mapping[str, Scalar] | None = None

    @property
    def written(self) -> str:
        return ".".join(self.path)


Origin = Constant | Place

_LONGEST_INTEGER_BITS = 1600


def canonical_text(value: Scalar) -> str:
    """How a value that is not text is written as a dimension: `true`, `7`, `0.5`; whole floats without a fraction.

    An integer of more digits than a dimension may have is written in binary: still too long, but always writable.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER_BITS:
        return bin(value)
    return str(value)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a source is expected to keep, so that the quality of its data can be measured.

    Attributes:
        cadence: how far apart its readings are due; None where any number may come.
        on_time_within: how long after it was observed a reading may come; None for as long as is usual.
    """

    cadence: timedelta | None = None
    on_time_within: timedelta | None = None


NO_PROMISE = Promise()


@dataclass(frozen=True, slots=True)
class Source:
    """One version of a source.

    Attributes:
        quota: how many events it may send; None for any number.
        time: where the observed time is found; None for the event's `time`.
        horizon: oldest observed time accepted, counted back from acceptance; None for any.
        clock_tolerance: how far in the future an observed time may lie.
        time_zone: IANA name; the zone of times without an offset.
        promise: what is expected of its readings.
    """

    name: str
    version: int
    reading_type: str
    event_types: tuple[str, ...]
    dimensions: Mapping[str, Origin]
    measures: Mapping[str, Origin]
    time: tuple[str, ...] | None
    horizon: timedelta | None
    clock_tolerance: timedelta
    time_zone: str
    quota: Quota | None = None
    promise: Promise = NO_PROMISE

    @property
    def time_path(self) -> tuple[str, ...]:
        return self.time or ("time",)

    @property
    def time_written(self) -> str:
        return ".".join(self.time_path)
