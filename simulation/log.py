"""The event log of the simulated world: records in memory, and one faulty way into it for each instance of a service."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from shared.eventlog.groups import Group
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import (
    Assigned,
    Consumer,
    LogUnavailable,
    NewRecord,
    Partition,
    Revoked,
    TopicSpec,
)
from shared.events.topics import PANE_DELTAS, READINGS, TOPICS, raw_topic
from shared.runtime.clock import Clock
from shared.runtime.identifiers import CountingIds
from simulation.delivery import CALM, Habits, SimulatedConsumer
from simulation.faults import Faults

_PARTITIONS: Mapping[str, int] = {READINGS: 3, PANE_DELTAS: 2}
_OTHERWISE = 2


class SimulatedLog:
    """What lies on the log, and the groups that read it. Anew for each seed.

    Attributes:
        changes: of each topic, grows with what is appended, and whenever a consumer joins, leaves, or holds other partitions.
    """

    def __init__(self, clock: Clock, sources: Sequence[str]) -> None:
        self._clock = clock
        self._sources = sources
        self.begin_anew(random.Random(0), CALM)

    def begin_anew(self, chance: random.Random, habits: Habits) -> None:
        """An empty log."""
        self.chance = chance
        self.habits = habits
        self.records = MemoryLog(clock=self._clock, ids=CountingIds("log"))
        names = [topic.name for topic in TOPICS] + [raw_topic(source) for source in self._sources]
        specs = [TopicSpec(name, 1 if _is_single(name) else _PARTITIONS.get(name, _OTHERWISE)) for name in names]
        self.records.ensure_topics(specs)
        self._partitions = [Partition(spec.name, number) for spec in specs for number in range(spec.partitions)]
        self._groups: dict[str, Group] = {}
        self.changes: Counter[str] = Counter()
        self.archive: dict[Partition, list[NewRecord]] = {}

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        """Append, and remember for ever: what has been trimmed from the log has been published all the same."""
        places = self.records.append(records)
        self.changes.update(record.topic for record in records)
        for (partition, _), record in zip(places, records, strict=True):
            self.archive.setdefault(partition, []).append(record)
        return places

    def calm_down(self) -> None:
        """From now on everything is delivered once and at once."""
        self.habits = CALM

    def progress(self) -> list[tuple[str, Partition, int | None]]:
        """What each group has said of the partitions that it reads; None where it has said nothing."""
        return [
            (name, partition, joined.committed.get(partition))
            for name, joined in self._groups.items()
            for partition in self._partitions
        ]

    def group(self, name: str) -> Group:
        return self._groups.setdefault(name, Group(self._partitions))


def _is_single(topic: str) -> bool:
    return any(known.name == topic and known.partitions == 1 for known in TOPICS)


class LogDoor:
    """One instance's way to the log; `shared.eventlog.port.EventLog`. Every call may fail before or after its effect."""

    def __init__(self, log: SimulatedLog, faults: Faults) -> None:
        self._log = log
        self._faults = faults
        self.consumers: list[SimulatedConsumer] = []

    def changes(self) -> int:
        """Grows whenever something changes that the instance's consumers could see."""
        return sum(self._log.changes[topic] for consumer in self.consumers for topic in consumer.reads)

    def identity(self) -> str:
        return self._log.records.identity()

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        """All topics that services ask for are there from the beginning."""

    def check(self) -> None:
        self._strike("before check")

    def topics(self) -> Sequence[str]:
        return self._log.records.topics()

    def partition_count(self, topic: str) -> int:
        self._strike("before partition count")
        return self._log.records.partition_count(topic)

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        """As the port says: if it raises, of each partition a beginning of the records may be on the log."""
        if not records:
            return ()
        self._strike("before append")
        try:
            self._strike("within append")
        except BaseException:
            self._log.append(self._beginnings(records))
            raise
        places = self._log.append(records)
        if self._log.chance.random() < self._log.habits.repeats:
            self._log.append(records)
        self._strike("after append")
        return places

    def _beginnings(self, records: Sequence[NewRecord]) -> list[NewRecord]:
        """Of each partition the first few, by lot. Records that name none count as if they went to one and the same."""
        length = {key: self._log.chance.randint(0, len(records)) for key in sorted({_place(one) for one in records})}
        taken: list[NewRecord] = []
        for record in records:
            length[_place(record)] -= 1
            if length[_place(record)] >= 0:
                taken.append(record)
        return taken

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        self._strike("before join")
        joined = SimulatedConsumer(
            log=self._log,
            strike=self._strike,
            group=group,
            topics=topics,
            on_assigned=on_assigned,
            on_revoked=on_revoked,
        )
        self.consumers.append(joined)
        return joined

    def offsets(self, partition: Partition) -> tuple[int, int]:
        self._strike("before offsets")
        return self._log.records.offsets(partition)

    def ends(self, topic: str) -> Mapping[int, int]:
        self._strike("before ends")
        return self._log.records.ends(topic)

    def committed(self, group: str, partition: Partition) -> int | None:
        self._strike("before committed")
        return self._log.group(group).committed.get(partition)

    def delete_before(self, partition: Partition, offset: int) -> None:
        self._strike("before delete")
        self._log.records.delete_before(partition, offset)

    def close(self) -> None:
        """The log outlives the instance."""

    def _strike(self, moment: str) -> None:
        self._faults.strike(moment, LogUnavailable)


def _place(record: NewRecord) -> tuple[str, int]:
    return record.topic, -1 if record.partition is None else record.partition
