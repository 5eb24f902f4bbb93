"""One installation of Andon on the broker: data folder, topic prefix, definitions, processes."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.broker import WORK, Broker
from benchmarks.definitions import DEFINITIONS, Definitions
from benchmarks.event_loading import prefix_of
from benchmarks.event_set import EventSet
from shared.events.topics import TOPICS
from shared.telemetry.logging import configure_logging
from tests.support.platform import one_thread
from tests.support.processes import AndonProcess


@dataclass(frozen=True, slots=True)
class Installation:
    """Reads one event set with one driver; its data folder is its own."""

    broker: Broker
    events: EventSet
    driver: str
    folder: Path

    @property
    def prefix(self) -> str:
        return prefix_of(self.events)

    def topic(self, name: str) -> str:
        """As the broker knows it."""
        return self.prefix + name

    def environment(self) -> dict[str, str]:
        return {
            "ANDON_DATA_DIR": str(self.folder),
            "ANDON_LOG": "kafka",
            "ANDON_LOG_LEVEL": "warning",
            "ANDON_KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "ANDON_KAFKA_DRIVER": self.driver,
            "ANDON_KAFKA_TOPIC_PREFIX": self.prefix,
        }

    def process(self, service: str) -> AndonProcess:
        """`andon run <service>`, not started yet."""
        return AndonProcess(self.environment(), self.folder / f"{service}.log", [service])


def define(folder: Path, definitions: Definitions) -> None:
    """Write definitions into the databases of a data folder, through the API, with no consumer running that could see events."""
    configure_logging(level="warning", log_format="console")
    folder.mkdir(parents=True, exist_ok=True)
    with one_thread(folder) as andon:
        andon.define(definitions)


@contextmanager
def fresh_installation(broker: Broker, events: EventSet, driver: str) -> Iterator[Installation]:
    """An installation that has its definitions and has seen no event; its folder and topics are removed afterwards."""
    folder = WORK / "andon"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    installation = Installation(broker, events, driver, folder)
    own_topics = [installation.topic(topic.name) for topic in TOPICS]
    broker.delete(own_topics)
    try:
        define(folder, DEFINITIONS)
        yield installation
    finally:
        broker.delete(own_topics)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def embedded_process(definitions: Definitions = DEFINITIONS) -> Iterator[AndonProcess]:
    """`andon run`, all four services in one process on the embedded log, with definitions and without any event."""
    with _all_in_one(definitions, {}) as process:
        yield process


@contextmanager
def kafka_process(broker: Broker, definitions: Definitions, driver: str) -> Iterator[AndonProcess]:
    """`andon run`, all four services in one process on the broker, under a prefix of its own."""
    prefix = f"one-{secrets.token_hex(4)}."
    environment = {
        "ANDON_LOG": "kafka",
        "ANDON_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "ANDON_KAFKA_DRIVER": driver,
        "ANDON_KAFKA_TOPIC_PREFIX": prefix,
    }
    try:
        with _all_in_one(definitions, environment) as process:
            yield process
    finally:
        broker.delete_beginning(prefix)


@contextmanager
def _all_in_one(definitions: Definitions, environment: dict[str, str]) -> Iterator[AndonProcess]:
    folder = WORK / "all-in-one"
    shutil.rmtree(folder, ignore_errors=True)
    data = folder / "data"
    define(data, definitions)
    own = {"ANDON_DATA_DIR": str(data), "ANDON_LOG_LEVEL": "warning"}
    try:
        with AndonProcess({**own, **environment}, folder / "andon.log") as process:
            yield process
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def data_folder(process: AndonProcess) -> Path:
    return Path(process.environment["ANDON_DATA_DIR"])
