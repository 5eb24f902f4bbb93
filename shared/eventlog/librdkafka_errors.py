"""librdkafka's errors as those of the port."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException

from shared.eventlog.port import EventLogError, LogUnavailable, OffsetOutOfRange, RecordTooLarge, UnknownTopic

_TOO_LARGE = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE}
_UNKNOWN = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001
_FORBIDDEN = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}


@contextmanager
def translated() -> Iterator[None]:
    """What the client raises in the block, as the port's errors."""
    try:
        yield
    except KafkaException as error:
        raise _port_error(error.args[0].code(), error.args[0].str()) from error


def _port_error(code: int, text: str) -> EventLogError:
    """The client's error as the port's. What is neither permanent nor understood may be retried."""
    if code in _TOO_LARGE:
        return RecordTooLarge(text)
    if code in _UNKNOWN:
        return UnknownTopic(text)
    if code == KafkaError.OFFSET_OUT_OF_RANGE:
        return OffsetOutOfRange(text)
    if code in _FORBIDDEN:
        return EventLogError(f"Kafka refuses: {text}")
    return LogUnavailable(f"Kafka: {text}")
