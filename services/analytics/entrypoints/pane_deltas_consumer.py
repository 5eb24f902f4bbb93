"""`pane-deltas` → evaluate; and, on the same thread, what the clock brings about on the partitions that are owned.

Records of this topic are never put aside: one that cannot be read stops the consumer, because going on would lose readings.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec
import polars as pl

from services.analytics.domain.history import PANE_KEYS, no_panes
from services.analytics.domain.pane import DELTAS, empty_deltas, with_sketches
from services.analytics.domain.watermark import PartitionMarks, SourceMark
from services.analytics.entrypoints.portions import portions
from services.analytics.metrics import AnalyticsMetrics
from services.analytics.ports.evaluating import Fence
from services.analytics.use_cases.close_quiet_windows import CloseQuietWindows, Outlook
from services.analytics.use_cases.evaluate_panes import ApplyDeltas, EvaluatePanes
from services.analytics.use_cases.work import Work
from shared.eventlog.delivery import delivery_of
from shared.eventlog.event_handler import StartingOffsets
from shared.eventlog.handler import Unprocessable
from shared.eventlog.port import Partition, Record
from shared.eventlog.record_runs import next_offsets
from shared.events.blocks import UnreadableBlock, decode_block
from shared.events.pane_deltas import (
    CONTINUES_HEADER,
    DERIVE_HEADER,
    MARKS_HEADER,
    RECOMPUTE_HEADER,
    Marks,
    decode_marks,
)
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Progress

_MOST_DELTAS = 500_000
"""Evaluated in one transaction, unless a single record holds more. Smaller ones cost more: each delta is merged with what is held once."""

Revisions = Callable[[Sequence[int]], Mapping[int, int]]
"""Partitions → the revisions of their states in the database."""


class PaneDeltasHandler:
    """A pump's handler. Keeps offsets and revisions of the partitions that are owned, and nothing else.

    Args:
        forget: what else is remembered of partitions that are given or taken.
    """

    def __init__(
        self,
        *,
        evaluate: EvaluatePanes,
        close_quiet: CloseQuietWindows,
        starting_offsets: StartingOffsets,
        revisions: Revisions,
        forget: Callable[[Sequence[int]], None],
        definitions_revision: Callable[[], int],
        metrics: AnalyticsMetrics,
    ) -> None:
        self.consumer = evaluate.consumer
        self._evaluate = evaluate
        self._close_quiet = close_quiet
        self._starting_offsets = starting_offsets
        self._revisions = revisions
        self._forget = forget
        self._definitions_revision = definitions_revision
        self._metrics = metrics
        self._offsets: dict[Partition, int] = {}
        self._fences: dict[int, int] = {}
        self._outlooks: dict[int, Outlook] = {}

    def assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Where to read from, and which revision of its state each partition stands at."""
        self._forget([partition.number for partition in partitions])
        offsets = self._starting_offsets(self.consumer, partitions)
        self._fences.update(self._revisions([partition.number for partition in partitions]))
        self._offsets.update(offsets)
        return offsets

    def revoked(self, partitions: Sequence[Partition]) -> None:
        self._forget([partition.number for partition in partitions])
        for partition in partitions:
            self._offsets.pop(partition, None)
            self._fences.pop(partition.number, None)
            self._outlooks.pop(partition.number, None)

    def handle(self, records: Sequence[Record], now: datetime) -> Mapping[Partition, int]:
        """Apply a batch, each portion of it all or nothing; returns the next offset of each partition in it."""
        fail_point("evaluate-polled")
        commands = ((record, _command(record)) for record in records)
        for portion in portions(commands, lambda one: one[1].deltas.height, _MOST_DELTAS):
            self._apply([record for record, _ in portion], [command for _, command in portion], now)
        return next_offsets(records, self._offsets)

    def _apply(self, records: Sequence[Record], commands: Sequence[ApplyDeltas], now: datetime) -> None:
        reached = next_offsets(records, self._offsets)
        progress = [
            Progress(
                consumer=self.consumer,
                topic=partition.topic,
                partition=partition.number,
                expected_offset=self._offsets[partition],
                next_offset=next_offset,
            )
            for partition, next_offset in reached.items()
        ]
        fences = [Fence(partition.number, self._fences[partition.number]) for partition in reached]
        with self._timed():
            work = self._evaluate(commands, progress, fences=fences, now=now)
        self._offsets.update(reached)
        for fence in fences:
            self._moved(fence)
        self._count(work)

    def skip(self, record: Record, now: datetime) -> Mapping[Partition, int]:  # noqa: ARG002 - see Handler.skip
        """Never called: the topic has no dead letters."""
        raise Unprocessable("not-to-be-skipped", record)

    def idle(self, now: datetime) -> bool:
        """Do a bounded piece of what is due on one partition; says whether more waits."""
        revision = self._definitions_revision()
        for partition, expected in sorted(self._fences.items()):
            if not _is_due(self._outlooks.get(partition), revision, now):
                continue
            with self._timed():
                quiet = self._close_quiet(Fence(partition, expected), now)
            if quiet.has_written:
                self._moved(Fence(partition, expected))
            self._count(quiet.work)
            if not quiet.has_more:
                self._outlooks[partition] = quiet.outlook
            return True
        return False

    def _moved(self, fence: Fence) -> None:
        self._fences[fence.partition] = fence.revision + 1
        self._outlooks.pop(fence.partition, None)

    def _count(self, work: Work) -> None:
        self._metrics.worked(values=work.values, anomalies=work.anomalies, superseded=work.superseded)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = time.perf_counter()
        outcome = "failed"
        try:
            yield
            outcome = "ok"
        finally:
            self._metrics.evaluated(time.perf_counter() - started, outcome=outcome)


def _is_due(outlook: Outlook | None, revision: int, now: datetime) -> bool:
    if outlook is None or outlook.revision != revision:
        return True
    return outlook.due_at is not None and outlook.due_at <= now


def _command(record: Record) -> ApplyDeltas:
    headers = dict(record.headers)
    names_panes, names_windows = RECOMPUTE_HEADER in headers, DERIVE_HEADER in headers
    continues = headers.get(CONTINUES_HEADER)
    try:
        has_marks = MARKS_HEADER in headers or (continues is None and not names_windows)
        marks = decode_marks(headers[MARKS_HEADER]) if has_marks else None
        frame = decode_block(record.value)
        has_keys = names_panes or names_windows
        block = _checked(frame, PANE_KEYS) if has_keys else _checked(with_sketches(frame), DELTAS)
    except (KeyError, msgspec.MsgspecError, UnreadableBlock) as error:
        raise Unprocessable("unreadable-deltas", record, f"{type(error).__name__}: {error}") from error
    return ApplyDeltas(
        record.partition.number,
        delivery_of(record),
        deltas=empty_deltas() if has_keys else block,
        recompute=block if names_panes else no_panes(),
        marks=None if marks is None else tuple(_marks(one) for one in marks),
        continues=None if continues is None else continues.decode(errors="replace"),
        derive=block if names_windows else no_panes(),
    )


def _checked(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    if frame.schema != schema:
        raise UnreadableBlock(f"the block has to have the columns {schema}, this one has {frame.schema}")
    return frame


def _marks(marks: Marks) -> PartitionMarks:
    return PartitionMarks(
        partitions=marks.partitions,
        reached=marks.reached,
        revision=marks.revision,
        readings_partition=marks.readings_partition,
        at_end=marks.at_end,
        ends=marks.ends,
        sources=tuple(
            SourceMark(told.reading_type, told.source, told.observed_until, told.arrived_at) for told in marks.sources
        ),
    )
