"""A pump to be tested: over a log in memory, with a handler that keeps its offsets as a service does."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from shared.eventlog.dead_letters import DeadLetterLimits, DeadLetters
from shared.eventlog.handler import Subscription
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import (
    LostPartition,
    NewRecord,
    Partition,
    Record,
    TopicSpec,
)
from shared.eventlog.pump import Pump
from shared.eventlog.pump_observer import Outcome
from shared.events.topics import DEAD_LETTERS
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds
from tests.contract.log_reader import Reader

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RAW = "raw.erp"
ZERO, ONE = Partition(RAW, 0), Partition(RAW, 1)


class DatabaseAway(Exception):
    """As the database layer would raise."""


class Consumer:
    """A handler with a database: values applied and offsets move together, and only from where they stand."""

    def __init__(self) -> None:
        self.database: dict[Partition, int] = {}
        self.applied: list[bytes] = []
        self.cache: dict[Partition, int] = {}
        self.idles = 0
        self.on_handle: Callable[[Sequence[Record]], None] = lambda _: None
        self.after_commit: Callable[[], None] = lambda: None
        self.on_assigned: Callable[[], None] = lambda: None
        self.batches: list[list[bytes]] = []

    def assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        self.on_assigned()
        starts = {partition: self.database.setdefault(partition, 0) for partition in partitions}
        self.cache.update(starts)
        return starts

    def revoked(self, partitions: Sequence[Partition]) -> None:
        for partition in partitions:
            self.cache.pop(partition, None)

    def handle(self, records: Sequence[Record], now: datetime) -> Mapping[Partition, int]:
        self.batches.append([record.value for record in records])
        self.on_handle(records)
        return self._commit(records, [record.value for record in records])

    def skip(self, record: Record, now: datetime) -> Mapping[Partition, int]:
        return self._commit([record], [])

    def idle(self, now: datetime) -> bool:
        self.idles += 1
        return False

    def _commit(self, records: Sequence[Record], values: list[bytes]) -> Mapping[Partition, int]:
        reached = dict(self.cache)
        for record in records:
            assert record.offset == reached[record.partition], "a record was repeated or passed over"
            reached[record.partition] += 1
        if any(self.database[partition] != offset for partition, offset in self.cache.items()):
            raise LostPartition("somebody else has moved it")
        self.database.update(reached)
        self.applied.extend(values)
        self.after_commit()
        self.cache = reached
        return {record.partition: reached[record.partition] for record in records}


class Observer:
    """Writes down what it hears."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[Outcome, int]] = []
        self.retries: list[Exception] = []
        self.letters: list[tuple[str, str]] = []
        self.lags: dict[Partition, tuple[int | None, float | None]] = {}

    def handled(self, outcome: Outcome, records: int, seconds: float) -> None:
        assert seconds >= 0
        self.outcomes.append((outcome, records))

    def retried(self, error: Exception) -> None:
        self.retries.append(error)

    def dead_letter(self, topic: str, reason: str) -> None:
        self.letters.append((topic, reason))

    def lag(self, partition: Partition, records: int | None, seconds: float | None) -> None:
        self.lags[partition] = (records, seconds)

    def lost(self, partition: Partition) -> None:
        self.lags.pop(partition, None)


class Plant:
    """One pump over a log in memory, and the means to drive it."""

    def __init__(self, *, dead_letters: bool = True, limits: DeadLetterLimits | None = None, attempts: int = 2) -> None:
        self.clock = FixedClock(NOON)
        self.log = MemoryLog(clock=self.clock, ids=CountingIds("log"))
        self.log.ensure_topics([TopicSpec(RAW, 2), TopicSpec("readings", 1), TopicSpec(DEAD_LETTERS, 1)])
        self.handler, self.observer = Consumer(), Observer()
        self.letters = DeadLetters(self.log, "ingest.raw", ("raw.*",), limits or DeadLetterLimits())
        self.subscription = Subscription(
            name="ingest.raw",
            group="ingest.raw",
            topics=["raw.*", "readings"],
            wait=timedelta(0),
            attempts=attempts,
            retry_on=(DatabaseAway,),
        )
        self.has_dead_letters = dead_letters
        self.pump = self.make_pump()

    def make_pump(self) -> Pump:
        return Pump(
            self.subscription,
            log=self.log,
            handler=self.handler,
            logger=structlog.stdlib.get_logger(),
            dead_letters=self.letters if self.has_dead_letters else None,
            observer=self.observer,
        )

    def append(self, *values: bytes, partition: Partition = ZERO) -> None:
        self.log.append([NewRecord(partition.topic, value, partition=partition.number) for value in values])

    def step(self) -> bool:
        return self.pump.step(self.clock.now())

    def drain(self) -> None:
        for _ in range(200):
            if not self.step():
                return
        raise AssertionError("the pump never rests")

    def dead(self) -> list[Record]:
        end = self.log.offsets(Partition(DEAD_LETTERS, 0))[1]
        operator = Reader(self.log, [DEAD_LETTERS], group="operators")
        records = operator.read(end)
        operator.consumer.close()
        return list(records)
