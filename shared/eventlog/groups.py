"""Consumer groups of a log that lives in this process, with the eager rebalance that Kafka's clients do here.

When a member joins or leaves, or a subscribed topic appears, the group moves to a new generation. Each member gives up all
it holds at its next poll; when the last one has, the partitions are dealt out anew. So no partition has two readers, and a
member that never polls holds the group up, as on Kafka until its session ends.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.eventlog.port import Partition
from shared.eventlog.topic_names import is_subscribed


@dataclass(eq=False)
class Member:
    """One consumer as its group sees it. Read and written under the group's lock only."""

    topics: Sequence[str]
    held: Sequence[Partition] = ()
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Lost:
    """The member must let go of these now, and then say so with `release`."""

    partitions: Sequence[Partition]


@dataclass(frozen=True, slots=True)
class Won:
    """The member holds these from now on."""

    partitions: Sequence[Partition]


@dataclass
class Group:
    """Members in the order they joined, and the partitions they share. Safe to use from many threads.

    `committed` is what members have last said of where they stand.
    """

    partitions: Sequence[Partition]
    committed: dict[Partition, int] = field(default_factory=dict)
    _members: list[Member] = field(default_factory=list)
    _generation: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def join(self, topics: Sequence[str]) -> Member:
        """Take a member in; it holds nothing until it asks for its `next_change`."""
        member = Member(tuple(topics))
        with self._lock:
            self._members.append(member)
            self._generation += 1
        return member

    def leave(self, member: Member) -> None:
        """Let a member go; what it held is dealt out to the others. Leaving twice changes nothing."""
        with self._lock:
            if member in self._members:
                self._members.remove(member)
                member.held = ()
                self._generation += 1

    def extend(self, partitions: Sequence[Partition]) -> None:
        """All partitions of the log have become these; the group rebalances if it subscribes to a new one."""
        with self._lock:
            added = set(partitions) - set(self.partitions)
            self.partitions = partitions
            if any(is_subscribed(new.topic, member.topics) for new in added for member in self._members):
                self._generation += 1

    def next_change(self, member: Member) -> Lost | Won | None:
        """What `member` has to do now; None when nothing, or while others still hold what they must give up."""
        with self._lock:
            if member.generation == self._generation or member not in self._members:
                return None
            if member.held:
                return Lost(member.held)
            if any(other.held and other.generation != self._generation for other in self._members):
                return None
            member.held = round_robin(self._members, self.partitions)[self._members.index(member)]
            member.generation = self._generation
            return Won(member.held)

    def release(self, member: Member) -> None:
        """`member` has let go of what it held."""
        with self._lock:
            member.held = ()


def round_robin(members: Sequence[Member], partitions: Sequence[Partition]) -> Sequence[Sequence[Partition]]:
    """Deal sorted partitions out to the members in turn, passing over those that do not subscribe to the topic."""
    hands: list[list[Partition]] = [[] for _ in members]
    turn = 0
    for partition in sorted(partitions):
        for step in range(len(members)):
            candidate = (turn + step) % len(members)
            if is_subscribed(partition.topic, members[candidate].topics):
                hands[candidate].append(partition)
                turn = candidate + 1
                break
    return hands
