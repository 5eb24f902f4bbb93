"""Records by the thousand: runs of one partition, kept as the client has read them.

A `Record` is made of a message when somebody looks at that one. Making one of every message would cost more than fetching them;
who takes in thousands at a time asks a run for its values instead, which is a call in C for each.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, cast, overload

from shared.eventlog.port import Partition, Record


@dataclass(frozen=True, slots=True)
class Form:
    """How a client's messages are read: one function for each thing that is asked of them by itself."""

    record: Callable[[Partition, Any], Record]
    value: Callable[[Any], bytes | None]
    size: Callable[[Iterable[Any]], int]
    """Bytes of the values of several messages."""
    offset: Callable[[Any], int]
    headers: Callable[[Any], object]
    """True in a condition if the message has any."""
    appended_at: Callable[[Any], datetime]


def size_by(value: Callable[[Any], bytes | None]) -> Callable[[Iterable[Any]], int]:
    """`Form.size` for a client that knows no size of a message."""
    return lambda messages: sum(map(len, filter(None, map(value, messages))))


AS_RECORDS = Form(
    record=lambda _, record: record,
    value=attrgetter("value"),
    size=size_by(attrgetter("value")),
    offset=attrgetter("offset"),
    headers=attrgetter("headers"),
    appended_at=attrgetter("appended_at"),
)
"""Of a log whose messages are records already."""


class Run(Sequence[Record]):
    """Some records of one partition, in offset order.

    Args:
        messages: as `form` reads them; not copied.
    """

    __slots__ = ("form", "messages", "partition")

    def __init__(self, partition: Partition, messages: Sequence[Any], form: Form = AS_RECORDS) -> None:
        self.partition = partition
        self.messages = messages
        self.form = form

    def __len__(self) -> int:
        return len(self.messages)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> "Run": ...
    def __getitem__(self, index: int | slice) -> "Record | Run":
        if isinstance(index, slice):
            return Run(self.partition, self.messages[index], self.form)
        return self.form.record(self.partition, self.messages[index])

    def __iter__(self) -> Iterator[Record]:
        return (self.form.record(self.partition, message) for message in self.messages)

    @property
    def next_offset(self) -> int:
        """Where the partition is to be read on after these."""
        return self.form.offset(self.messages[-1]) + 1

    @property
    def newest(self) -> datetime:
        """When the log took the last of them, UTC."""
        return self.form.appended_at(self.messages[-1])

    @property
    def has_headers(self) -> bool:
        """Whether any of them has some."""
        return any(map(self.form.headers, self.messages))

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return self.form.size(self.messages)

    def values(self) -> list[bytes]:
        """One for each record; a message without a value has an empty one."""
        values = list(map(self.form.value, self.messages))
        return cast("list[bytes]", values) if all(values) else [value or b"" for value in values]

    def since(self, offset: int) -> "Run":
        """Those from an offset on."""
        start = bisect_left(self.messages, offset, key=self.form.offset)
        return self[start:] if start else self

    def until(self, moment: datetime) -> int:
        """How many the log took until then. All of them if the last one is; times that go back only blur the cut."""
        if not self or self.newest <= moment:
            return len(self)
        return bisect_right(self.messages, moment, key=self.form.appended_at)


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
    return [Run(partition, list(some)) for partition, some in groupby(records, attrgetter("partition"))]


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
