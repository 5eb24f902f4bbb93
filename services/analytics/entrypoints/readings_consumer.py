"""`readings`: blocks in, through the fold. The blocks of one poll are folded together, in one transaction.

This topic is never dead-lettered: an unreadable block would be accepted events lost, so the consumer stops and says why.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, groupby

import polars as pl

from services.analytics.domain.block import ON_TIME_WITHIN, Block
from services.analytics.domain.fold import PartitionMemory
from services.analytics.entrypoints.portions import portions
from services.analytics.metrics import AnalyticsMetrics
from services.analytics.ports.folding import FoldMemory
from services.analytics.use_cases.fold_readings import FoldOutcome, FoldReadings
from shared.eventlog.event_handler import StartingOffsets
from shared.eventlog.port import Partition, Record
from shared.eventlog.record_runs import Run, runs_of
from shared.events.blocks import UnreadableBlock, decode_block, decode_joined
from shared.events.readings import CADENCE_HEADER, ON_TIME_WITHIN_HEADER, READING_TYPE_HEADER
from shared.events.topics import READINGS
from shared.runtime.failpoints import fail_point
from shared.runtime.joined_texts import in_one
from shared.runtime.progress import Progress

CONSUMER = "analytics.readings"
MOST_READINGS = 200_000
"""Folded in one transaction, unless a single block holds more."""
_LOADS_EVERY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_SMALL_BYTES = 16 * 1024
"""On average."""

Ends = Callable[[], Mapping[int, int]]
"""Every partition of `readings` → the offset that its next append gets, as of one moment."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one or several records hold, and the offset after them."""

    block: Block
    records: int
    next_offset: int


class ReadingsHandler:
    """The pump's handler for `readings`. Remembers per assigned partition; forgets when it loses one or is in doubt."""

    def __init__(
        self,
        *,
        fold: FoldReadings,
        memory: FoldMemory,
        starting_offsets: StartingOffsets,
        ends: Ends,
        definitions_revision: Callable[[], int],
        metrics: AnalyticsMetrics,
    ) -> None:
        self._fold = fold
        self._memory = memory
        self._starting_offsets = starting_offsets
        self._ends = ends
        self._definitions_revision = definitions_revision
        self._metrics = metrics
        self._memories: dict[int, PartitionMemory] = {}
        self._offsets: dict[int, int] = {}
        self._loads_at: datetime | None = None

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
        self._load_again(now)
        fail_point("fold-polled")
        for portion in portions(_pieces(records), lambda piece: piece.block.readings.height, MOST_READINGS):
            newest = {piece.block.partition: piece.next_offset for piece in portion}
            # A position never goes back, whatever is delivered again: see `next_offsets`.
            reached = {number: max(offset, self._offsets[number]) for number, offset in newest.items()}
            self._apply([piece.block for piece in portion], reached, self._ends, now=now)
            self._metrics.read_blocks(sum(piece.records for piece in portion))
        return {run.partition: self._offsets[run.partition.number] for run in runs_of(records)}

    def skip(self, record: Record, now: datetime) -> Mapping[Partition, int]:
        """Never called: `readings` has no dead letters."""
        raise AssertionError(f"{record.partition} at {record.offset} may not be skipped at {now}")

    def idle(self, now: datetime) -> bool:
        """Tell marks again where a partition has meanwhile been read to its end, so that windows can close, and where
        definitions have changed, so that stage two knows from where on they are folded by.
        """
        revision = self._definitions_revision()
        if any(memory.told_revision != revision or not memory.told_end for memory in self._memories.values()):
            ends = self._ends()
            untold = self._untold(ends, revision)
            if untold:
                self._apply([], untold, lambda: ends, now=now)
        return False

    def _untold(self, ends: Mapping[int, int], revision: int | None) -> dict[int, int]:
        """Partition → offset, where the newest mark no longer says what holds."""
        return {
            number: offset
            for number, offset in self._offsets.items()
            if self._memories[number].told_revision != revision
            or (not self._memories[number].told_end and offset >= ends[number])
        }

    def _load_again(self, now: datetime) -> None:
        """Once a day what is remembered is read anew, so that ids which the database has dropped leave memory too."""
        if self._loads_at is not None and now >= self._loads_at:
            self._memories = {number: self._memory.load(number) for number in self._memories}
        if self._loads_at is None or now >= self._loads_at:
            self._loads_at = now + _LOADS_EVERY

    def _apply(self, blocks: Sequence[Block], reached: Mapping[int, int], ends: Ends, *, now: datetime) -> None:
        started = time.perf_counter()
        outcome = "failed"
        try:
            came_to = self._fold(
                blocks,
                {number: self._memories[number] for number in reached},
                ends=ends,
                progress=[self._progress(number, offset) for number, offset in reached.items()],
                now=now,
            )
            outcome = "ok"
        finally:
            self._metrics.fold_took(time.perf_counter() - started, outcome=outcome)
        self._keep(came_to, reached)

    def _keep(self, came_to: FoldOutcome, reached: Mapping[int, int]) -> None:
        """Only now, after the commit, is what the batch taught remembered."""
        folded = came_to.folded
        self._memories.update(folded.memories)
        self._offsets.update(reached)
        self._metrics.folded(readings=folded.readings, duplicates=folded.duplicates, deltas=folded.deltas.height)
        self._metrics.revised(applied=came_to.revised, superseded=came_to.superseded)
        self._metrics.not_counted(folded.not_counted)

    def _progress(self, number: int, reached: int) -> Progress:
        return Progress(CONSUMER, READINGS, number, expected_offset=self._offsets[number], next_offset=reached)


def _pieces(records: Sequence[Record]) -> Iterator[_Piece]:
    """Record by record, but small ones that follow one another on a partition, with the same headers and columns, as one block.

    Arrival counts by the minute: what came in another one stays apart (see `domain/data_quality.py`).
    """
    runs = sorted(runs_of(records), key=lambda run: run.partition.number)
    alike = chain.from_iterable(run.alike(_MINUTE) for run in runs)
    for _, some in groupby(alike, _likeness):
        parts = list(some)
        joined = _joined(parts)
        if joined is not None:
            yield joined
        else:
            yield from (_Piece(_block(record), 1, record.offset + 1) for part in parts for record in part)


def _likeness(run: Run) -> tuple[object, ...]:
    return run.partition, run[0].headers, run.newest.replace(second=0, microsecond=0)


def _joined(runs: Sequence[Run]) -> _Piece | None:
    """None where they are large, or cannot be read so: one by one it shows which of them is at fault."""
    count = sum(map(len, runs))
    if count == 1 or sum(run.size for run in runs) >= count * _SMALL_BYTES:
        return None
    try:
        readings = decode_joined(in_one([run.values() for run in runs]))
    except UnreadableBlock:
        return None
    return _Piece(_made(runs[0][0], readings, max(run.newest for run in runs)), count, runs[-1].next_offset)


def _block(record: Record) -> Block:
    return replace(_made(record, decode_block(record.value), record.appended_at), encoded=record.value)


def _made(record: Record, readings: pl.DataFrame, arrived_at: datetime) -> Block:
    headers = dict(record.headers)
    within = headers.get(ON_TIME_WITHIN_HEADER)
    return Block(
        record.partition.number,
        headers[READING_TYPE_HEADER].decode(),
        readings,
        arrived_at,
        on_time_within=ON_TIME_WITHIN if within is None else timedelta(seconds=int(within)),
        has_cadence=CADENCE_HEADER in headers,
    )
