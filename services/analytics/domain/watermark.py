"""How far the sources of a reading type have come, and which windows are final by it.

Each fold says, per source, the largest observed time it has counted on its partition of `readings`, how far it has read the
partition, and where all partitions ended then. A source's watermark is the larger of two:

* The least of those times over the partitions that have more to read; it needs that all of these carry the source.
* The largest time known at a *cut*, once everything that was on the log at that cut has been folded. When nothing waits on any
  partition, that is now. So what waits unread on one partition keeps another one from closing windows that it belongs to.

It never goes back.
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
        at_end: the partition had been read to its end.
        partitions: how many partitions `readings` has.
        reached: the offset up to which this one has been folded.
        revision: of the definitions by which it was.
        ends: where each partition ended at a moment after this one had been read; empty in marks that do not say, which say
            `at_end` alone.
    """

    readings_partition: int
    at_end: bool
    sources: tuple[SourceMark, ...] = ()
    partitions: int = 1
    reached: int = 0
    revision: int = 0
    ends: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """What stage two has been told of one source, on one of its own partitions.

    Attributes:
        observed_until: partition of `readings` → largest observed time counted there.
        arrived_at: when the log took the newest block.
        at_cut: the largest observed time counted when the cut was made; None when there was none.
    """

    reading_type: str
    name: str
    observed_until: Mapping[int, datetime]
    arrived_at: datetime
    watermark: datetime
    at_cut: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watermarks:
    """All sources, and how far the partitions of `readings` have been folded.

    Attributes:
        reached: partition → the offset up to which it has been folded.
        ends: partition → where it ended, as far as is known.
        cut: `ends` as they were when the cut was made.
    """

    sources: tuple[Source, ...] = ()
    reached: Mapping[int, int] = field(default_factory=dict)
    ends: Mapping[int, int] = field(default_factory=dict)
    cut: Mapping[int, int] = field(default_factory=dict)

    @property
    def behind(self) -> frozenset[int]:
        """The partitions on which something waits to be folded."""
        return frozenset(number for number, end in self.ends.items() if self.reached.get(number, 0) < end)

    @property
    def has_passed_cut(self) -> bool:
        return all(self.reached.get(number, 0) >= end for number, end in self.cut.items())


def note(known: Watermarks, marks: Iterable[PartitionMarks]) -> Watermarks:
    """Add marks, in the order of the log; how they are batched makes no difference. Marks noted before change nothing."""
    for mark in marks:
        known = _advanced(_noted(known, mark))
    return known


def _noted(known: Watermarks, mark: PartitionMarks) -> Watermarks:
    partition = mark.readings_partition
    reached = {**known.reached, partition: max(mark.reached, known.reached.get(partition, 0))}
    told_ends = mark.ends or _end_alone(mark)
    ends = {**known.ends, **{number: max(end, known.ends.get(number, 0)) for number, end in told_ends.items()}}
    sources = {(source.reading_type, source.name): source for source in known.sources}
    for told in mark.sources:
        key = (told.reading_type, told.source)
        sources[key] = _told(sources.get(key), told, partition)
    return replace(known, sources=tuple(sources.values()), reached=reached, ends=ends)


def _end_alone(mark: PartitionMarks) -> Mapping[int, int]:
    """Of marks that say no more than whether their partition had been read to its end."""
    return {mark.readings_partition: mark.reached if mark.at_end else mark.reached + 1}


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


def _advanced(known: Watermarks) -> Watermarks:
    if known.has_passed_cut:
        known = _cut_again(known)
    if not known.behind:
        known = _cut_again(known)
    return replace(known, sources=tuple(_by_partitions(source, known.behind) for source in known.sources))


def _cut_again(known: Watermarks) -> Watermarks:
    """Everything before the cut has been folded: the sources are as far as they were then, and the next cut is now."""
    sources = tuple(
        replace(
            source,
            watermark=max(source.watermark, source.at_cut or _BEGINNING),
            at_cut=max(source.observed_until.values()),
        )
        for source in known.sources
    )
    return replace(known, sources=sources, cut=known.ends)


def _by_partitions(source: Source, behind: frozenset[int]) -> Source:
    if not behind or not behind <= source.observed_until.keys():
        return source
    least = min(source.observed_until[number] for number in behind)
    return replace(source, watermark=max(least, source.watermark))


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

    A source is idle when nothing has arrived from it for `idle_timeout` and nothing waits to be folded on any partition.

    Args:
        now: UTC; decides for idle sources only.
    """
    feeding = [source for source in watermarks.sources if source.reading_type == reading_type]
    if not feeding:
        return Waiting(WaitingFor.FIRST_READING)
    nothing_waits = not watermarks.behind
    idle_since = {source.name: source.arrived_at + idle_timeout if nothing_waits else None for source in feeding}
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
    """How far each source's watermark lies behind `now`, the worst over reading types and partitions.

    A source of which something was counted while the first of it still waits elsewhere has no watermark yet, and no age.
    """
    found: dict[str, timedelta] = {}
    for known in watermarks:
        for source in known.sources:
            if source.watermark == _BEGINNING:
                continue
            age = now - source.watermark
            found[source.name] = max(age, found.get(source.name, age))
    return found


def _counts_as(source: Source, idle_from: datetime | None, now: datetime) -> datetime:
    return max(source.watermark, now) if idle_from is not None and idle_from <= now else source.watermark
