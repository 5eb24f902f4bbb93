"""Records that were read and not handed over yet, and how many of them may go: cuts by time, without a look at each record."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.eventlog.port import Partition
from shared.eventlog.record_runs import Run

_RESOLUTION = timedelta(milliseconds=1)
"""Of a cut: Kafka keeps times to the millisecond."""


class Held:
    """What is held of one partition, in offset order.

    Attributes:
        records: all of it, for as long as nothing is added or taken.
        size: bytes of the values, exact while nothing was taken; after that each record counts as the average of its partition.
    """

    __slots__ = ("_messages", "records", "size")

    def __init__(self, partition: Partition) -> None:
        self._messages: list[Any] = []
        self.records = Run(partition, self._messages)
        self.size = 0

    @property
    def newest(self) -> datetime | None:
        return self.records.newest if self.records else None

    def add(self, run: Run) -> None:
        """Later records of the partition, read by the same client as those before."""
        self._messages += run.messages
        self.records = Run(run.partition, self._messages, run.form)
        self.size += run.size

    def take(self, count: int) -> Run:
        """The oldest ones."""
        if count:
            self.size -= self.size * count // len(self.records)
        taken = self.records[:count]
        del self._messages[:count]
        return taken

    def clear(self) -> None:
        self.take(len(self.records))


def oldest_first(candidates: Sequence[tuple[Held, int]], room: int) -> list[int]:
    """How many to take of each, where at most so many may be taken of each and `room` of all, so that all end at one time.

    Records of the same millisecond are taken in proportion. At least one is taken if there is one, and room for it.
    """
    limits = [limit for _, limit in candidates]
    if sum(limits) <= room:
        return limits

    def counts(moment: datetime) -> list[int]:
        return [min(limit, held.records.until(moment)) for held, limit in candidates]

    low = min(held.records[0].appended_at for held, limit in candidates if limit) - _RESOLUTION
    high = max(held.records[limit - 1].appended_at for held, limit in candidates if limit)
    while high - low > _RESOLUTION:
        middle = low + (high - low) / 2
        low, high = (middle, high) if sum(counts(middle)) <= room else (low, middle)
    sure = counts(low)
    if sum(sure) > room:  # times that go back
        sure = [0] * len(limits)
    left = room - sum(sure)
    tied = [max(0, most - count) for most, count in zip(counts(high), sure, strict=True)]
    if sum(tied) <= left:
        tied = [limit - count for limit, count in zip(limits, sure, strict=True)]
    return [count + part for count, part in zip(sure, in_proportion(tied, left), strict=True)]


def in_proportion(wanted: Sequence[int], room: int) -> list[int]:
    """`room` divided among those who want more than there is; what the division leaves goes to the first ones."""
    total = sum(wanted)
    if total <= room:
        return list(wanted)
    parts = [room * want // total for want in wanted]
    left = room - sum(parts)
    for index, want in enumerate(wanted):
        extra = min(left, want - parts[index])
        parts[index] += extra
        left -= extra
    return parts


def evenly(wanted: Sequence[int], room: int) -> list[int]:
    """`room` divided so that nobody who wants little waits for who wants much; the first ones are served first."""
    parts = [0] * len(wanted)
    hungry = [index for index, want in enumerate(wanted) if want]
    while room and hungry:
        each = max(1, room // len(hungry))
        for index in hungry:
            given = min(each, wanted[index] - parts[index], room)
            parts[index] += given
            room -= given
        hungry = [index for index in hungry if parts[index] < wanted[index]]
    return parts
