"""Records that were read and not handed over yet, and how many of them may go: cuts by time, without a look at each record."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.eventlog.record_runs import Run

_RESOLUTION = timedelta(milliseconds=1)
"""Of a cut: Kafka keeps times to the millisecond."""


class Held:
    """What is held of one partition, in offset order: the runs in which it was read.

    Attributes:
        size: bytes of the values, exact while nothing was taken; after that each record counts as the average of its partition.
    """

    __slots__ = ("_count", "_runs", "size")

    def __init__(self) -> None:
        self._runs: deque[Run] = deque()
        self._count = 0
        self.size = 0

    def __len__(self) -> int:
        """How many records."""
        return self._count

    @property
    def newest(self) -> datetime | None:
        return self._runs[-1].newest if self._runs else None

    def appended_at(self, place: int) -> datetime:
        """When the log took the record at a place, counted from the oldest one. Raises IndexError."""
        for run in self._runs:
            if place < len(run):
                return run.messages.appended_at(place)
            place -= len(run)
        raise IndexError(place)

    def until(self, moment: datetime) -> int:
        """How many the log took until then. All of them if the last one is; times that go back only blur the cut."""
        if not self._runs or self._runs[-1].newest <= moment:
            return self._count
        count = 0
        for run in self._runs:
            some = run.until(moment)
            count += some
            if some < len(run):
                break
        return count

    def add(self, run: Run) -> None:
        """Later records of the partition; one at least."""
        self._runs.append(run)
        self._count += len(run)
        self.size += run.size

    def take(self, count: int) -> list[Run]:
        """The oldest ones."""
        if count:
            self.size -= self.size * count // self._count
        self._count -= count
        taken = []
        while count:
            run = self._runs.popleft()
            if len(run) > count:
                self._runs.appendleft(run.part(count, len(run)))
                run = run.part(0, count)
            count -= len(run)
            taken.append(run)
        return taken

    def clear(self) -> None:
        self.take(self._count)


def oldest_first(candidates: Sequence[tuple[Held, int]], room: int) -> list[int]:
    """How many to take of each, where at most so many may be taken of each and `room` of all, so that all end at one time.

    Records of the same millisecond are taken in proportion. At least one is taken if there is one, and room for it.
    """
    limits = [limit for _, limit in candidates]
    if sum(limits) <= room:
        return limits

    def counts(moment: datetime) -> list[int]:
        return [min(limit, held.until(moment)) for held, limit in candidates]

    low = min(held.appended_at(0) for held, limit in candidates if limit) - _RESOLUTION
    high = max(held.appended_at(limit - 1) for held, limit in candidates if limit)
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
