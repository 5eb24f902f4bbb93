"""Clients of the package kafka-python: how they are made, and their errors as those of the port."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import errors
from kafka.net.compat import KafkaNetClient

from shared.eventlog.port import EventLogError, LogUnavailable, OffsetOutOfRange, RecordTooLarge

_PERMANENT = (
    errors.AuthorizationError,
    errors.KafkaConfigurationError,
    errors.UnsupportedCodecError,
    errors.UnsupportedVersionError,
)


def made(kind: Callable[..., Any], **settings: Any) -> Any:
    """A client that has reached a broker. The package leaves sockets and a thread behind when it does not reach one."""
    inner: list[KafkaNetClient] = []

    def make_inner(**inner_settings: Any) -> KafkaNetClient:
        inner.append(KafkaNetClient(**inner_settings))
        return inner[-1]

    try:
        return kind(**settings, kafka_client=make_inner)
    except BaseException:
        for client in inner:
            client.close()
        raise


@contextmanager
def translated() -> Iterator[None]:
    """The client's errors as the port's. What is neither permanent nor understood may be retried."""
    try:
        yield
    except (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError) as error:
        raise RecordTooLarge(str(error)) from error
    except errors.OffsetOutOfRangeError as error:
        raise OffsetOutOfRange(str(error)) from error
    except _PERMANENT as error:
        raise EventLogError(f"Kafka refuses: {error}") from error
    except errors.KafkaError as error:
        raise LogUnavailable(f"Kafka: {error!r}") from error
