"""Records by the thousand: runs of one partition, kept as the client has read them.

A `Record` is made of a message when somebody looks at that one. Making one of every message would cost more than fetching them;
who takes in thousands at a time asks a run for its values instead. A client may keep messages as columns (`message_columns.py`),
or as objects of its own (`Listed`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby, pairwise
from operator import attrgetter
from typing import Any, Protocol, cast, overload

from shared.eventlog.port import Partition, Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Messages(Protocol):
    """Messages of one partition in offset order, in whatever form a client has read them. Places count from 0."""

    def __len__(self) -> int: ...

    def part(self, start: int, stop: int) -> "Messages":
        """Those from one place to before another; not copied."""
        ...

    def records(self, partition: Partition) -> Iterator[Record]: ...

    def offset(self, place: int) -> int: ...

    def appended_at(self, place: int) -> datetime: ...

    def changes(self, tick: timedelta) -> Sequence[int]:
        """The places of those that have other headers than the one before, or that the log took in another tick of the clock."""
        ...

    @property
    def has_headers(self) -> bool:
        """Whether any of them has some."""
        ...

    @property
    def size(self) -> int:
        """Bytes of all values."""
        ...

    def values(self) -> Sequence[bytes]:
        """One for each message; one without a value has an empty one."""
        ...


@dataclass(frozen=True, slots=True)
class Form:
    """How the objects are read that a client makes of messages: one function for each thing that is asked of them by itself."""

    record: Callable[[Partition, Any], Record]
    value: Callable[[Any], bytes | None]
    offset: Callable[[Any], int]
    headers: Callable[[Any], object]
    """True in a condition if the message has any."""
    appended_at: Callable[[Any], datetime]


AS_RECORDS = Form(
    record=lambda _, record: record,
    value=attrgetter("value"),
    offset=attrgetter("offset"),
    headers=attrgetter("headers"),
    appended_at=attrgetter("appended_at"),
)
"""Of a log whose messages are records already."""


@dataclass(frozen=True, slots=True)
class Listed:
    """`Messages` of a client that makes an object of each."""

    messages: Sequence[Any]
    form: Form = AS_RECORDS

    def __len__(self) -> int:
        return len(self.messages)

    def part(self, start: int, stop: int) -> "Listed":
        return Listed(self.messages[start:stop], self.form)

    def records(self, partition: Partition) -> Iterator[Record]:
        return (self.form.record(partition, message) for message in self.messages)

    def offset(self, place: int) -> int:
        return self.form.offset(self.messages[place])

    def appended_at(self, place: int) -> datetime:
        return self.form.appended_at(self.messages[place])

    def changes(self, tick: timedelta) -> list[int]:
        of_each = [(self.form.headers(one), (self.form.appended_at(one) - _EPOCH) // tick) for one in self.messages]
        return [place for place, (before, now) in enumerate(pairwise(of_each), 1) if before != now]

    @property
    def has_headers(self) -> bool:
        return any(map(self.form.headers, self.messages))

    @property
    def size(self) -> int:
        return sum(map(len, filter(None, map(self.form.value, self.messages))))

    def values(self) -> list[bytes]:
        values = list(map(self.form.value, self.messages))
        return cast("list[bytes]", values) if all(values) else [value or b"" for value in values]


class Run(Sequence[Record]):
    """Some records of one partition, in offset order."""

    __slots__ = ("messages", "partition")

    def __init__(self, partition: Partition, messages: Messages) -> None:
        self.partition = partition
        self.messages = messages

    def __len__(self) -> int:
        return len(self.messages)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return list(self)[index]
        place = range(len(self))[index]
        return next(iter(self.part(place, place + 1)))

    def __iter__(self) -> Iterator[Record]:
        return self.messages.records(self.partition)

    def part(self, start: int, stop: int) -> "Run":
        """Those from one place to before another."""
        return Run(self.partition, self.messages.part(start, stop))

    def alike(self, tick: timedelta) -> Iterator["Run"]:
        """As few parts as can be, each of records with the same headers that the log took in one tick of the clock."""
        return (self.part(*borders) for borders in pairwise([0, *self.messages.changes(tick), len(self)]))

    @property
    def next_offset(self) -> int:
        """Where the partition is to be read on after these."""
        return self.messages.offset(len(self) - 1) + 1

    @property
    def newest(self) -> datetime:
        """When the log took the last of them, UTC."""
        return self.messages.appended_at(len(self) - 1)

    @property
    def has_headers(self) -> bool:
        """Whether any of them has some."""
        return self.messages.has_headers

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return self.messages.size

    def values(self) -> Sequence[bytes]:
        """One for each record; a message without a value has an empty one."""
        return self.messages.values()

    def since(self, offset: int) -> "Run":
        """Those from an offset on."""
        start = bisect_left(range(len(self)), offset, key=self.messages.offset)
        return self.part(start, len(self)) if start else self

    def until(self, moment: datetime) -> int:
        """How many the log took until then. All of them if the last one is; times that go back only blur the cut."""
        if not self or self.newest <= moment:
            return len(self)
        return bisect_right(range(len(self)), moment, key=self.messages.appended_at)


class Batch(Sequence[Record]):
    """What a poll has brought: runs, of any partitions."""

    __slots__ = ("runs",)

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        return list(self)[index]

    def __iter__(self) -> Iterator[Record]:
        return chain.from_iterable(self.runs)


def runs_of(records: Sequence[Record]) -> Sequence[Run]:
    """The runs of a batch, or those that single records form."""
    if isinstance(records, Batch):
        return records.runs
    return [Run(partition, Listed(list(some))) for partition, some in groupby(records, attrgetter("partition"))]


def next_offsets(records: Sequence[Record], stands_at: Mapping[Partition, int]) -> dict[Partition, int]:
    """Where each partition is to be read on after these, which are in order; never before where it stands.

    A log may deliver again what was handled before. A position that followed it back could come to lie below what is kept: records
    are deleted up to where positions have once stood.
    """
    return {run.partition: max(run.next_offset, stands_at[run.partition]) for run in runs_of(records)}


def newest_times(records: Sequence[Record]) -> dict[Partition, datetime]:
    """When the log took the last of these records of each partition, UTC."""
    return {run.partition: run.newest for run in runs_of(records)}


def counts(records: Sequence[Record]) -> Mapping[Partition, int]:
    """How many there are of each partition."""
    found: dict[Partition, int] = {}
    for run in runs_of(records):
        found[run.partition] = found.get(run.partition, 0) + len(run)
    return found


def size(records: Sequence[Record]) -> int:
    """Bytes of the values of these records."""
    return sum(run.size for run in runs_of(records))
