"""Messages that librdkafka has fetched as runs of records, without an object of each: they are copied to columns and given back."""

import logging
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shared.eventlog.kafka_options import KafkaOptions, Moments
from shared.eventlog.librdkafka_library import LIBRARY
from shared.eventlog.librdkafka_walk import AS_IT_STANDS, COUNT, MESSAGE, TAKEN, Numbers, Walk, compile_walk
from shared.eventlog.message_columns import HeaderColumn, KeyColumn, MessageColumns
from shared.eventlog.port import Partition
from shared.eventlog.record_runs import Run
from shared.runtime.joined_texts import JoinedTexts

WORTH_COMPILING = 1000
"""Messages of one fetch. Whoever gets fewer does without compiled code: loading it takes as long as walking 100,000 without, and memory."""

_LOGGER = logging.getLogger("librdkafka")
_NEWLINE = 10
_Fetched = NDArray[np.void]


class Messages:
    """Reads messages of one consumer.

    Args:
        compile_it: makes the walk that is used from the first large fetch on; where it cannot, all are walked as the code stands.
    """

    def __init__(self, options: KafkaOptions, compile_it: Callable[[], Walk] = compile_walk) -> None:
        self.names = _Names(options)
        self._moments = Moments()
        self._walk = AS_IT_STANDS
        self._compile: Callable[[], Walk] | None = compile_it

    def runs(self, pointers: Numbers, check: Callable[[int, int], None]) -> list[Run]:
        """The runs in which messages of several partitions came; the messages are given back, whatever happens.

        Args:
            check: told of each error that came as a message, by its code and the message's address; what it raises is raised.
        """
        if self._compile is not None and len(pointers) >= WORTH_COMPILING:
            self._walk = self._compiled()
        try:
            return self._copied(*self._fetched(pointers, check))
        finally:
            self._walk.destroy_messages(pointers)

    def _compiled(self) -> Walk:
        compile_it, self._compile = self._compile, None
        try:
            return compile_it() if compile_it else self._walk
        except Exception as error:  # noqa: BLE001 - slower, and right all the same
            _LOGGER.warning("messages are read without compiled code: %s: %s", type(error).__name__, error)
            return self._walk

    def _fetched(self, pointers: Numbers, check: Callable[[int, int], None]) -> tuple[_Fetched, Numbers]:
        """The structures and addresses of those messages that are records."""
        fetched = np.empty(len(pointers), dtype=MESSAGE)
        self._walk.read_messages(pointers, fetched.ctypes.data)
        errors = np.flatnonzero(fetched["error"])
        for place in errors.tolist():
            check(int(fetched["error"][place]), int(pointers[place]))
        return (np.delete(fetched, errors), np.delete(pointers, errors)) if len(errors) else (fetched, pointers)

    def _copied(self, fetched: _Fetched, pointers: Numbers) -> list[Run]:
        more = np.empty((len(pointers) + 1, 3), dtype=np.int64)
        self._walk.read_times_and_headers(pointers, more, more.ctypes.data)
        runs = []
        for start, end in pairwise(borders(fetched)):
            some = slice(start, end)
            columns = MessageColumns(
                fetched["offset"][some].copy(),
                more[some, TAKEN].copy(),
                self._moments,
                self._texts(fetched["value"][some], fetched["value_size"][some]),
                self._keys(fetched[some]),
                self._headers(more[some]),
            )
            runs.append(Run(self.names[_topic(fetched, start), int(fetched["partition"][start])], columns))
        return runs

    def _texts(self, addresses: Numbers, sizes: Numbers) -> JoinedTexts:
        ends = np.cumsum(sizes + 1)
        memory = np.empty(int(ends[-1]), dtype=np.uint8)
        self._walk.copy_texts(addresses, sizes, memory.ctypes.data)
        memory[ends - 1] = _NEWLINE
        return JoinedTexts(memory.data, sizes)

    def _keys(self, fetched: _Fetched) -> KeyColumn | None:
        are_there = fetched["key"] != 0
        return KeyColumn(self._texts(fetched["key"], fetched["key_size"]), are_there) if are_there.any() else None

    def _headers(self, messages: Numbers) -> HeaderColumn | None:
        counts = messages[:, COUNT]
        if not counts.any():
            return None
        found = np.empty((int(counts.sum()), 4), dtype=np.int64)
        self._walk.read_headers(messages, found, found.ctypes.data)
        names, values, value_sizes, name_sizes = found.T
        begins = np.cumsum(np.concatenate([np.zeros(1, dtype=np.int64), counts]))
        return HeaderColumn(begins, self._texts(names, name_sizes), self._texts(values, value_sizes))


class _Names(dict[tuple[str, int], Partition]):
    """The broker's topic and number → the partition, as it is named inside the installation."""

    def __init__(self, options: KafkaOptions) -> None:
        super().__init__()
        self._options = options

    def __missing__(self, place: tuple[str, int]) -> Partition:
        topic, number = place
        self[place] = Partition(self._options.inner(topic) or topic, number)
        return self[place]


def borders(fetched: _Fetched) -> list[int]:
    """Where another partition begins, with both ends of the messages."""
    topics, numbers = fetched["topic"], fetched["partition"]
    is_other = (numbers[1:] != numbers[:-1]) | (topics[1:] != topics[:-1])
    return [0, *(np.flatnonzero(is_other) + 1).tolist(), len(fetched)] if len(fetched) else []


def _topic(fetched: _Fetched, place: int) -> str:
    name: bytes = LIBRARY.rd_kafka_topic_name(int(fetched["topic"][place]))
    return name.decode()
