"""The event log in memory keeps the contract."""

import pytest

from shared.eventlog.memory import MemoryLog
from shared.runtime.clock import SystemClock
from shared.runtime.identifiers import CountingIds
from tests.contract.event_log_contract import EventLogContract


class TestMemory(EventLogContract):
    @pytest.fixture
    def log(self) -> MemoryLog:
        return MemoryLog(clock=SystemClock(), ids=CountingIds("log"))


def test_two_logs_have_two_identities() -> None:
    ids = CountingIds("log")
    assert MemoryLog(clock=SystemClock(), ids=ids).identity() != MemoryLog(clock=SystemClock(), ids=ids).identity()
