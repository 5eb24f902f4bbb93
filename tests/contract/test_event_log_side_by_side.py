"""A consumer that reads partitions side by side keeps the contract of the consumer below it."""

import functools
from collections.abc import Sequence

import pytest

from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import Assigned, Consumer, Revoked
from shared.eventlog.side_by_side import MostHeld, SideBySide
from shared.runtime.clock import SystemClock
from shared.runtime.identifiers import CountingIds
from tests.contract.event_log_contract import EventLogContract


class _Log(MemoryLog):
    """In memory; all its consumers read side by side, and hold little."""

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        join = functools.partial(super().consumer, group=group, topics=topics)
        return SideBySide(join, on_assigned=on_assigned, on_revoked=on_revoked, most=MostHeld(records=8, size=4096))


class TestSideBySide(EventLogContract):
    @pytest.fixture
    def log(self) -> MemoryLog:
        return _Log(clock=SystemClock(), ids=CountingIds("log"))
