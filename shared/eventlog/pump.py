"""The one loop between the log and a consumer: poll, handle, commit.

A handler makes effect and offset durable in one transaction of its own, so the pump holds nothing that a crash could lose:

* Crash before the handler's commit: the records are read again, from the offset in its database.
* Crash after it: they are not read again.
* A commit whose outcome is unknown: whatever is cached is dropped, and offsets are read from the database again.
* Committing to the broker comes last, feeds lag figures, and may fail.
"""

import functools
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.eventlog.dead_letters import DeadLetter, DeadLetters
from shared.eventlog.handler import Busy, Handler, Subscription, Unprocessable
from shared.eventlog.port import Consumer, EventLog, LogUnavailable, LostPartition, OffsetOutOfRange, Partition, Record
from shared.eventlog.pump_observer import NullObserver, Outcome, PumpObserver
from shared.eventlog.record_runs import counts, newest_times, size
from shared.eventlog.side_by_side import Join, SideBySide
from shared.runtime.failpoints import fail_point
from shared.telemetry.logging import Logger

_COMMIT_EVERY = timedelta(seconds=5)
_LARGE_BYTES = 256 * 1024
"""A batch of so much is part of a load under which it saves more to wait than anybody gains by not waiting."""


@dataclass(frozen=True, slots=True)
class _Skip:
    """A record to be put with the dead letters, in its turn."""

    failure: Unprocessable


_Part = Sequence[Record] | _Skip


class Pump:
    """Drives one consumer; a `Stepper`. Joins its group in the first step."""

    def __init__(
        self,
        subscription: Subscription,
        *,
        log: EventLog,
        handler: Handler,
        logger: Logger,
        dead_letters: DeadLetters | None = None,
        observer: PumpObserver | None = None,
    ) -> None:
        self._subscription = subscription
        self._log = log
        self._handler = handler
        self._logger = logger.bind(activity=subscription.name)
        self._dead_letters = dead_letters
        self._observer = observer or NullObserver()
        self._expected: tuple[type[Exception], ...] = (LogUnavailable, *subscription.retry_on)
        self._consumer: Consumer | None = None
        self._assigned: set[Partition] = set()
        self._paused_until: dict[Partition, datetime] = {}
        self._attempts: Counter[tuple[Partition, int]] = Counter()
        self._heads: dict[Partition, datetime] = {}
        self._reached: dict[Partition, int] = {}
        self._told: dict[Partition, int] = {}
        self._committed_at: datetime | None = None
        self._gathers_until: datetime | None = None
        self._must_reload = False
        self._closed = False

    @property
    def name(self) -> str:
        return self._subscription.name

    def step(self, now: datetime) -> bool:
        """One poll and what comes of it. Raises what the handler raises and nobody expects: the consumer is to stop."""
        if self._closed or (self._gathers_until is not None and now < self._gathers_until):
            return False
        try:
            consumer = self._joined()
            self._reload(consumer)
            self._resume(consumer, now)
            records = self._poll(consumer)
            is_all = 0 < len(records) < self._subscription.max_records
            self._gathers_until = now + self._gathering(records) if is_all else None
            more = self._work(consumer, records, now) if records else self._idle(now)
            self._commit(consumer, now)
            self._report_lag(consumer, now)
        except LostPartition as error:
            self._logger.warning("position_moved", error=str(error))
            return True
        except self._expected as error:
            self._retry_later(error)
            return False
        return more

    def close(self) -> None:
        """Leave the group. The handler's stored offsets are all that is needed to go on."""
        consumer, self._consumer, self._closed = self._consumer, None, True
        if consumer is not None:
            try:
                consumer.commit(self._reached)
            finally:
                consumer.close()

    def _gathering(self, records: Sequence[Record]) -> timedelta:
        return self._subscription.gather * (3 if size(records) >= _LARGE_BYTES else 1)

    def _joined(self) -> Consumer:
        if self._consumer is None:
            join = functools.partial(
                self._log.consumer, group=self._subscription.group, topics=self._subscription.topics
            )
            kind: Join = functools.partial(SideBySide, join) if self._subscription.side_by_side else join
            self._consumer = kind(on_assigned=self._on_assigned, on_revoked=self._on_revoked)
        return self._consumer

    def _on_assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        starts = self._handler.assigned(partitions)
        fail_point("partitions-read")
        self._assigned.update(partitions)
        # Whoever had them before may have come further than it has told, and nothing more may come to be told of.
        self._reached.update(starts)
        self._logger.info("partitions_assigned", partitions=_names(partitions))
        return starts

    def _on_revoked(self, partitions: Sequence[Partition]) -> None:
        self._assigned.difference_update(partitions)
        for partition in partitions:
            self._paused_until.pop(partition, None)
            self._reached.pop(partition, None)
            self._told.pop(partition, None)  # it may not have been heard: a broker refuses what a former member tells
            self._heads.pop(partition, None)
            self._observer.lost(partition)
        self._logger.info("partitions_revoked", partitions=_names(partitions))
        self._handler.revoked(partitions)

    def _poll(self, consumer: Consumer) -> Sequence[Record]:
        """What has come. Nothing, where what would be read next has been applied and is deleted: by others, while this process slept and
        has lost its partitions, or here, where the log has gone back. Raises OffsetOutOfRange for what nobody has read.
        """
        try:
            return consumer.poll(self._subscription.wait, self._subscription.max_records)
        except OffsetOutOfRange:
            self._must_reload = True
            self._reload(consumer)
            bounds = {partition: self._log.offsets(partition) for partition in self._reached}
            if not all(first <= self._reached[partition] <= end for partition, (first, end) in bounds.items()):
                raise
            self._logger.warning("position_moved", error="its records were applied, and are deleted")
            return []

    def _work(self, consumer: Consumer, records: Sequence[Record], now: datetime) -> bool:
        """Hand the batch over, cut in parts where a record has to be skipped; what is not handled is read again."""
        parts: list[_Part] = [records]
        try:
            with self._reloading_after_trouble():
                while parts:
                    parts[:1] = self._take(parts[0], now)
        except _TryAgain:
            self._rewind(consumer, parts)
        except Busy as busy:
            self._rewind(consumer, parts)
            consumer.pause([busy.partition])
            self._paused_until[busy.partition] = now + busy.retry_after
            return False
        return True

    def _idle(self, now: datetime) -> bool:
        with self._reloading_after_trouble():
            return self._handler.idle(now)

    def _take(self, part: _Part, now: datetime) -> Sequence[_Part]:
        """Do one part; returns what is to be done instead of it when one of its records failed for good."""
        if isinstance(part, _Skip):
            self._skip(part.failure, now)
            return ()
        try:
            with self._observed(len(part), Outcome.HANDLED):
                reached = self._handler.handle(part, now)
        except Unprocessable as failure:
            if self._may_be_tried_again(failure):
                raise _TryAgain from failure
            return _around(part, failure)
        fail_point("batch-handled")
        self._reached.update(reached)
        self._heads.update(newest_times(part))
        if self._dead_letters is not None:
            self._dead_letters.note_handled(counts(part))
        return ()

    def _may_be_tried_again(self, failure: Unprocessable) -> bool:
        """Raises the failure where records may not be passed over."""
        record = failure.record
        if self._dead_letters is None or not self._dead_letters.take(record.partition.topic):
            raise failure
        self._attempts[record.partition, record.offset] += 1
        return self._attempts[record.partition, record.offset] < self._subscription.attempts

    def _skip(self, failure: Unprocessable, now: datetime) -> None:
        """Crash between letter and offset: the record is put there again, under the same id."""
        record = failure.record
        if self._dead_letters is not None:
            self._dead_letters.put(self._letter(failure, now))
            fail_point("dead-letter-put")
        with self._observed(1, Outcome.SKIPPED):
            self._reached.update(self._handler.skip(record, now))
        del self._attempts[record.partition, record.offset]
        self._heads[record.partition] = record.appended_at
        self._observer.dead_letter(record.partition.topic, failure.reason)
        self._logger.warning("dead_letter", reason=failure.reason, detail=failure.detail, offset=record.offset)

    def _letter(self, failure: Unprocessable, now: datetime) -> DeadLetter:
        record = failure.record
        return DeadLetter(
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            headers=record.headers,
            consumer=self._subscription.group,
            reason=failure.reason,
            detail=failure.detail,
            attempts=self._attempts[record.partition, record.offset],
            failed_at=now,
        )

    @contextmanager
    def _reloading_after_trouble(self) -> Iterator[None]:
        """Unless the handler said that it changed nothing, its caches and the positions are doubtful: read them again."""
        try:
            yield
        except (Busy, _TryAgain):
            raise
        except BaseException:
            self._must_reload = True
            raise

    def _reload(self, consumer: Consumer) -> None:
        if not self._must_reload:
            return
        held = sorted(self._assigned)
        self._handler.revoked(held)
        starts = self._handler.assigned(held) if held else {}
        for partition in held:
            consumer.seek(partition, starts[partition] if partition in starts else self._log.offsets(partition)[0])
        self._reached.update(starts)
        self._must_reload = False

    def _rewind(self, consumer: Consumer, parts: Sequence[_Part]) -> None:
        """Read again from the first record of each partition that was not handled."""
        first: dict[Partition, Record] = {}
        for part in parts:
            for record in [part.failure.record] if isinstance(part, _Skip) else part:
                if record.partition not in first or record.offset < first[record.partition].offset:
                    first[record.partition] = record
        for partition, record in first.items():
            consumer.seek(partition, record.offset)
            self._heads[partition] = record.appended_at

    def _resume(self, consumer: Consumer, now: datetime) -> None:
        due = [partition for partition, until in self._paused_until.items() if until <= now]
        for partition in due:
            del self._paused_until[partition]
        if due:
            consumer.resume(due)

    def _commit(self, consumer: Consumer, now: datetime) -> None:
        if self._reached != self._told and (self._committed_at is None or now - self._committed_at >= _COMMIT_EVERY):
            consumer.commit(self._reached)
            fail_point("broker-told")
            self._told, self._committed_at = dict(self._reached), now

    def _report_lag(self, consumer: Consumer, now: datetime) -> None:
        for partition in self._assigned:
            records, head = consumer.lag(partition), self._heads.get(partition)
            age = None if head is None else max(0.0, (now - head).total_seconds())
            self._observer.lag(partition, records, 0.0 if records == 0 else age)

    def _retry_later(self, error: Exception) -> None:
        self._observer.retried(error)
        self._logger.warning("retried", error=str(error), kind=type(error).__name__)

    @contextmanager
    def _observed(self, records: int, success: Outcome) -> Iterator[None]:
        started, outcome = time.perf_counter(), Outcome.FAILED
        try:
            yield
            outcome = success
        except Exception as error:
            outcome = self._outcome_of(error)
            raise
        finally:
            self._observer.handled(outcome, records, time.perf_counter() - started)

    def _outcome_of(self, error: Exception) -> Outcome:
        if isinstance(error, self._expected):
            return Outcome.UNAVAILABLE
        kinds: dict[type[Exception], Outcome] = {
            Busy: Outcome.BUSY,
            Unprocessable: Outcome.UNPROCESSABLE,
            LostPartition: Outcome.LOST,
        }
        return kinds.get(type(error), Outcome.FAILED)


class _TryAgain(Exception):
    """A record failed, but not for good."""


def _around(part: Sequence[Record], failure: Unprocessable) -> Sequence[_Part]:
    """The part in three: what may come before the failed record, the record, and what comes after it."""
    bad = failure.record
    after = [record for record in part if record.partition == bad.partition and record.offset > bad.offset]
    before = [record for record in part if record.partition != bad.partition or record.offset < bad.offset]
    return [*([before] if before else []), _Skip(failure), *([after] if after else [])]


def _names(partitions: Sequence[Partition]) -> list[str]:
    return [f"{partition.topic}/{partition.number}" for partition in partitions]
