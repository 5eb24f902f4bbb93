"""A consumer that works off the partitions of each topic at one pace of time, whatever their sizes.

A client reads a backlog at the same number of records a second from each partition, so that the smaller ones run ahead in
time, by hours in the end. This consumer keeps what it has read of each partition, and hands over only what the log took
(`Record.appended_at`) until a time up to which it has read all partitions of the topic:

* A partition that has more to read holds the others of its topic back at the newest record held of it. One that was read to
  its end holds nothing back, so a live record is handed over at once. Nor does one that the caller has paused.
* Of a partition that is much ahead no more is read (`MostHeld`) until most of what is held of it was handed over.
* A partition of which nothing comes although the log says that there is more holds nothing back after `PATIENCE`, until the log
  says something else: its leader may be away. If only a few records lie ahead, or the log cannot say, that is after
  `LITTLE_PATIENCE`: there is little to be late, and it may be the mark of a transaction and no record.
* Topics do not wait for one another, and share what one poll may return.

Order within a partition is kept always. Where times go back within a partition (a topic that keeps its producers' times), the
partitions are only about side by side.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.eventlog.held_records import Held, evenly, oldest_first
from shared.eventlog.port import Assigned, Consumer, Partition, Record, Revoked
from shared.eventlog.record_runs import Batch, Run, runs_of

PATIENCE = timedelta(seconds=10)
"""Of a loaded broker a fetch may take a second, and what others hold by then would be hours ahead."""
LITTLE_PATIENCE = timedelta(milliseconds=500)
_A_FEW = 10
"""Records that may be late, rather than that live ones wait long."""
_EMPTY_POLL = timedelta(milliseconds=10)
"""What an empty poll counts for at least, so that patience ends also for a caller that never waits."""
_RESUMED_BELOW = 4
"""A partition is read again when it holds less than this part of its share: Kafka's clients throw away on a pause what they
have fetched, so it should last."""
_NO_TIME = timedelta(0)


class Join(Protocol):
    """Makes the consumer below."""

    def __call__(self, *, on_assigned: Assigned, on_revoked: Revoked) -> Consumer: ...


@dataclass(frozen=True, slots=True)
class MostHeld:
    """What all partitions together hold at most, but for what one poll brings; shared evenly by those that hold something."""

    records: int = 100_000
    size: int = 64 * 1024 * 1024
    """In bytes of values."""


@dataclass(slots=True)
class _Lane:
    """One partition."""

    held: Held
    is_paused: bool = False
    """By the caller."""
    is_full: bool = False
    given_up_at: int | None = -1
    """The lag at which patience with it ended; -1 if it never did."""


class SideBySide:
    """`shared.eventlog.port.Consumer` over another one."""

    def __init__(self, join: Join, *, on_assigned: Assigned, on_revoked: Revoked, most: MostHeld | None = None) -> None:
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._most = most or MostHeld()
        self._lanes: dict[Partition, _Lane] = {}
        self._waited = _NO_TIME
        self._turn = 0
        self._below = join(on_assigned=self._assigned, on_revoked=self._revoked)

    def poll(self, wait: timedelta, max_records: int) -> Sequence[Record]:
        deadline = time.monotonic() + wait.total_seconds()
        while True:
            self._follow_shares()
            pause = _NO_TIME if self._has_some_ready() else self._how_long_to_wait(deadline)
            news = self._below.poll(pause, max_records)
            self._keep(news)
            ready = self._hand_over(max_records)
            if not news and not ready:
                self._note_wait(pause)
            if ready or (not news and time.monotonic() >= deadline):
                return ready

    def seek(self, partition: Partition, offset: int) -> None:
        self._below.seek(partition, offset)
        lane = self._lanes[partition]
        lane.held.clear()
        lane.given_up_at = -1

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._below.commit(offsets)

    def pause(self, partitions: Sequence[Partition]) -> None:
        self._below.pause(partitions)
        for lane in self._known(partitions):
            lane.is_paused = True

    def resume(self, partitions: Sequence[Partition]) -> None:
        for lane in self._known(partitions):
            lane.is_paused = False
        full = {partition for partition, lane in self._lanes.items() if lane.is_full}
        self._below.resume([partition for partition in partitions if partition not in full])

    def lag(self, partition: Partition) -> int | None:
        """What is held lies ahead, too."""
        lag, lane = self._below.lag(partition), self._lanes.get(partition)
        return lag if lag is None or lane is None else lag + len(lane.held)

    def close(self) -> None:
        self._below.close()

    def _assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        starts = self._on_assigned(partitions)
        self._lanes.update({partition: _Lane(Held()) for partition in partitions})
        return starts

    def _revoked(self, partitions: Sequence[Partition]) -> None:
        for partition in partitions:
            self._lanes.pop(partition, None)
        self._on_revoked(partitions)

    def _known(self, partitions: Sequence[Partition]) -> Iterator[_Lane]:
        return (self._lanes[partition] for partition in partitions if partition in self._lanes)

    def _keep(self, news: Sequence[Record]) -> None:
        for run in runs_of(news):
            self._lanes[run.partition].held.add(run)
        if news:
            self._waited = _NO_TIME

    def _follow_shares(self) -> None:
        """Read no more of partitions that hold more than their share, and again of those that hold little of it."""
        holders = sum(1 for lane in self._lanes.values() if lane.held) or 1
        full: list[Partition] = []
        free: list[Partition] = []
        for partition, lane in self._lanes.items():
            part = self._part_of_share(lane.held, holders)
            if not lane.is_full and part > 1:
                lane.is_full = True
                full.append(partition)
            elif lane.is_full and part * _RESUMED_BELOW <= 1:
                lane.is_full = False
                if not lane.is_paused:
                    free.append(partition)
        if full:
            self._below.pause(full)
        if free:
            self._below.resume(free)

    def _part_of_share(self, held: Held, holders: int) -> float:
        return max(len(held) / self._most.records, held.size / self._most.size) * holders

    def _ready(self) -> Mapping[str, Sequence[tuple[Held, int]]]:
        """Of each topic: what is held of its partitions, and how many records of it may be handed over."""
        by_topic: dict[str, list[tuple[Partition, _Lane]]] = {}
        for partition, lane in self._lanes.items():
            by_topic.setdefault(partition.topic, []).append((partition, lane))
        return {
            topic: self._until([lane.held for _, lane in lanes if not lane.is_paused], self._limits(lanes))
            for topic, lanes in by_topic.items()
            if any(lane.held for _, lane in lanes)
        }

    def _limits(self, lanes: Sequence[tuple[Partition, _Lane]]) -> Sequence[datetime | None]:
        """How far each of the partitions was read that have more to read; None is not at all."""
        return [lane.held.newest for partition, lane in lanes if self._has_more(partition, lane)]

    @staticmethod
    def _until(held: Sequence[Held], limits: Sequence[datetime | None]) -> Sequence[tuple[Held, int]]:
        known = [limit for limit in limits if limit is not None]
        if len(known) < len(limits):
            return []
        if not known:
            return [(one, len(one)) for one in held]
        return [(one, one.until(min(known))) for one in held]

    def _has_more(self, partition: Partition, lane: _Lane) -> bool:
        if lane.is_paused:
            return False
        if lane.is_full:
            return True
        lag = self._below.lag(partition)
        return lag not in (0, lane.given_up_at)

    def _has_some_ready(self) -> bool:
        return any(count for counts in self._ready().values() for _, count in counts)

    def _hand_over(self, max_records: int) -> Batch:
        ready = [candidates for candidates in self._ready().values() if candidates]
        self._turn += 1
        turn = self._turn % len(ready) if ready else 0
        ready = [*ready[turn:], *ready[:turn]]
        rooms = evenly([sum(count for _, count in candidates) for candidates in ready], max_records)
        runs: list[Run] = []
        for candidates, room in zip(ready, rooms, strict=True):
            if room:
                counts = oldest_first(candidates, room)
                for (held, _), count in zip(candidates, counts, strict=True):
                    runs += held.take(count)
        return Batch(runs)

    def _how_long_to_wait(self, deadline: float) -> timedelta:
        """Not beyond the moment at which patience with somebody ends."""
        left = timedelta(seconds=max(0.0, deadline - time.monotonic()))
        return min([left, *(limit - self._waited for limit in (LITTLE_PATIENCE, PATIENCE) if limit > self._waited)])

    def _note_wait(self, waited: timedelta) -> None:
        """Nothing came. Patience is a sum of waits and asks no clock, so that a simulation runs the same each time."""
        self._waited += max(waited, _EMPTY_POLL)
        if self._waited >= LITTLE_PATIENCE:
            for partition, lane in self._lanes.items():
                lag = self._below.lag(partition)
                if self._waited >= PATIENCE or (lag is not None and lag <= _A_FEW):
                    lane.given_up_at = lag
