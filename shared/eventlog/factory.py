"""From settings to an adapter. A Kafka driver is imported only when it is chosen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shared.eventlog.embedded import open_embedded
from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.port import EventLog
from shared.runtime.clock import Clock
from shared.runtime.identifiers import IdSource


@dataclass(frozen=True, slots=True)
class LogChoice:
    """Which event log, as the settings say."""

    kind: Literal["embedded", "kafka"]
    folder: Path
    bootstrap_servers: str
    driver: Literal["kafka-python", "librdkafka"]
    topic_prefix: str


class DriverMissing(Exception):
    """The chosen Kafka driver is not installed."""


def open_log(choice: LogChoice, *, clock: Clock, ids: IdSource) -> EventLog:
    """Open the log that is chosen.

    Raises:
        DriverMissing: the optional extra of the driver is not installed.
        LogInUse: another process holds the embedded log.
        LogUnavailable: its disk cannot be used.
    """
    if choice.kind == "embedded":
        return open_embedded(choice.folder, clock=clock, ids=ids)
    options = KafkaOptions(bootstrap_servers=choice.bootstrap_servers, prefix=choice.topic_prefix)
    return _librdkafka(options) if choice.driver == "librdkafka" else _kafka_python(options)


def _kafka_python(options: KafkaOptions) -> EventLog:
    from shared.eventlog.kafka_python import KafkaPythonLog  # noqa: PLC0415 - only when it is chosen

    return KafkaPythonLog(options)


def _librdkafka(options: KafkaOptions) -> EventLog:
    try:
        from shared.eventlog.librdkafka import LibrdkafkaLog  # noqa: PLC0415 - only when it is chosen
    except ImportError as error:
        raise DriverMissing(
            "ANDON_KAFKA_DRIVER is librdkafka, but its extra is not installed: "
            "pip install --require-hashes -r requirements-librdkafka.txt"
        ) from error
    return LibrdkafkaLog(options)
