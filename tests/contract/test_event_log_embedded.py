"""The embedded event log keeps the contract, and what it was given outlives it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.eventlog.embedded import EmbeddedLog, open_embedded
from shared.runtime.clock import SystemClock
from shared.runtime.identifiers import CountingIds
from tests.contract.event_log_contract import EventLogContract


class TestEmbedded(EventLogContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[EmbeddedLog]:
        log = open_embedded(tmp_path, clock=SystemClock(), ids=CountingIds("log"))
        yield log
        log.close()
