"""The settings of librdkafka's clients, by librdkafka's names."""

from typing import Any

from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.limits import MAX_MESSAGE_BYTES


def connection_settings(options: KafkaOptions) -> dict[str, Any]:
    """What every client needs to reach a broker."""
    return {
        "bootstrap.servers": options.bootstrap_servers,
        "reconnect.backoff.max.ms": 1000,
    }


def producing_settings(options: KafkaOptions) -> dict[str, Any]:
    """No duplicates and no gaps by the client's own retries. Partitions are `shared.eventlog.placement`'s choice.

    With a second request under way, a broker that refuses the first batch of a new partition and takes the next one makes
    librdkafka report both as delivered: an acknowledged record is lost. So there is one at a time.
    Records do not expire one by one, which could leave gaps either; the log gives up on all of them at once.
    Nothing lingers: who appends waits for the answer, and what comes while a request is under way makes up the next one.
    """
    return {
        **connection_settings(options),
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 0,
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "max.in.flight.requests.per.connection": 1,
        "message.timeout.ms": 0,
        "allow.auto.create.topics": False,
    }
