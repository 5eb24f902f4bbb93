"""The things of which a process has one, handed to each service's `build`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from shared.database.engine import Database
from shared.eventlog.port import EventLog
from shared.runtime.clock import Clock
from shared.runtime.identifiers import IdSource


@dataclass(frozen=True, slots=True)
class Platform:
    """One process's clock, ids, event log, metrics registry and data folder.

    `poll_wait` is how long a consumer's poll blocks when nothing is there; nothing at all where one thread drives everything.
    `database` makes each service's database from its URL; another maker is for simulation, which lets databases fail.
    """

    clock: Clock
    ids: IdSource
    log: EventLog
    registry: CollectorRegistry
    data_dir: Path
    poll_wait: timedelta = timedelta(milliseconds=100)
    database: Callable[[str], Database] = Database

    def sqlite_url(self, service: str) -> str:
        """Where a service keeps its database unless it is told otherwise: one file per service."""
        return f"sqlite:///{self.data_dir / service}.db"
