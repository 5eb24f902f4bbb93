"""The event log in one SQLite file: durable, for one process on one machine. The default."""

import fcntl
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from shared.eventlog.groups import Group
from shared.eventlog.limits import check_sizes
from shared.eventlog.local_consumer import LocalConsumer, Signal
from shared.eventlog.log_file import LogFile, Row, Span, encode_headers, to_microseconds
from shared.eventlog.placement import Placement
from shared.eventlog.port import (
    Assigned,
    Consumer,
    LogInUse,
    LogUnavailable,
    NewRecord,
    OffsetOutOfRange,
    Partition,
    Record,
    Revoked,
    TopicSpec,
)
from shared.eventlog.topic_table import TopicTable
from shared.runtime.clock import Clock
from shared.runtime.group_commit import GroupCommit
from shared.runtime.identifiers import IdSource

_DELETE_AT_ONCE = 20_000
"""Records deleted in one transaction; appends wait that long at most."""
_PAGES_AT_ONCE = 2_000

_Placed = Sequence[tuple[Partition, NewRecord]]
_Places = Sequence[tuple[Partition, int]]


class EmbeddedLog:
    """`shared.eventlog.port.EventLog` in `<folder>/log.db`. Made by `open_embedded`."""

    def __init__(self, *, file: LogFile, lock: "FolderLock", identity: str, clock: Clock) -> None:
        self._file = file
        self._folder_lock = lock
        self._identity = identity
        self._clock = clock
        self._topics = TopicTable()
        self._placement = Placement(self._topics.partition_count)
        self._spans = file.spans()
        self._spans_in_doubt = False
        self._has_refused = False
        self._groups: dict[str, Group] = {}
        self._groups_lock = threading.Lock()
        self._signal = Signal()
        self._commits: GroupCommit[_Placed, _Places] = GroupCommit(self._commit, LogUnavailable)
        for spec in file.specs():
            self._topics.add(spec)

    def identity(self) -> str:
        return self._identity

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        with self._writing():
            known = set(self._topics.names())
            missing = [spec for spec in topics if spec.name not in known]
            if missing:
                self._file.add_topics(missing)
                self._spans = self._file.spans()
            for spec in missing:
                self._topics.add(spec)
        with self._groups_lock:
            for group in self._groups.values():
                group.extend(self._topics.partitions())
        self._signal.raise_()

    def topics(self) -> Sequence[str]:
        return self._topics.names()

    def check(self) -> None:
        """After a failed append, try to write a little: on a disk that is full nobody appends until this says yes again."""
        if self._has_refused:
            with self._writing():
                self._file.probe()
            self._has_refused = False

    def partition_count(self, topic: str) -> int:
        return self._topics.partition_count(topic)

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        check_sizes(records)
        placed = list(zip(self._placement.places(records), records, strict=True))
        return self._commits.submit(placed) if placed else ()

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        with self._groups_lock:
            joined = self._groups.setdefault(group, Group(self._topics.partitions()))
        return LocalConsumer(
            records=self,
            group=joined,
            signal=self._signal,
            topics=topics,
            on_assigned=on_assigned,
            on_revoked=on_revoked,
        )

    def bounds(self, partition: Partition) -> tuple[int, int]:
        span = self._spans[partition]
        return span.first, span.next

    def read(self, partition: Partition, offset: int, *, max_records: int, max_bytes: int) -> Sequence[Record]:
        with _unavailable():
            span = self._spans[partition]
            return self._file.read(partition, span, offset, max_records=max_records, max_bytes=max_bytes)

    def offsets(self, partition: Partition) -> tuple[int, int]:
        self._placement.check(partition)
        return self.bounds(partition)

    def ends(self, topic: str) -> Mapping[int, int]:
        count = self.partition_count(topic)
        with self._commits.alone():
            return {number: self._spans[Partition(topic, number)].next for number in range(count)}

    def committed(self, group: str, partition: Partition) -> int | None:
        self._placement.check(partition)
        joined = self._groups.get(group)
        return None if joined is None else joined.committed.get(partition)

    def delete_before(self, partition: Partition, offset: int) -> None:
        self._placement.check(partition)
        if offset > self.bounds(partition)[1]:
            raise OffsetOutOfRange(f"{partition.topic}/{partition.number} ends before {offset}")
        while self.bounds(partition)[0] < offset:
            self._delete_some(partition, offset)

    def expire(self, now: datetime) -> bool:
        """Delete some of the records that have outlived their topic's retention; says whether more are left."""
        more = False
        for spec in self._topics.specs():
            if spec.retention is None:
                continue
            for number in range(spec.partitions):
                partition = Partition(spec.name, number)
                with _unavailable():
                    kept = self._file.first_kept(self._spans[partition], now - spec.retention, _DELETE_AT_ONCE)
                more |= self._delete_some(partition, kept)
        with self._writing():
            return self._file.give_back(_PAGES_AT_ONCE) or more

    def close(self) -> None:
        with self._commits.alone():
            self._file.close()
            self._folder_lock.release()
        self._signal.raise_()

    def _delete_some(self, partition: Partition, offset: int) -> bool:
        """One bounded transaction; says whether it deleted as much as it may."""
        with self._writing():
            span = self._spans[partition]
            end = min(offset, span.first + _DELETE_AT_ONCE)
            if end <= span.first:
                return False
            full = end - span.first == _DELETE_AT_ONCE
            self._file.delete_to(span, end)
            span.first = end
            return full

    def _commit(self, batch: Sequence[_Placed]) -> Sequence[_Places]:
        """One transaction for all callers that wait. A crash before its end: none of their records is on the log."""
        try:
            with self._certain():
                places = self._insert(batch)
        except sqlite3.Error:
            self._has_refused = True
            raise
        self._has_refused = False
        return places

    def _insert(self, batch: Sequence[_Placed]) -> Sequence[_Places]:
        rows = _Batch(self._spans, self._clock.now())
        places = [[rows.add(partition, record) for partition, record in placed] for placed in batch]
        self._file.insert(rows.rows, {self._spans[partition].id: end for partition, end in rows.ends.items()})
        for partition, end in rows.ends.items():
            self._spans[partition].next = end
        self._signal.appended({partition.topic for partition in rows.ends})
        return places

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._commits.alone(), _unavailable(), self._certain():
            yield

    @contextmanager
    def _certain(self) -> Iterator[None]:
        """After a transaction whose outcome is unknown, the file says where the partitions begin and end."""
        if self._spans_in_doubt:
            for partition, found in self._file.spans().items():
                span = self._spans.setdefault(partition, found)
                span.first, span.next = found.first, found.next
            self._spans_in_doubt = False
        try:
            yield
        except BaseException:
            self._spans_in_doubt = True
            raise


class FolderLock:
    """Keeps a second process out of the folder; the operating system lets go of it when the process dies."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "log.lock").open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise LogInUse(f"another process has the event log in {folder} open; stop it, or use Kafka") from error

    def release(self) -> None:
        self._file.close()


def open_embedded(folder: Path, *, clock: Clock, ids: IdSource) -> EmbeddedLog:
    """Open the log in `folder`, making both if they are missing.

    Raises:
        LogInUse: another process has it open.
        LogUnavailable: the file cannot be opened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder)
    try:
        with _unavailable():
            file = LogFile(folder / "log.db")
            return EmbeddedLog(file=file, lock=lock, identity=file.identity(ids.next()), clock=clock)
    except BaseException:
        lock.release()
        raise


class _Batch:
    """Rows of one transaction, and where each partition ends with them."""

    def __init__(self, spans: Mapping[Partition, Span], now: datetime) -> None:
        self.rows: list[Row] = []
        self.ends: dict[Partition, int] = {}
        self._spans = spans
        self._now = to_microseconds(now)

    def add(self, partition: Partition, record: NewRecord) -> tuple[Partition, int]:
        span = self._spans[partition]
        offset = self.ends.get(partition, span.next)
        self.ends[partition] = offset + 1
        self.rows.append((span.place(offset), self._now, record.key, encode_headers(record.headers), record.value))
        return partition, offset


@contextmanager
def _unavailable() -> Iterator[None]:
    """Disk full, file gone, connection closed: what SQLite raises is a log that cannot be reached."""
    try:
        yield
    except sqlite3.Error as error:
        raise LogUnavailable(f"the embedded event log: {error}") from error
