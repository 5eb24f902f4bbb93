"""Messages of librdkafka's consumer as runs of records. The client itself is known to `librdkafka.py` alone."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

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
        runs, start = [], 0
        places = zip(map(self._kind.topic, messages), map(self._kind.partition, messages), strict=True)
        for place, same in groupby(places):
            end = start + len(list(same))
            runs.append(Run(self.names[place], messages[start:end], self._form))
            start = end
        return runs

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
