"""The settings of kafka-python's clients, by that package's names."""

from typing import Any

from shared.eventlog.kafka_options import (
    METADATA_REFRESH,
    KafkaOptions,
    milliseconds,
)
from shared.eventlog.limits import MAX_MESSAGE_BYTES

RETRY_MS = 20
"""Between two attempts of a consumer; the package's own 100 ms would outlast short polls."""

_BATCH_BYTES = 256 * 1024
_NEVER_MS = 2**31 - 1


def connection_settings(options: KafkaOptions) -> dict[str, Any]:
    """What every client needs to reach a broker."""
    return {
        "bootstrap_servers": options.bootstrap_servers.split(","),
        "bootstrap_timeout_ms": milliseconds(options.append_timeout),
        "request_timeout_ms": milliseconds(options.append_timeout),
        "reconnect_backoff_max_ms": 1000,
    }


def producing_settings(options: KafkaOptions) -> dict[str, Any]:
    """No duplicates and no gaps by the client's own retries.

    A refused batch must not be overtaken by the next one, so one request is under way at a time; and records do not expire
    one by one, the log gives up on all of them at once.
    """
    return {
        **connection_settings(options),
        "acks": "all",
        "enable_idempotence": True,
        "max_in_flight_requests_per_connection": 1,
        "batch_size": _BATCH_BYTES,
        "max_request_size": MAX_MESSAGE_BYTES,
        "max_block_ms": milliseconds(options.append_timeout),
        "delivery_timeout_ms": _NEVER_MS,
        "allow_auto_create_topics": False,
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
