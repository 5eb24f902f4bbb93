"""The embedded event log keeps the contract, and what it was given outlives it."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from shared.eventlog.embedded import EmbeddedLog, open_embedded
from shared.eventlog.factory import log_activities
from shared.eventlog.log_file import Row
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import LogInUse, LogUnavailable, NewRecord, OffsetOutOfRange, Partition, TopicSpec
from shared.runtime.clock import FixedClock, SystemClock
from shared.runtime.identifiers import CountingIds
from tests.contract.event_log_contract import EventLogContract
from tests.contract.log_reader import Reader

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ZERO = Partition("events", 0)


class TestEmbedded(EventLogContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[EmbeddedLog]:
        log = open_embedded(tmp_path, clock=SystemClock(), ids=CountingIds("log"))
        yield log
        log.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


def opened(folder: Path, clock: FixedClock) -> EmbeddedLog:
    return open_embedded(folder, clock=clock, ids=CountingIds(folder.name))


def test_everything_is_there_when_it_is_opened_again(tmp_path: Path, clock: FixedClock) -> None:
    log = opened(tmp_path / "a", clock)
    log.ensure_topics([TopicSpec("events", 2, timedelta(days=3)), TopicSpec("emptied", 1)])
    log.append([NewRecord("events", b"%d" % n, key=b"k", headers=(("h", b"1"),), partition=0) for n in range(5)])
    log.append([NewRecord("emptied", b"x")])
    log.delete_before(ZERO, 2)
    log.delete_before(Partition("emptied", 0), 1)
    identity = log.identity()
    log.close()

    again = open_embedded(tmp_path / "a", clock=clock, ids=CountingIds("other"))
    assert again.identity() == identity
    assert list(again.topics()) == ["emptied", "events"]
    assert again.partition_count("events") == 2
    assert again.offsets(ZERO) == (2, 5)
    assert again.offsets(Partition("emptied", 0)) == (1, 1)
    records = Reader(again, ["events"]).read(3)
    assert [(record.offset, record.value) for record in records] == [(2, b"2"), (3, b"3"), (4, b"4")]
    assert {(record.key, record.headers, record.appended_at) for record in records} == {(b"k", (("h", b"1"),), NOON)}
    assert list(again.append([NewRecord("emptied", b"y")])) == [(Partition("emptied", 0), 1)]
    again.close()


def test_a_second_process_is_kept_out_until_the_first_has_gone(tmp_path: Path, clock: FixedClock) -> None:
    log = opened(tmp_path, clock)
    with pytest.raises(LogInUse, match="another process"):
        opened(tmp_path, clock)
    log.close()
    opened(tmp_path, clock).close()


def test_a_file_that_is_no_log_is_unavailable_and_leaves_the_folder_free(tmp_path: Path, clock: FixedClock) -> None:
    (tmp_path / "log.db").write_bytes(b"not a database, but long enough to look at" * 100)
    for _ in range(2):
        with pytest.raises(LogUnavailable):
            opened(tmp_path, clock)


def test_what_has_expired_is_not_written_over(tmp_path: Path, clock: FixedClock) -> None:
    log = opened(tmp_path, clock)
    log.ensure_topics([TopicSpec("events", 1)])
    log.append([NewRecord("events", bytes(1_000_000))] * 4)
    log._file._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log.delete_before(ZERO, 4)
    assert 0 < (tmp_path / "log.db-wal").stat().st_size < 400_000
    log.close()


def test_a_full_disk_refuses_appends_and_loses_nothing(tmp_path: Path, clock: FixedClock) -> None:
    log = opened(tmp_path, clock)
    log.ensure_topics([TopicSpec("events", 1)])
    log.append([NewRecord("events", b"before")])
    log._file._writer.execute("PRAGMA max_page_count=40")
    with pytest.raises(LogUnavailable, match="full"):
        log.append([NewRecord("events", b"small"), NewRecord("events", bytes(1_000_000))])
    assert log.offsets(ZERO) == (0, 1)
    log._file._writer.execute("PRAGMA max_page_count=1000000")
    log.check()
    assert list(log.append([NewRecord("events", b"after")])) == [(ZERO, 1)]
    reader = Reader(log, ["events"])
    reader.read(2)
    assert reader.values() == [b"before", b"after"]
    log.close()


@pytest.mark.processes
def test_a_full_disk_shows_until_there_is_room_again(tmp_path: Path) -> None:
    """The kernel's limit on the size of files makes writes fail as a full disk does; for a process of its own, to spare ours."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, "-c", _MEETS_A_FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert done.stderr == ""
    assert done.stdout.split() == ["takes", "refused", "full", "full", "takes", "appended"]


_MEETS_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from shared.eventlog.embedded import open_embedded
from shared.eventlog.port import LogUnavailable, NewRecord, TopicSpec
from shared.runtime.clock import SystemClock
from shared.runtime.identifiers import CountingIds

log = open_embedded(Path(sys.argv[1]), clock=SystemClock(), ids=CountingIds("log"))
log.ensure_topics([TopicSpec("events", 1)])
def checked():
    try:
        log.check()
    except LogUnavailable:
        return "full"
    return "takes"
print(checked())
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
try:
    log.append([NewRecord("events", b"x" * 100_000)])
except LogUnavailable:
    print("refused")
print(checked(), checked())
resource.setrlimit(resource.RLIMIT_FSIZE, before)
print(checked())
log.append([NewRecord("events", b"y" * 100_000)])
print("appended")
"""


def test_an_outcome_that_was_unknown_is_looked_up(tmp_path: Path, clock: FixedClock) -> None:
    """A commit that fails after it became durable must not give its offsets to other records."""
    log = opened(tmp_path, clock)
    log.ensure_topics([TopicSpec("events", 1)])
    insert = log._file.insert

    def insert_and_fail(rows: Sequence[Row], next_offsets: Mapping[int, int]) -> None:
        insert(rows, next_offsets)
        raise sqlite3.OperationalError("disk I/O error")

    log._file.insert = insert_and_fail  # type: ignore[method-assign]
    with pytest.raises(LogUnavailable):
        log.append([NewRecord("events", b"durable all the same")])
    log._file.insert = insert  # type: ignore[method-assign]
    assert list(log.append([NewRecord("events", b"next")])) == [(ZERO, 1)]
    log.close()


def test_records_older_than_their_topic_keeps_them_go_and_the_others_stay(tmp_path: Path, clock: FixedClock) -> None:
    log = opened(tmp_path, clock)
    log.ensure_topics([TopicSpec("events", 1, timedelta(days=7)), TopicSpec("kept", 1)])
    for _ in range(10):
        log.append([NewRecord("events", b"x"), NewRecord("kept", b"x")])
        clock.advance(timedelta(days=1))
    (activity,) = log_activities(log, structlog.stdlib.get_logger())
    assert activity.stepper.step(clock.now()) is False
    assert log.offsets(ZERO) == (3, 10)
    assert log.offsets(Partition("kept", 0)) == (0, 10)
    clock.advance(timedelta(days=30))
    activity.stepper.step(clock.now())
    assert log.offsets(ZERO) == (10, 10)
    with pytest.raises(OffsetOutOfRange):
        Reader(log, ["events"], starts={ZERO: 5}).read(1)
    log.close()
    assert activity.stepper.step(clock.now()) is False, "a closed log is a log that is away"


def test_only_the_embedded_log_needs_help_to_forget(clock: FixedClock) -> None:
    assert list(log_activities(MemoryLog(clock=clock, ids=CountingIds()), structlog.stdlib.get_logger())) == []


def test_the_file_shrinks_when_records_have_gone(tmp_path: Path, clock: FixedClock) -> None:
    log = opened(tmp_path, clock)
    log.ensure_topics([TopicSpec("events", 1, timedelta(days=1))])
    for _ in range(30):
        log.append([NewRecord("events", bytes(1_000_000))])
    clock.advance(timedelta(days=2))
    steps = 0
    while log.expire(clock.now()):
        steps += 1
        assert steps < 100
    log.close()
    assert steps > 1, "bounded pieces"
    assert (tmp_path / "log.db").stat().st_size < 15_000_000


def test_large_deletions_go_in_bounded_steps(tmp_path: Path, clock: FixedClock) -> None:
    log = opened(tmp_path, clock)
    log.ensure_topics([TopicSpec("events", 1, timedelta(days=1))])
    log.append([NewRecord("events", b"")] * 45_000)
    clock.advance(timedelta(days=2))
    seen = []
    while log.expire(clock.now()):
        seen.append(log.offsets(ZERO)[0])
    assert seen == [20_000, 40_000]
    assert log.offsets(ZERO) == (45_000, 45_000)
    log.close()


_WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from shared.eventlog.embedded import open_embedded
from shared.eventlog.port import NewRecord, TopicSpec
from shared.runtime.clock import SystemClock
from shared.runtime.identifiers import CountingIds

log = open_embedded(Path(sys.argv[1]), clock=SystemClock(), ids=CountingIds("log"))
log.ensure_topics([TopicSpec("events", 1)])
while True:
    places = log.append([NewRecord("events", b"a"), NewRecord("events", b"b")])
    print(places[-1][1], flush=True)
"""


@pytest.mark.processes
def test_what_was_acknowledged_survives_sigkill(tmp_path: Path, clock: FixedClock) -> None:
    command = [sys.executable, "-c", _WRITES_UNTIL_KILLED, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(300)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().split()]
    log = opened(tmp_path, clock)
    first, end = log.offsets(ZERO)
    assert (first, end % 2) == (0, 0), "an append is there as a whole or not at all"
    assert acknowledged[-1] < end <= acknowledged[-1] + 3
    reader = Reader(log, ["events"])
    reader.read(end)
    assert reader.values() == [b"a", b"b"] * (end // 2)
    log.close()
