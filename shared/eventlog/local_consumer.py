"""The consumer of a log that lives in this process, over whatever holds its records."""

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from shared.eventlog.groups import Group, Lost, Won
from shared.eventlog.port import Assigned, OffsetOutOfRange, Partition, Record, Revoked
from shared.eventlog.topic_names import is_subscribed

_POLL_BYTES = 16 * 1024 * 1024
"""A poll stops collecting when it has this much, so that blocks of megabytes do not add up to `max_records` of them."""


class Records(Protocol):
    """What a consumer reads from."""

    def bounds(self, partition: Partition) -> tuple[int, int]:
        """(first offset held, offset the next record gets)."""
        ...

    def read(self, partition: Partition, offset: int, *, max_records: int, max_bytes: int) -> Sequence[Record]:
        """Records from `offset` on; at least one if there is one, however large."""
        ...


class Waiter:
    """Sleeps until it is woken: each `wake` moves the count, so one that saw an older count does not sleep."""

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = topics
        self.count = 0
        self._condition = threading.Condition()

    def wake(self) -> None:
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def wait_beyond(self, count: int, seconds: float) -> bool:
        """Sleep until it was woken after `count` was read; False when the time is up."""
        with self._condition:
            return self._condition.wait_for(lambda: self.count != count, timeout=max(0.0, seconds))


class Signal:
    """Wakes waiting consumers, but not those whose topics have nothing new: each would take the interpreter's lock to see that."""

    def __init__(self) -> None:
        self._waiters: tuple[Waiter, ...] = ()
        self._lock = threading.Lock()

    def waiter(self, topics: Sequence[str]) -> Waiter:
        """One that is woken from now on, by what is subscribed to."""
        waiter = Waiter(topics)
        with self._lock:
            self._waiters = (*self._waiters, waiter)
        return waiter

    def forget(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiters = tuple(other for other in self._waiters if other is not waiter)

    def raise_(self) -> None:
        """A group or the topics have changed."""
        for waiter in self._waiters:
            waiter.wake()

    def appended(self, topics: Collection[str]) -> None:
        """Records were, to these topics."""
        for waiter in self._waiters:
            if any(is_subscribed(topic, waiter.topics) for topic in topics):
                waiter.wake()


class LocalConsumer:
    """One member of an in-process group; `shared.eventlog.port.Consumer`."""

    def __init__(
        self,
        *,
        records: Records,
        group: Group,
        signal: Signal,
        topics: Sequence[str],
        on_assigned: Assigned,
        on_revoked: Revoked,
    ) -> None:
        self._records = records
        self._group = group
        self._signal = signal
        self._waiter = signal.waiter(topics)
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._unsettled: Sequence[Partition] = ()
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._turn = 0
        self._closed = False
        self._member = group.join(topics)
        signal.raise_()

    def poll(self, wait: timedelta, max_records: int) -> Sequence[Record]:
        deadline = time.monotonic() + wait.total_seconds()
        while True:
            seen = self._waiter.count
            self._follow_group()
            records = self._collect(max_records)
            if records or not self._waiter.wait_beyond(seen, deadline - time.monotonic()):
                return records

    def seek(self, partition: Partition, offset: int) -> None:
        if partition not in self._positions:
            raise ValueError(f"{partition} is not assigned to this consumer")
        self._positions[partition] = offset

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._group.committed.update(offsets)

    def pause(self, partitions: Sequence[Partition]) -> None:
        self._paused.update(partitions)

    def resume(self, partitions: Sequence[Partition]) -> None:
        self._paused.difference_update(partitions)

    def lag(self, partition: Partition) -> int | None:
        position = self._positions.get(partition)
        return None if position is None else max(0, self._records.bounds(partition)[1] - position)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            self._let_go()
        finally:
            self._group.leave(self._member)
            self._signal.forget(self._waiter)
            self._signal.raise_()

    def _follow_group(self) -> None:
        while (change := self._group.next_change(self._member)) is not None:
            if isinstance(change, Lost):
                try:
                    self._let_go()
                finally:
                    self._group.release(self._member)
            elif isinstance(change, Won):
                self._unsettled = change.partitions
            self._signal.raise_()
        self._settle()

    def _settle(self) -> None:
        """Ask where to read the partitions won; if that raises, the next poll asks again and reads nothing before."""
        if self._unsettled:
            starts = self._on_assigned(self._unsettled)
            for partition in self._unsettled:
                self._positions[partition] = starts.get(partition, self._records.bounds(partition)[0])
            self._unsettled = ()

    def _let_go(self) -> None:
        lost = [*self._positions, *self._unsettled]
        self._positions.clear()
        self._paused.clear()
        self._unsettled = ()
        if lost:
            self._on_revoked(lost)

    def _collect(self, max_records: int) -> Sequence[Record]:
        """Take from each partition in turn, beginning with another one every time, so that none starves."""
        partitions = list(self._positions)
        found: list[Record] = []
        taken = 0
        for step in range(len(partitions)):
            partition = partitions[(self._turn + step) % len(partitions)]
            if partition in self._paused or not self._has_more(partition):
                continue
            offset, room = self._positions[partition], max_records - len(found)
            records = self._records.read(partition, offset, max_records=room, max_bytes=_POLL_BYTES - taken)
            if records:
                self._positions[partition] = records[-1].offset + 1
            found.extend(records)
            taken += sum(len(record.value) for record in records)
            if len(found) >= max_records or taken >= _POLL_BYTES:
                break
        self._turn += 1
        return found

    def _has_more(self, partition: Partition) -> bool:
        first, end = self._records.bounds(partition)
        offset = self._positions[partition]
        if not first <= offset <= end:
            raise OffsetOutOfRange(
                f"offset {offset} of {partition.topic}/{partition.number}: it holds {first} to {end}"
            )
        return offset < end
