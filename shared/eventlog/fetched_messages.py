"""What a broker has sent of one partition as messages: as columns, or as objects of the package kafka-python.

Columns are made by compiled code. Without Numba, and of batches that are compressed or belong to a transaction, the package makes an
object of each record, which takes some microseconds.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

import numpy as np
from kafka.consumer.fetcher import Fetcher
from kafka.protocol.consumer import IsolationLevel
from kafka.record import MemoryRecords
from kafka.structs import TopicPartition

from shared.eventlog.fetch_protocol import Answer
from shared.eventlog.kafka_options import Moments
from shared.eventlog.kafka_python_client import translated
from shared.eventlog.port import Partition, Record
from shared.eventlog.record_batch_walk import Walk, compile_walk
from shared.eventlog.record_batches import PlainBatches, message_columns, plain_batches
from shared.eventlog.record_runs import Form, Listed, Messages

WORTH_COMPILING = 250
"""Records of one partition in one answer, a thousand in those of four. Who gets fewer does without compiled code: loading it takes
as long as reading 100,000 without, and a hundred megabytes.
"""

_LOGGER = logging.getLogger("kafka")


class FetchedMessages:
    """Reads answers of one consumer.

    Args:
        compile_it: makes the walk that is used from the first large answer on.
    """

    def __init__(self, compile_it: Callable[[], Walk] = compile_walk) -> None:
        self._compile: Callable[[], Walk] | None = compile_it
        self._walk: Walk | None = None
        self._moments = Moments()
        self._form = Form(
            record=self._record,
            value=attrgetter("value"),
            offset=attrgetter("offset"),
            headers=attrgetter("headers"),
            appended_at=self._appended_at,
        )

    def read(self, answer: Answer, offset: int) -> tuple[Messages, int]:
        """The messages from an offset on, copied, and the offset behind them. Raises EventLogError."""
        batches = plain_batches(answer.batches)
        walk = None if batches is None else self._walk_of(batches)
        if batches is None or walk is None:
            return self._listed(answer, offset)
        next_offset = offset if batches.next_offset is None else batches.next_offset
        columns = message_columns(batches, walk, self._moments)
        before = int(np.searchsorted(columns.offsets, offset))  # a batch comes whole, wherever in it the offset lies
        return columns.part(before, len(columns)) if before else columns, next_offset

    def _walk_of(self, batches: PlainBatches) -> Walk | None:
        if self._compile is not None and batches.records >= WORTH_COMPILING:
            compile_it, self._compile = self._compile, None
            try:
                self._walk = compile_it()
            except Exception as error:  # noqa: BLE001 - slower, and right all the same
                _LOGGER.warning("records are read without compiled code: %s: %s", type(error).__name__, error)
        return self._walk

    def _listed(self, answer: Answer, offset: int) -> tuple[Messages, int]:
        with translated():
            reader = Fetcher.PartitionRecords(
                offset,
                TopicPartition(*answer.place),
                MemoryRecords(answer.batches.tobytes()),
                isolation_level=IsolationLevel.READ_COMMITTED,
                aborted_transactions=answer.aborted,
            )
            return Listed(reader.take(), self._form), reader.next_fetch_offset

    def _record(self, partition: Partition, message: Any) -> Record:
        headers = tuple((name, value or b"") for name, value in message.headers) if message.headers else ()
        return Record(partition, message.offset, message.key, message.value or b"", headers, self._appended_at(message))

    def _appended_at(self, message: Any) -> datetime:
        return self._moments[message.timestamp]
