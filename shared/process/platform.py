"""The things of which a process has one, handed to each service's `build`."""

from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from shared.eventlog.port import EventLog
from shared.runtime.clock import Clock
from shared.runtime.identifiers import IdSource


@dataclass(frozen=True, slots=True)
class Platform:
    """One process's clock, ids, event log, metrics registry and data folder."""

    clock: Clock
    ids: IdSource
    log: EventLog
    registry: CollectorRegistry
    data_dir: Path

    def sqlite_url(self, service: str) -> str:
        """Where a service keeps its database unless it is told otherwise: one file per service."""
        return f"sqlite:///{self.data_dir / service}.db"
