"""What both Kafka drivers have in common: names, prefixes, topic settings, time-outs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.eventlog.limits import MAX_MESSAGE_BYTES
from shared.eventlog.port import TopicSpec
from shared.eventlog.topic_names import is_pattern

_MOST_MOMENTS = 1000

METADATA_REFRESH = timedelta(seconds=3)
"""How soon a subscription with `*` notices a new topic."""


@dataclass(frozen=True, slots=True)
class KafkaOptions:
    """How to reach a broker, and how long to wait for it."""

    bootstrap_servers: str
    prefix: str = ""
    """Put before every topic and group name."""
    append_timeout: timedelta = timedelta(seconds=30)
    """After this `append`, and any question about topics and offsets, gives up with LogUnavailable."""
    session_timeout: timedelta = timedelta(seconds=20)
    """A consumer that is not heard of for so long loses its partitions."""
    max_poll_interval: timedelta = timedelta(minutes=5)
    """A consumer that does not poll for so long loses its partitions."""

    def outer(self, topic: str) -> str:
        """The name on the broker of a topic, or of a group."""
        return self.prefix + topic

    def inner(self, name: str) -> str | None:
        """The topic of a name on the broker; None when it is not of this installation."""
        if name.startswith("__") or not name.startswith(self.prefix):
            return None
        return name[len(self.prefix) :]

    def topic_regex(self, name: str) -> str:
        """A name of a subscription, `*` included, as a regular expression over names on the broker."""
        beginning = self.outer(name).removesuffix("*").replace(".", "[.]")  # no other letter of a name is special
        return f"^{beginning}.*" if is_pattern(name) else f"^{beginning}$"

    def identity(self, cluster_id: str) -> str:
        return f"{cluster_id}/{self.prefix}"


def needs_regex(topics: Sequence[str]) -> bool:
    """Whether a subscription stands for topics that may not exist yet."""
    return any(is_pattern(topic) for topic in topics)


def topic_settings(spec: TopicSpec) -> dict[str, str]:
    """The broker's settings of a new topic."""
    retention = -1 if spec.retention is None else milliseconds(spec.retention)
    return {
        "cleanup.policy": "delete",
        "compression.type": "uncompressed",  # what a producer compresses, only some clients could read
        "retention.ms": str(retention),
        "retention.bytes": "-1",
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        "message.timestamp.type": "LogAppendTime",
    }


def milliseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)


class Moments(dict[int, datetime]):
    """Milliseconds since 1970 → the moment in UTC. Records of one batch have the same, so the latest are kept."""

    def __missing__(self, milliseconds_since_1970: int) -> datetime:
        if len(self) >= _MOST_MOMENTS:
            self.clear()
        self[milliseconds_since_1970] = datetime.fromtimestamp(milliseconds_since_1970 / 1000, UTC)
        return self[milliseconds_since_1970]
