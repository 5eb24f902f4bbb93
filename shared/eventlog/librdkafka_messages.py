"""Messages of librdkafka's consumer as runs of records. The client itself is known to `librdkafka.py` alone."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from operator import ne
from typing import Any

import numpy as np

from shared.eventlog.kafka_options import KafkaOptions, Moments
from shared.eventlog.port import Headers, Partition, Record
from shared.eventlog.record_runs import Form, Run


class Messages:
    """Reads messages of one consumer.

    Args:
        kind: the client's class of messages.
    """

    def __init__(self, options: KafkaOptions, kind: Any) -> None:
        self._kind = kind
        self.names = _Names(options)
        self._moments = Moments()
        self._form = Form(
            record=self._record,
            value=kind.value,
            size=lambda messages: sum(map(len, messages)),
            offset=kind.offset,
            headers=kind.headers,
            appended_at=self._appended_at,
        )

    def runs(self, messages: Sequence[Any]) -> list[Run]:
        """The runs in which messages of several partitions came.

        Args:
            messages: none of which is an error.
        """
        return [
            Run(self.names[messages[start].topic(), messages[start].partition()], messages[start:end], self._form)
            for start, end in pairwise(self._borders(messages))
        ]

    def _borders(self, messages: Sequence[Any]) -> list[int]:
        """Where another partition begins, with both ends of the messages. Numbers are compared as a column; most polls know one topic."""
        count = len(messages)
        numbers = np.fromiter(map(self._kind.partition, messages), dtype=np.int32, count=count)
        is_other = numbers[1:] != numbers[:-1]
        if len(set(map(self._kind.topic, messages))) > 1:
            topics = list(map(self._kind.topic, messages))
            is_other |= np.fromiter(map(ne, topics[1:], topics), dtype=np.bool_, count=count - 1)
        return [0, *(np.flatnonzero(is_other) + 1).tolist(), count] if count else []

    def _record(self, partition: Partition, message: Any) -> Record:
        headers = _headers(message.headers())
        return Record(
            partition, message.offset(), message.key(), message.value() or b"", headers, self._appended_at(message)
        )

    def _appended_at(self, message: Any) -> datetime:
        _, milliseconds = message.timestamp()
        return self._moments[milliseconds]


class _Names(dict[tuple[str, int], Partition]):
    """The broker's topic and number → the partition, as it is named inside the installation."""

    def __init__(self, options: KafkaOptions) -> None:
        super().__init__()
        self._options = options

    def __missing__(self, place: tuple[str, int]) -> Partition:
        topic, number = place
        self[place] = Partition(self._options.inner(topic) or topic, number)
        return self[place]


def _headers(headers: Sequence[tuple[str, bytes | None]] | None) -> Headers:
    return tuple((name, value or b"") for name, value in headers) if headers else ()
