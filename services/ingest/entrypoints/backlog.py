"""Watches how long readings wait for analytics, and asks senders to wait when that is too long."""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from services.ingest.domain.errors import Overloaded
from shared.eventlog.port import EventLog, LogUnavailable, Partition

_LOOKS_EVERY = timedelta(seconds=5)
_RETRY_AFTER_SECONDS = 5

Ends = Mapping[Partition, int]


class Backlog:
    """A stepper, and what the requests ask. Everything waits on the log, so memory is never at stake; disks are.

    Args:
        group: who reads the topic.
        most: how long a record may wait.
    """

    name = "ingest.backlog"

    def __init__(
        self, *, log: EventLog, topic: str, group: str, most: timedelta, show: Callable[[timedelta], None]
    ) -> None:
        self._log = log
        self._topic = topic
        self._group = group
        self._most = most
        self._show = show
        self._ends: deque[tuple[datetime, Ends]] = deque()
        self._waits = timedelta(0)

    def check(self) -> None:
        """Raises Overloaded."""
        if self._waits > self._most:
            detail = (
                f"readings have waited for {self._waits.total_seconds():.0f} s to be counted; "
                f"send the same again in {_RETRY_AFTER_SECONDS} s"
            )
            raise Overloaded(detail, facts={"retry_after_seconds": _RETRY_AFTER_SECONDS})

    def step(self, now: datetime) -> bool:
        """Look, at most every five seconds. A log that is away says nothing; the requests find out themselves."""
        if not self._ends or now >= self._ends[-1][0] + _LOOKS_EVERY:
            try:
                self._look(now)
            except LogUnavailable:
                return False
            self._show(self._waits)
        return False

    def close(self) -> None:
        """What was seen is forgotten; a restart begins with no backlog."""

    def _look(self, now: datetime) -> None:
        partitions = [Partition(self._topic, number) for number in range(self._log.partition_count(self._topic))]
        self._ends.append((now, {partition: self._log.offsets(partition)[1] for partition in partitions}))
        read = {partition: self._log.committed(self._group, partition) for partition in partitions}
        while len(self._ends) > 1 and _is_read(self._ends[0][1], read):
            self._ends.popleft()
        since, ends = self._ends[0]
        self._waits = timedelta(0) if _is_read(ends, read) else now - since


def _is_read(ends: Ends, read: Mapping[Partition, int | None]) -> bool:
    """Whether everything below these ends was read. A group that has never said anything is not waited for."""
    return all(at is None or at >= ends[partition] for partition, at in read.items())
