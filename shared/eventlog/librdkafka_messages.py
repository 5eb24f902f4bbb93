"""Messages of librdkafka's consumer as records. The client itself is known to `librdkafka.py` alone."""

import itertools
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from shared.eventlog.kafka_member import Runs
from shared.eventlog.kafka_options import KafkaOptions, Moments
from shared.eventlog.many_records import new_record, partition_of
from shared.eventlog.port import Headers, Partition

_MILLISECONDS = itemgetter(1)
"""Of a message's timestamp, which is its kind and milliseconds since 1970."""


class Messages:
    """Reads messages of one consumer.

    Args:
        kind: the client's class of messages.
    """

    def __init__(self, options: KafkaOptions, kind: Any) -> None:
        self._kind = kind
        self.names = _Names(options)
        self._moments = Moments()

    def runs(self, messages: Sequence[Any]) -> Runs:
        """Field by field over all messages: they are many, and calls in Python for each would cost more than fetching them.

        Args:
            messages: none of which is an error.
        """
        kind = self._kind
        places = zip(map(kind.topic, messages), map(kind.partition, messages), strict=True)
        fields = zip(
            map(self.names.__getitem__, places),
            map(kind.offset, messages),
            map(kind.key, messages),
            [value or b"" for value in map(kind.value, messages)],
            map(_headers, map(kind.headers, messages)),
            map(self._moments.__getitem__, map(_MILLISECONDS, map(kind.timestamp, messages))),
            strict=True,
        )
        return [(partition, list(run)) for partition, run in itertools.groupby(map(new_record, fields), partition_of)]


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
