"""A member of a group through librdkafka's C API: what it fetches becomes columns, without an object of each message.

Callbacks of the library come inside `fetch` and `close`, on the same thread. What they raise cannot pass through C: it is raised by
the first fetch that brings nothing, so that no record is lost with it.
"""

import ctypes
import logging
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from shared.eventlog.kafka_member import MemberEvents
from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.librdkafka_errors import ALL_BROKERS_DOWN, NOT_NEWS, PARTITIONS_WON, port_error
from shared.eventlog.librdkafka_library import (
    CONSUMER,
    LIBRARY,
    NO_CONSUMER_CLOSE,
    TEXT_SIZE,
    ErrorCallback,
    LogCallback,
    RebalanceCallback,
)
from shared.eventlog.librdkafka_messages import Messages
from shared.eventlog.librdkafka_settings import consuming_settings
from shared.eventlog.port import LogUnavailable, Partition
from shared.eventlog.record_runs import Run

_LOGGER = logging.getLogger("librdkafka")
_LEVELS = (logging.CRITICAL,) * 3 + (logging.ERROR, logging.WARNING, logging.INFO, logging.INFO, logging.DEBUG)
"""By the numbers of syslog, which librdkafka has."""
_PROBE_MS = 200
_CONSUME_AT_MOST = 1_000_000


class RdkafkaDriver:
    """`shared.eventlog.kafka_member.Driver`. One that is dropped without `close` leaves the group when its session times out."""

    def __init__(self, options: KafkaOptions, events: MemberEvents, subscription: tuple[str, Sequence[str]]) -> None:
        group, topics = subscription
        self._options = options
        self._events = events
        self._messages = Messages(options)
        self._down = False
        self._failure: BaseException | None = None
        self._callbacks = (
            RebalanceCallback(self._kept(self._on_rebalance)),
            ErrorCallback(self._kept(self._on_error)),
            LogCallback(self._kept(_on_log)),
        )
        self._client = _client(consuming_settings(options, group), self._callbacks)
        self._queue = LIBRARY.rd_kafka_queue_get_consumer(self._client)
        self._destroy = weakref.finalize(self, _destroy, self._client, self._queue)
        self._destroy.atexit = False  # the process takes its threads with it
        with _Partitions([(options.topic_regex(topic), -1, 0) for topic in topics]) as wanted:
            _check(LIBRARY.rd_kafka_subscribe(self._client, wanted))

    def fetch(self, wait_seconds: float, max_records: int) -> Sequence[Run]:
        first = LIBRARY.rd_kafka_consumer_poll(self._client, round(wait_seconds * 1000))
        if first is None:
            self._raise_failure()
            return []
        rest = min(max_records, _CONSUME_AT_MOST) - 1
        pointers = np.empty(rest + 1, dtype=np.int64)
        pointers[0] = first
        count = LIBRARY.rd_kafka_consume_batch_queue(self._queue, 0, pointers.ctypes.data + pointers.itemsize, rest)
        return self._messages.runs(pointers[: 1 + max(0, count)], _raise_unless_news)

    def read_from(
        self,
        changed: Mapping[Partition, int],  # noqa: ARG002 - assigning anew is the only way to move that works at any time
        positions: Mapping[Partition, int],
        paused: Sequence[Partition],
    ) -> None:
        with self._outer(positions) as wanted:
            _check(LIBRARY.rd_kafka_assign(self._client, wanted))
        self.resume([partition for partition in positions if partition not in paused])
        self.pause(paused)

    def pause(self, partitions: Sequence[Partition]) -> None:
        with self._outer(dict.fromkeys(partitions, 0)) as those:
            _check(LIBRARY.rd_kafka_pause_partitions(self._client, those))

    def resume(self, partitions: Sequence[Partition]) -> None:
        with self._outer(dict.fromkeys(partitions, 0)) as those:
            _check(LIBRARY.rd_kafka_resume_partitions(self._client, those))

    def end(self, partition: Partition) -> int | None:
        first, end = ctypes.c_int64(-1), ctypes.c_int64(-1)
        topic = self._options.outer(partition.topic).encode()
        LIBRARY.rd_kafka_get_watermark_offsets(
            self._client, topic, partition.number, first, end
        )  # else it stays unknown
        return None if end.value < 0 else end.value

    def is_away(self) -> bool:
        """Once all brokers were down, ask one before saying that they are back."""
        if self._down:
            answer = ctypes.c_void_p()
            if LIBRARY.rd_kafka_metadata(self._client, 0, None, answer, _PROBE_MS):
                return True
            LIBRARY.rd_kafka_metadata_destroy(answer)
            self._down = False
        return False

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        with self._outer(offsets) as reached:
            LIBRARY.rd_kafka_commit(self._client, reached, 1)

    def close(self) -> None:
        try:
            _check(LIBRARY.rd_kafka_consumer_close(self._client))
        finally:
            self._destroy()
        self._raise_failure()

    def _on_rebalance(self, client: int, code: int, partitions: Any, _: int | None) -> None:
        if code == PARTITIONS_WON:
            with _Partitions([]) as none:  # nothing is fetched before the member says from where
                LIBRARY.rd_kafka_assign(client, none)
            won = [partitions.contents.elems[place] for place in range(partitions.contents.cnt)]
            self._events.won(sorted(self._messages.names[one.topic.decode(), one.partition] for one in won))
        else:  # eager: always all
            self._events.lost()
            LIBRARY.rd_kafka_assign(client, None)

    def _on_error(self, _client: int, code: int, _reason: bytes, _: int | None) -> None:
        if code == ALL_BROKERS_DOWN:
            self._down = True

    def _kept(self, callback: Callable[..., None]) -> Callable[..., None]:
        """The callback, for C to call."""

        def call(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except BaseException as error:  # noqa: BLE001 - see the module's docstring
                self._failure = error

        return call

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _outer(self, offsets: Mapping[Partition, int]) -> "_Partitions":
        return _Partitions(
            [(self._options.outer(partition.topic), partition.number, offset) for partition, offset in offsets.items()]
        )


class _Partitions:
    """A list of the library's, for the length of a block."""

    def __init__(self, places: Sequence[tuple[str, int, int]]) -> None:
        self._list = LIBRARY.rd_kafka_topic_partition_list_new(len(places))
        for topic, number, offset in places:
            LIBRARY.rd_kafka_topic_partition_list_add(self._list, topic.encode(), number).contents.offset = offset

    def __enter__(self) -> Any:
        return self._list

    def __exit__(self, *_: object) -> None:
        LIBRARY.rd_kafka_topic_partition_list_destroy(self._list)


def _client(settings: Mapping[str, Any], callbacks: tuple[Any, Any, Any]) -> int:
    """A consumer of the library's. Lines of its log wait to be polled, so that they come on no thread of the library's."""
    text = ctypes.create_string_buffer(TEXT_SIZE)
    wanted = LIBRARY.rd_kafka_conf_new()
    for name, value in {**settings, "log.queue": True}.items():
        written = str(value).lower() if isinstance(value, bool) else str(value)
        if LIBRARY.rd_kafka_conf_set(wanted, name.encode(), written.encode(), text, TEXT_SIZE):
            LIBRARY.rd_kafka_conf_destroy(wanted)
            raise ValueError(f"{name}: {text.value.decode()}")
    on_rebalance, on_error, on_log = callbacks
    LIBRARY.rd_kafka_conf_set_rebalance_cb(wanted, on_rebalance)
    LIBRARY.rd_kafka_conf_set_error_cb(wanted, on_error)
    LIBRARY.rd_kafka_conf_set_log_cb(wanted, on_log)
    client: int | None = LIBRARY.rd_kafka_new(CONSUMER, wanted, text, TEXT_SIZE)
    if client is None:
        LIBRARY.rd_kafka_conf_destroy(wanted)
        raise LogUnavailable(f"Kafka: {text.value.decode()}")
    LIBRARY.rd_kafka_set_log_queue(client, None)
    LIBRARY.rd_kafka_poll_set_consumer(client)
    return client


def _destroy(client: int, queue: int) -> None:
    """No callback is called: whoever was to be told is closed, or gone."""
    LIBRARY.rd_kafka_queue_destroy(queue)
    LIBRARY.rd_kafka_destroy_flags(client, NO_CONSUMER_CLOSE)


def _on_log(_client: int, level: int, facility: bytes, line: bytes) -> None:
    _LOGGER.log(_LEVELS[level], "%s %s", facility.decode(), line.decode("utf-8", "replace"))


def _raise_unless_news(code: int, message: int) -> None:
    if code in NOT_NEWS:
        raise port_error(code, LIBRARY.rd_kafka_message_errstr(message).decode("utf-8", "replace"))


def _check(code: int) -> None:
    if code:
        raise port_error(code, LIBRARY.rd_kafka_err2str(code).decode())
