"""The pump: what becomes of a batch when its handler returns, is busy, meets a bad record, loses its partition or breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shared.eventlog.dead_letters import DeadLetters, Limit, TooManyDeadLetters, read_dead_letter
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import LostPartition, NewRecord, Partition, Record, TopicSpec
from shared.eventlog.pump import Busy, Intake, Pump, Unprocessable
from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import CountingIds

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONLY = Partition("numbers", 0)


@dataclass
class Remembering:
    """A handler with a database of one offset and a list, whose next calls may be made to raise."""

    consumer: str = "test.numbers"
    stored: int = 0
    applied: list[bytes] = field(default_factory=list)
    raises: list[BaseException] = field(default_factory=list)
    bad: frozenset[bytes] = frozenset()
    idles: int = 0
    cached: int | None = None

    def assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        self.cached = self.stored
        return dict.fromkeys(partitions, self.stored)

    def revoked(self, partitions: Sequence[Partition]) -> None:
        self.cached = None

    def handle(self, records: Sequence[Record], now: datetime) -> Mapping[Partition, int]:
        assert self.cached == records[0].offset, "records must follow on the stored position"
        if self.raises:
            raise self.raises.pop(0)
        for record in records:
            if record.value in self.bad:
                raise Unprocessable(record, "not-a-number")
        self.applied.extend(record.value for record in records)
        return self._reach(records[-1])

    def skip(self, record: Record, now: datetime) -> Mapping[Partition, int]:
        return self._reach(record)

    def idle(self, now: datetime) -> bool:
        self.idles += 1
        return False

    def _reach(self, record: Record) -> Mapping[Partition, int]:
        self.stored = self.cached = record.offset + 1
        return {ONLY: self.stored}


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog(clock=FixedClock(NOON), ids=CountingIds())
    log.ensure_topics([TopicSpec("numbers", 1), TopicSpec("dead-letters", 1)])
    return log


def numbers(log: MemoryLog, *values: bytes) -> None:
    log.append([NewRecord("numbers", value) for value in values])


def pump(log: MemoryLog, handler: Remembering, limit: Limit | None = None, *, buries: bool = True) -> Pump:
    dead_letters = DeadLetters(log, topic="dead-letters", limit=limit) if buries else None
    intake = Intake(["numbers"], wait=timedelta(0), max_records=10)
    return Pump(log=log, handler=handler, intake=intake, dead_letters=dead_letters)


def run(activity: Pump, steps: int = 10, now: datetime = NOON) -> None:
    for _ in range(steps):
        activity.step(now)


def test_records_are_handled_in_order_and_idle_is_called_when_none_are_left(log: MemoryLog) -> None:
    handler = Remembering()
    numbers(log, b"1", b"2")
    run(pump(log, handler))
    assert (handler.applied, handler.stored) == ([b"1", b"2"], 2)
    assert handler.idles > 0


def test_a_busy_handler_gets_the_batch_again_once_its_time_has_come(log: MemoryLog) -> None:
    handler = Remembering(raises=[Busy(timedelta(seconds=5))])
    numbers(log, b"1", b"2")
    activity = pump(log, handler)
    run(activity)
    assert handler.applied == []
    run(activity, now=NOON + timedelta(seconds=5))
    assert handler.applied == [b"1", b"2"]


def test_a_record_that_cannot_be_handled_is_buried_whole_and_the_rest_goes_on(log: MemoryLog) -> None:
    handler = Remembering(bad=frozenset({b"x"}))
    numbers(log, b"1", b"x", b"2")
    run(pump(log, handler))
    assert (handler.applied, handler.stored) == ([b"1", b"2"], 3)
    (buried,) = log.read(Partition("dead-letters", 0), 0, max_records=10, max_bytes=10_000)
    letter = read_dead_letter(buried.value)
    assert (letter.topic, letter.offset, letter.value, letter.reason) == ("numbers", 1, b"x", "not-a-number")


def test_without_dead_letters_such_a_record_stops_the_consumer(log: MemoryLog) -> None:
    handler = Remembering(bad=frozenset({b"x"}))
    numbers(log, b"x")
    activity = pump(log, handler, buries=False)
    with pytest.raises(Unprocessable):
        run(activity)
    assert handler.stored == 0


def test_too_many_dead_letters_in_a_row_stop_the_consumer(log: MemoryLog) -> None:
    handler = Remembering(bad=frozenset({b"x"}))
    numbers(log, *[b"x"] * 5)
    with pytest.raises(TooManyDeadLetters):
        run(pump(log, handler, Limit(in_a_row=3)))
    assert handler.stored == 2


@pytest.mark.parametrize("trouble", [LostPartition("moved"), RuntimeError("bug"), ConnectionError("away")])
def test_after_any_doubt_positions_are_read_again_from_the_database(log: MemoryLog, trouble: Exception) -> None:
    handler = Remembering()
    numbers(log, b"1", b"2", b"3")
    activity = pump(log, handler)
    handler.raises = [trouble]
    for _ in range(6):
        try:
            activity.step(NOON)
        except (RuntimeError, ConnectionError):
            handler.stored = 1  # the transaction had moved the position before its outcome was lost
    if isinstance(trouble, LostPartition):
        assert handler.applied == [b"1", b"2", b"3"]
    else:
        assert handler.applied == [b"2", b"3"]
