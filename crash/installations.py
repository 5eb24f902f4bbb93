"""Andon installed to be struck: in one process on the embedded log and SQLite, or in five on Kafka and PostgreSQL."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crash.broker import RawTopics
from crash.database_server import PostgresServer
from tests.support.installation import SERVICES, Installation, databases, migrate
from tests.support.kafka_server import KafkaServer
from tests.support.processes import AndonProcess

SESSION_SECONDS = 3.0
"""How soon Kafka takes a silent process for dead."""
PROVISIONAL_EVERY_SECONDS = 3.0
_SETTINGS = {
    "ANDON_ANALYTICS_PROVISIONAL_EVERY_SECONDS": str(PROVISIONAL_EVERY_SECONDS),
    "ANDON_KAFKA_SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
}
SECOND = "analytics-2"
_READY_WITHIN_SECONDS = 240.0
"""Five processes that start together on two cores, with everything else that runs there."""


@dataclass(frozen=True)
class Site:
    """One installation and what it stands on.

    Attributes:
        http: calls it through the process that serves a path.
        processes: name → process; all of these may be struck.
        services: name → the services of that process.
        plain: the settings of all of them.
        broker, database: None where they may not be struck.
        raw: None where there are no raw topics to write to.
    """

    log: str
    http: Installation
    processes: Mapping[str, AndonProcess]
    services: Mapping[str, Sequence[str]]
    plain: Mapping[str, str]
    broker: KafkaServer | None = None
    database: PostgresServer | None = None
    raw: RawTopics | None = None

    def start(self, name: str, fail_points: str = "") -> None:
        """Start one process, armed or not, without waiting for it."""
        process = self.processes[name]
        armed = {"ANDON_FAIL_POINTS": fail_points} if fail_points else {}
        process.environment = {**self.plain, **armed}
        process.start_without_waiting()

    def start_what_ended(self) -> Sequence[str]:
        """Start again what has ended by itself, as whatever watches over processes in earnest does; returns their names."""
        ended = [name for name, process in self.processes.items() if not process.is_running]
        for name in ended:
            self.start(name)
        return ended

    def wait_until_ready(self) -> None:
        """Start what has ended and wait for all."""
        self.start_what_ended()
        for process in self.processes.values():
            process.wait_until_ready(_READY_WITHIN_SECONDS)

    def log_text(self, name: str) -> str:
        return self.processes[name].log_file.read_text(errors="replace")


@contextmanager
def embedded(folder: Path) -> Iterator[Site]:
    """All four services in one process named `andon`."""
    settings = {**_SETTINGS, "ANDON_DATA_DIR": str(folder / "data")}
    process = AndonProcess(settings, folder / "andon.log")
    http = Installation(dict.fromkeys(SERVICES, process))
    with _running(Site("embedded", http, {"andon": process}, {"andon": SERVICES}, settings)) as site:
        yield site


@contextmanager
def on_kafka(
    folder: Path,
    *,
    bootstrap_servers: str,
    postgres_url: str,
    broker: KafkaServer | None = None,
    database: PostgresServer | None = None,
) -> Iterator[Site]:
    """Each service in a process of its own, and two of analytics, which share its partitions.

    Args:
        broker, database: where they may be struck too; they are those of the addresses.
    """
    prefix = f"crash-{secrets.token_hex(4)}."
    with databases(postgres_url) as urls:
        settings = {
            **_SETTINGS,
            "ANDON_DATA_DIR": str(folder / "data"),
            "ANDON_LOG": "kafka",
            "ANDON_KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
            "ANDON_KAFKA_TOPIC_PREFIX": prefix,
            **{f"ANDON_{service.upper()}_DATABASE_URL": url for service, url in urls.items()},
        }
        migrate(settings)
        services = {**{service: [service] for service in SERVICES}, SECOND: ["analytics"]}
        processes = {name: AndonProcess(settings, folder / f"{name}.log", of) for name, of in services.items()}
        http = Installation({service: processes[service] for service in SERVICES})
        raw = RawTopics(bootstrap_servers, prefix)
        site = Site("kafka", http, processes, services, settings, broker, database, raw)
        with _running(site):
            yield site


@contextmanager
def _running(site: Site) -> Iterator[Site]:
    """Started, and in the end stopped by a signal that each process must obey; killed if anything went wrong."""
    try:
        for name in site.processes:
            site.start(name)
        site.wait_until_ready()
        yield site
        codes = {name: process.stop() for name, process in site.processes.items()}
        if set(codes.values()) != {0}:
            raise DidNotStop(f"exit codes after SIGTERM: {codes}")
    finally:
        for process in site.processes.values():
            process.kill()


class DidNotStop(Exception):
    """A process did not end with exit code 0 when it was asked to."""
