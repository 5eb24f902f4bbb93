"""`readings`: blocks in, through the fold. The blocks of one poll are folded together, in one transaction.

This topic is never dead-lettered: an unreadable block would be accepted events lost, so the consumer stops and says why.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from services.analytics.domain.fold import Block, Folded, PartitionMemory
from services.analytics.metrics import AnalyticsMetrics
from services.analytics.ports.folding import FoldMemory
from services.analytics.use_cases.fold_readings import FoldReadings
from shared.eventlog.event_handler import StartingOffsets
from shared.eventlog.port import Partition, Record
from shared.events.blocks import decode_block
from shared.events.readings import READING_TYPE_HEADER
from shared.events.topics import READINGS
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Progress

CONSUMER = "analytics.readings"

EndOffset = Callable[[Partition], int]
"""The offset that the next append to a partition gets."""


class ReadingsHandler:
    """The pump's handler for `readings`. Remembers per assigned partition; forgets when it loses one or is in doubt."""

    def __init__(
        self,
        *,
        fold: FoldReadings,
        memory: FoldMemory,
        starting_offsets: StartingOffsets,
        end_offset: EndOffset,
        metrics: AnalyticsMetrics,
    ) -> None:
        self._fold = fold
        self._memory = memory
        self._starting_offsets = starting_offsets
        self._end_offset = end_offset
        self._metrics = metrics
        self._memories: dict[int, PartitionMemory] = {}
        self._offsets: dict[int, int] = {}

    def assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Offsets and seen ids, as the database has them."""
        offsets = self._starting_offsets(CONSUMER, partitions)
        for partition, offset in offsets.items():
            self._memories[partition.number] = self._memory.load(partition.number)
            self._offsets[partition.number] = offset
        return offsets

    def revoked(self, partitions: Sequence[Partition]) -> None:
        for partition in partitions:
            self._memories.pop(partition.number, None)
            self._offsets.pop(partition.number, None)

    def handle(self, records: Sequence[Record], now: datetime) -> Mapping[Partition, int]:
        reached = {record.partition: record.offset + 1 for record in records}
        blocks = [_block(record) for record in records]
        fail_point("fold-polled")
        self._apply(blocks, {partition.number: offset for partition, offset in reached.items()}, now)
        return reached

    def skip(self, record: Record, now: datetime) -> Mapping[Partition, int]:
        """Never called: `readings` has no dead letters."""
        raise AssertionError(f"{record.partition} at {record.offset} may not be skipped at {now}")

    def idle(self, now: datetime) -> bool:
        """Tell marks again where a partition has meanwhile been read to its end, so that windows can close."""
        untold = {
            number: self._offsets[number]
            for number, memory in self._memories.items()
            if memory.marks and not memory.told_end and self._is_at_end(number, self._offsets[number])
        }
        if untold:
            self._apply([], untold, now)
        return False

    def _apply(self, blocks: Sequence[Block], reached: Mapping[int, int], now: datetime) -> None:
        started = time.perf_counter()
        outcome = "failed"
        try:
            folded = self._fold(
                blocks,
                {number: self._memories[number] for number in reached},
                at_end={number: self._is_at_end(number, offset) for number, offset in reached.items()},
                progress=[self._progress(number, offset) for number, offset in reached.items()],
                now=now,
            )
            outcome = "ok"
        finally:
            self._metrics.fold_took(time.perf_counter() - started, outcome=outcome)
        self._keep(folded, reached, len(blocks))

    def _keep(self, folded: Folded, reached: Mapping[int, int], blocks: int) -> None:
        """Only now, after the commit, is what the batch taught remembered."""
        self._memories.update(folded.memories)
        self._offsets.update(reached)
        self._metrics.folded(
            blocks=blocks, readings=folded.readings, duplicates=folded.duplicates, deltas=folded.deltas.height
        )
        self._metrics.not_counted(folded.not_counted)

    def _progress(self, number: int, reached: int) -> Progress:
        return Progress(CONSUMER, READINGS, number, expected_offset=self._offsets[number], next_offset=reached)

    def _is_at_end(self, number: int, reached: int) -> bool:
        return reached >= self._end_offset(Partition(READINGS, number))


def _block(record: Record) -> Block:
    reading_type = dict(record.headers)[READING_TYPE_HEADER].decode()
    return Block(record.partition.number, reading_type, decode_block(record.value), record.appended_at)
