"""The settings of kafka-python's clients, by that package's names."""

from typing import Any

from shared.eventlog.kafka_options import (
    METADATA_REFRESH,
    KafkaOptions,
    milliseconds,
)

RETRY_MS = 20
"""Between two attempts of a consumer; the package's own 100 ms would outlast short polls."""


def connection_settings(options: KafkaOptions) -> dict[str, Any]:
    """What every client needs to reach a broker."""
    return {
        "bootstrap_servers": options.bootstrap_servers.split(","),
        "bootstrap_timeout_ms": milliseconds(options.append_timeout),
        "request_timeout_ms": milliseconds(options.append_timeout),
        "reconnect_backoff_max_ms": 1000,
    }


def consuming_settings(options: KafkaOptions, group: str) -> dict[str, Any]:
    """Positions are the caller's: nothing is committed, and no position is made up, by the client itself."""
    return {
        **connection_settings(options),
        "group_id": options.outer(group),
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "allow_auto_create_topics": False,
        "retry_backoff_ms": RETRY_MS,
        "session_timeout_ms": milliseconds(options.session_timeout),
        "heartbeat_interval_ms": milliseconds(options.session_timeout / 5),
        "max_poll_interval_ms": milliseconds(options.max_poll_interval),
        "metadata_max_age_ms": milliseconds(METADATA_REFRESH),
    }
