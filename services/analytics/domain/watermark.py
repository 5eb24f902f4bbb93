"""How far the sources of a reading type have come, and which windows are final by it.

Each fold says, per source, the largest observed time it has counted on its partition of `readings`, and whether the partition
had been read to its end. A source's watermark is the least of them over the partitions that carry it and still have something
to read; when none has, the largest. It never goes back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SourceMark:
    """How far one source has come on one partition of `readings`; times are UTC."""

    reading_type: str
    source: str
    observed_until: datetime
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class PartitionMarks:
    """What one fold transaction knows of one partition of `readings`.

    Attributes:
        partitions: how many partitions `readings` has.
        reached: the offset up to which this one has been folded.
        revision: of the definitions by which it was.
    """

    readings_partition: int
    at_end: bool
    sources: tuple[SourceMark, ...] = ()
    partitions: int = 1
    reached: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """What stage two has been told of one source, on one of its own partitions.

    Attributes:
        observed_until: partition of `readings` → largest observed time counted there.
        arrived_at: when the log took the newest block.
    """

    reading_type: str
    name: str
    observed_until: Mapping[int, datetime]
    arrived_at: datetime
    watermark: datetime


@dataclass(frozen=True, slots=True)
class Watermarks:
    """All sources, and which partitions of `readings` have been read to their end."""

    sources: tuple[Source, ...] = ()
    at_end: Mapping[int, bool] = field(default_factory=dict)


def note(known: Watermarks, marks: Iterable[PartitionMarks]) -> Watermarks:
    """Add the marks of a batch, in the order of the log. Marks that were noted before change nothing."""
    at_end = dict(known.at_end)
    sources = {(source.reading_type, source.name): source for source in known.sources}
    for mark in marks:
        at_end[mark.readings_partition] = mark.at_end
        for told in mark.sources:
            key = (told.reading_type, told.source)
            sources[key] = _told(sources.get(key), told, mark.readings_partition)
    return Watermarks(tuple(_advanced(source, at_end) for source in sources.values()), at_end)


def _told(source: Source | None, told: SourceMark, partition: int) -> Source:
    if source is None:
        at = {partition: told.observed_until}
        return Source(told.reading_type, told.source, at, told.arrived_at, watermark=_BEGINNING)
    until = max(told.observed_until, source.observed_until.get(partition, _BEGINNING))
    return replace(
        source,
        observed_until={**source.observed_until, partition: until},
        arrived_at=max(source.arrived_at, told.arrived_at),
    )


def _advanced(source: Source, at_end: Mapping[int, bool]) -> Source:
    behind = [until for partition, until in source.observed_until.items() if not at_end.get(partition, False)]
    watermark = min(behind) if behind else max(source.observed_until.values())
    return replace(source, watermark=max(watermark, source.watermark))


class WaitingFor(Enum):
    """Why the windows of an indicator stay open."""

    FIRST_READING = "first_reading"
    SOURCE_TO_COME_FURTHER = "source_to_come_further"


@dataclass(frozen=True, slots=True)
class Closed:
    """The window is final."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The window stays open; `source` is the one that it waits for, if there is one."""

    reason: WaitingFor
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the least advanced source of a reading type has come.

    Attributes:
        until: windows whose end plus allowed lateness is not after this are final.
        held_by: the source that has come least far.
        by_clock: every source is idle, so that `until` moves with the clock.
        next_idle: when the next source falls idle if nothing arrives; None when none can.
    """

    until: datetime
    held_by: str
    by_clock: bool
    next_idle: datetime | None


def reached(watermarks: Watermarks, *, reading_type: str, idle_timeout: timedelta, now: datetime) -> Reached | Waiting:
    """How far the sources that feed a reading type have come. An idle source counts by the clock.

    A source is idle when nothing has arrived from it for `idle_timeout` and every partition that carries it has been read to
    its end.

    Args:
        now: UTC; decides for idle sources only.
    """
    feeding = [source for source in watermarks.sources if source.reading_type == reading_type]
    if not feeding:
        return Waiting(WaitingFor.FIRST_READING)
    idle_since = {source.name: _idle_from(source, watermarks.at_end, idle_timeout) for source in feeding}
    at = {source.name: _counts_as(source, idle_since[source.name], now) for source in feeding}
    held_by = min(at, key=lambda name: (at[name], name))
    still = [moment for moment in idle_since.values() if moment is None or moment > now]
    return Reached(
        until=at[held_by],
        held_by=held_by,
        by_clock=not still,
        next_idle=min((moment for moment in still if moment is not None), default=None),
    )


def decide(window_end: datetime, allowed_lateness: timedelta, progress: Reached | Waiting) -> Closed | Waiting:
    """Whether a window is final; asking twice changes nothing."""
    if isinstance(progress, Waiting):
        return progress
    if window_end <= closed_before(progress.until, allowed_lateness):
        return Closed()
    return Waiting(WaitingFor.SOURCE_TO_COME_FURTHER, progress.held_by)


def closed_before(until: datetime, allowed_lateness: timedelta) -> datetime:
    """Windows that end at this moment or earlier are final."""
    return until - allowed_lateness if until - _BEGINNING > allowed_lateness else _BEGINNING


def ages(watermarks: Sequence[Watermarks], now: datetime) -> dict[str, timedelta]:
    """How far each source's watermark lies behind `now`, the worst over reading types and partitions."""
    found: dict[str, timedelta] = {}
    for known in watermarks:
        for source in known.sources:
            age = now - source.watermark
            found[source.name] = max(age, found.get(source.name, age))
    return found


def _idle_from(source: Source, at_end: Mapping[int, bool], idle_timeout: timedelta) -> datetime | None:
    """When the source is idle if nothing more arrives; None while some of what arrived has not been read."""
    if not all(at_end.get(partition, False) for partition in source.observed_until):
        return None
    return source.arrived_at + idle_timeout


def _counts_as(source: Source, idle_from: datetime | None, now: datetime) -> datetime:
    return max(source.watermark, now) if idle_from is not None and idle_from <= now else source.watermark
