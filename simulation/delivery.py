"""How records reach a consumer in the simulated world: few at a time, late, again from an earlier place, or to two at once."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from shared.eventlog.groups import Group
from shared.eventlog.local_consumer import LocalConsumer, Signal
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import Assigned, OffsetOutOfRange, Partition, Record, Revoked
from shared.eventlog.topic_names import is_subscribed

_FAR_BACK = 4
_MOST_BYTES = 1 << 40


@dataclass(frozen=True, slots=True)
class Habits:
    """How the log behaves in one seed: chances between 0 and 1.

    Attributes:
        repeats: that an append lies on the log twice, as after a client's own retry.
        returns: that a poll goes back to records that were delivered before.
        holds_back: that a partition gives nothing in a poll although it has records.
    """

    repeats: float
    returns: float
    holds_back: float


CALM = Habits(0, 0, 0)
"""Everything is delivered once and at once."""


class Unreliable(Protocol):
    """Where the records are, and how they are delivered just now."""

    records: MemoryLog
    chance: random.Random
    habits: Habits
    changes: Counter[str]

    def group(self, name: str) -> Group: ...


class SimulatedConsumer(LocalConsumer):
    """One member of a group; `shared.eventlog.port.Consumer`.

    A member that the group has given up (its session ended, but its process lives) goes on reading what it held, beside the new
    owner, until it finds out. Only the fences in the databases stand between the two.

    Attributes:
        group: its name, which its activity has as well.
        reads: the topics that it subscribes to.
        is_given_up: whether it has been given up and does not know it.
    """

    def __init__(
        self,
        *,
        log: Unreliable,
        strike: Callable[[str], None],
        group: str,
        topics: Sequence[str],
        on_assigned: Assigned,
        on_revoked: Revoked,
    ) -> None:
        super().__init__(
            records=log.records,
            group=log.group(group),
            signal=Signal(),
            topics=topics,
            on_assigned=on_assigned,
            on_revoked=on_revoked,
        )
        self._log = log
        self._strike = strike
        self._topics = topics
        self.group = group
        self.is_given_up = False
        self.reads = [topic for topic in log.records.topics() if is_subscribed(topic, topics)]
        self._has_changed()

    def poll(self, wait: timedelta, max_records: int) -> Sequence[Record]:  # noqa: ARG002 - nobody waits here
        self._strike("before poll")
        if not self.is_given_up:
            held = list(self._positions)
            self._follow_group()
            if held != list(self._positions):
                self._has_changed()
            self._strike("after rebalance")
        is_calm = self._log.habits is CALM
        return self._collect(max_records if is_calm else self._log.chance.randint(1, min(max_records, 40)))

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """A broker refuses what somebody tells who is no member any more."""
        if not self.is_given_up:
            super().commit(offsets)

    def give_up(self) -> None:
        """The group goes on without this member, which does not know it yet."""
        self.is_given_up = True
        self._leave()

    def find_out(self) -> None:
        """A member that was given up lets go, and joins again."""
        if self.is_given_up and not self._closed:
            self.is_given_up = False
            self._let_go()
            self._member = self._group.join(self._topics)
            self._has_changed()

    def die(self) -> None:
        """The process has ended without a word, and its session with it."""
        self._closed = True
        self._leave()

    def _leave(self) -> None:
        self._group.leave(self._member)
        self._has_changed()

    def _has_changed(self) -> None:
        self._log.changes.update(self.reads)

    def _collect(self, max_records: int) -> Sequence[Record]:
        partitions = list(self._positions)
        self._log.chance.shuffle(partitions)
        found: list[Record] = []
        for partition in partitions:
            room = max_records - len(found)
            if room and partition not in self._paused and self._log.chance.random() >= self._log.habits.holds_back:
                found.extend(self._take(partition, room))
        return found

    def _take(self, partition: Partition, room: int) -> Sequence[Record]:
        first, end = self._records.bounds(partition)
        offset = self._positions[partition]
        if not first <= offset <= end:
            raise OffsetOutOfRange(f"offset {offset} of {partition}: it holds {first} to {end}")
        if self._log.chance.random() < self._log.habits.returns:
            offset = max(first, offset - self._log.chance.randint(1, _FAR_BACK))
        records = self._records.read(partition, offset, max_records=room, max_bytes=_MOST_BYTES)
        if records:
            self._positions[partition] = records[-1].offset + 1
        return records
