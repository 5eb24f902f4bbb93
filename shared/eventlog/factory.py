"""From a setting to an event log. Kafka's client is imported only when Kafka is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.port import EventLog
from shared.eventlog.retention import Expiring, LogRetention
from shared.runtime.clock import Clock
from shared.runtime.component import Activity
from shared.runtime.identifiers import IdSource
from shared.telemetry.logging import Logger

_RETENTION_REST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LogChoice:
    """Which event log, as the settings of a process say."""

    kind: Literal["embedded", "kafka"]
    folder: Path
    """Of the embedded log; made if it is missing."""
    bootstrap_servers: str = ""
    topic_prefix: str = ""
    session_timeout: timedelta = timedelta(seconds=20)


def open_log(choice: LogChoice, *, clock: Clock, ids: IdSource) -> EventLog:
    """Open the chosen log. Kafka is not asked for yet: a broker that is away shows in the first call.

    Raises:
        LogInUse: another process has the embedded log open.
        LogUnavailable: the embedded log cannot be opened.
    """
    if choice.kind == "embedded":
        from shared.eventlog.embedded import open_embedded  # noqa: PLC0415 - see the module's docstring

        return open_embedded(choice.folder, clock=clock, ids=ids)
    from shared.eventlog.kafka_log import KafkaLog  # noqa: PLC0415 - as above

    options = KafkaOptions(choice.bootstrap_servers, choice.topic_prefix, session_timeout=choice.session_timeout)
    return KafkaLog(options, clock)


def log_activities(log: EventLog, logger: Logger) -> Sequence[Activity]:
    """What has to run beside the log, once in the process: retention, where no broker sees to it."""
    return [Activity(LogRetention(log, logger), _RETENTION_REST)] if isinstance(log, Expiring) else []
