"""Records that can never be handled, kept with where they came from. A limit stops the consumer: then the fault is ours."""

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime

import msgspec

from shared.eventlog.port import EventLog, NewRecord, Partition, Record


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One buried record, whole."""

    consumer: str
    topic: str
    partition: int
    offset: int
    reason: str
    buried_at: datetime
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class TooManyDeadLetters(Exception):
    """So many records cannot be handled that the program, not the data, must be at fault."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many of the newest `out_of` offsets of a partition may be dead, and how many in a row."""

    in_a_row: int = 10
    most: int = 100
    out_of: int = 10_000


class DeadLetters:
    """Buries records on one topic."""

    def __init__(self, log: EventLog, *, topic: str, limit: Limit | None = None) -> None:
        self._log = log
        self._topic = topic
        self._limit = limit or Limit()
        self._buried: defaultdict[Partition, deque[int]] = defaultdict(deque)

    def bury(self, record: Record, *, consumer: str, reason: str, now: datetime) -> None:
        """Append the record to the topic of dead letters; durable when it returns.

        Raises:
            TooManyDeadLetters: the limit is reached; nothing is buried, and the consumer must stop.
        """
        self._check_limit(record)
        letter = DeadLetter(
            consumer=consumer,
            topic=record.partition.topic,
            partition=record.partition.number,
            offset=record.offset,
            reason=reason,
            buried_at=now,
            key=record.key,
            value=record.value,
            headers=record.headers,
        )
        self._log.append([NewRecord(self._topic, msgspec.json.encode(letter), key=record.key)])

    def _check_limit(self, record: Record) -> None:
        offsets = self._buried[record.partition]
        if record.offset not in offsets:
            offsets.append(record.offset)
        while offsets and offsets[0] <= record.offset - self._limit.out_of:
            offsets.popleft()
        last = list(offsets)[-self._limit.in_a_row :]
        in_a_row = len(last) == self._limit.in_a_row and last[-1] - last[0] == self._limit.in_a_row - 1
        if in_a_row or len(offsets) > self._limit.most:
            raise TooManyDeadLetters(
                f"{len(offsets)} of the newest {self._limit.out_of} records of {record.partition.topic}/"
                f"{record.partition.number} cannot be handled; the consumer stops before it buries more"
            )


def read_dead_letter(value: bytes) -> DeadLetter:
    """Raises msgspec.MsgspecError."""
    return msgspec.json.decode(value, type=DeadLetter)
