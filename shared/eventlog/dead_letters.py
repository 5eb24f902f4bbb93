"""Where records go that could not be handled: a topic for operators, with a limit.

A dead letter keeps the value and the key as they were. What else is known of it stands in headers: a CloudEvent in binary
mode (`ce_…`), the `andon-…` headers below, and the record's own headers behind `original-`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.eventlog.limits import MAX_ENVELOPE_BYTES
from shared.eventlog.port import MAX_RECORD_BYTES, EventLog, Headers, NewRecord, Partition, Record
from shared.eventlog.topic_names import is_subscribed
from shared.events.topics import DEAD_LETTERS

_TYPE = "andon.dead-letter.v1"
_ORIGINAL = "original-"
_MOST_ORIGINAL_HEADERS = MAX_ENVELOPE_BYTES // 4


class TooManyDeadLetters(Exception):
    """So many records fail that the fault must be ours: the consumer stops, and a person must look."""


@dataclass(frozen=True, slots=True)
class DeadLetterLimits:
    """When failing records are no longer the fault of their senders."""

    in_a_row: int = 10
    """More of one partition without one that was handled stop the consumer."""
    ratio: float = 0.1
    """A greater share of a partition's records stops the consumer."""
    sample: int = 100
    """The share is judged once so many records were seen."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that could not be handled, as read back from the topic. `is_cut`: too large to be kept whole."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes
    headers: Headers
    consumer: str
    reason: str
    detail: str
    attempts: int
    failed_at: datetime
    is_cut: bool = False


@dataclass(slots=True)
class _Tally:
    handled: int = 0
    dead: int = 0
    in_a_row: int = 0

    def judge(self, limits: DeadLetterLimits) -> str | None:
        seen = self.handled + self.dead
        if self.in_a_row > limits.in_a_row:
            return f"{self.in_a_row} records in a row could not be handled"
        if seen >= limits.sample and self.dead > limits.ratio * seen:
            return f"{self.dead} of {seen} records could not be handled"
        return None

    def halve(self) -> None:
        """Let old records count for less and less."""
        self.handled //= 2
        self.dead //= 2


@dataclass
class DeadLetters:
    """The dead letters of one consumer. Used by its pump only.

    Args:
        topics: which topics' records may be put there, `*` allowed. Records of others stop the consumer.
    """

    log: EventLog
    consumer: str
    topics: tuple[str, ...]
    limits: DeadLetterLimits = field(default_factory=DeadLetterLimits)
    _tallies: dict[Partition, _Tally] = field(default_factory=dict)

    def take(self, topic: str) -> bool:
        """Whether records of `topic` may be put with the dead letters."""
        return is_subscribed(topic, self.topics)

    def note_handled(self, counts: Mapping[Partition, int]) -> None:
        """So many records of these partitions were handled well."""
        for partition, count in counts.items():
            tally = self._tallies.setdefault(partition, _Tally())
            tally.handled += count
            tally.in_a_row = 0
            if tally.handled > 100 * self.limits.sample:
                tally.halve()

    def put(self, letter: DeadLetter) -> None:
        """Append one, and return when it is durable. Crash after it, before the offset: it is appended again, same id.

        Raises:
            TooManyDeadLetters: a limit is exceeded; nothing was appended.
            LogUnavailable: try again later.
        """
        tally = self._tallies.setdefault(letter.partition, _Tally())
        tally.dead += 1
        tally.in_a_row += 1
        excess = tally.judge(self.limits)
        if excess is not None:
            name = f"{letter.partition.topic}/{letter.partition.number}"
            raise TooManyDeadLetters(
                f"{self.consumer}: {name}: {excess}; the last at offset {letter.offset}: {letter.reason}"
            )
        self.log.append([to_record(letter)])


def to_record(letter: DeadLetter) -> NewRecord:
    """A dead letter as a record. A foreign record beyond what this log takes loses what is too much, and says so."""
    originals = tuple((_ORIGINAL + name, value) for name, value in letter.headers)
    too_many = sum(len(name) + len(value) for name, value in originals) > _MOST_ORIGINAL_HEADERS
    too_long_a_key = len(letter.key or b"") > _MOST_ORIGINAL_HEADERS
    cut = too_many or too_long_a_key or len(letter.value) > MAX_RECORD_BYTES
    facts = {
        "ce_specversion": "1.0",
        "ce_type": _TYPE,
        "ce_source": letter.consumer,
        "ce_id": f"{letter.consumer}/{letter.partition.topic}/{letter.partition.number}/{letter.offset}",
        "ce_time": letter.failed_at.isoformat(),
        "andon-topic": letter.partition.topic,
        "andon-partition": str(letter.partition.number),
        "andon-offset": str(letter.offset),
        "andon-reason": letter.reason,
        "andon-detail": letter.detail[:1000],
        "andon-attempts": str(letter.attempts),
        **({"andon-cut": "true"} if cut else {}),
    }
    return NewRecord(
        topic=DEAD_LETTERS,
        value=letter.value[:MAX_RECORD_BYTES],
        key=None if too_long_a_key else letter.key,
        headers=(*((name, text.encode()) for name, text in facts.items()), *(() if too_many else originals)),
    )


def dead_letter_of(record: Record) -> DeadLetter:
    """Read a record of the topic back. Raises ValueError for one that is no dead letter."""
    facts = {name: value.decode(errors="replace") for name, value in record.headers if not name.startswith(_ORIGINAL)}
    if facts.get("ce_type") != _TYPE:
        raise ValueError(f"{record.partition.topic}/{record.partition.number} at {record.offset} is no {_TYPE}")
    return DeadLetter(
        partition=Partition(facts["andon-topic"], int(facts["andon-partition"])),
        offset=int(facts["andon-offset"]),
        key=record.key,
        value=record.value,
        headers=tuple((n.removeprefix(_ORIGINAL), v) for n, v in record.headers if n.startswith(_ORIGINAL)),
        consumer=facts["ce_source"],
        reason=facts["andon-reason"],
        detail=facts["andon-detail"],
        attempts=int(facts["andon-attempts"]),
        failed_at=datetime.fromisoformat(facts["ce_time"]),
        is_cut="andon-cut" in facts,
    )
