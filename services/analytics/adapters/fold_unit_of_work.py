"""The write transaction of stage one."""

from collections.abc import Sequence
from datetime import datetime

from services.analytics.adapters.counting_problems import SqlCountingProblems
from services.analytics.adapters.definitions import SqlDefinitions
from services.analytics.adapters.pane_delta_records import blocks, pane_delta_record
from services.analytics.adapters.reading_history import SqlReadingHistory
from services.analytics.adapters.seen_id_store import SqlSeenIds
from services.analytics.adapters.tables import DELIVERY
from services.analytics.domain.fold import Deltas, Told, by_partition
from services.analytics.domain.history import PaneKeys
from services.analytics.ports.defining import DefinitionsReader
from services.analytics.ports.folding import CountingProblems, FoldEvents, ReadingHistory, SeenIdStore
from shared.database.engine import Database
from shared.database.outbox import Outbox
from shared.database.unit_of_work import SqlUnitOfWork
from shared.eventlog.port import EventLog, NewRecord
from shared.events.pane_deltas import (
    CONTINUES_HEADER,
    MARKS_HEADER,
    RECOMPUTE_HEADER,
    Marks,
    SourceMark,
    encode_marks,
)
from shared.events.topics import PANE_DELTAS, READINGS

_RECOMPUTE = (RECOMPUTE_HEADER, b"")


class SqlFoldUnitOfWork(SqlUnitOfWork):
    """`services.analytics.ports.folding.FoldUnitOfWork`."""

    definitions: DefinitionsReader
    seen_ids: SeenIdStore
    history: ReadingHistory
    problems: CountingProblems
    events: FoldEvents

    def __init__(self, database: Database, log: EventLog) -> None:
        super().__init__(database, DELIVERY)
        self._log = log

    def begun(self) -> None:
        self.definitions = SqlDefinitions(self.connection)
        self.seen_ids = SqlSeenIds(self.connection)
        self.history = SqlReadingHistory(self.connection)
        self.problems = SqlCountingProblems(self.connection)
        self.events = OutboxDeltas(self.outbox, self._log)


class OutboxDeltas:
    """`services.analytics.ports.folding.FoldEvents`, as records of the outbox."""

    def __init__(self, outbox: Outbox, log: EventLog) -> None:
        self._outbox = outbox
        self._log = log

    def deltas(self, deltas: Deltas, told: Sequence[Told], *, recompute: PaneKeys, now: datetime) -> None:
        partitions = self._log.partition_count(PANE_DELTAS)
        readings_partitions = self._log.partition_count(READINGS)
        marks = (MARKS_HEADER, encode_marks([_marks(one, readings_partitions) for one in told]))
        name = (CONTINUES_HEADER, f"{told[0].partition}@{told[0].reached}".encode())
        delta_parts, pane_parts = by_partition(deltas, partitions), by_partition(recompute, partitions)
        records: list[NewRecord] = []
        for number in range(partitions):
            *more, last = blocks(delta_parts[number])
            panes = [] if pane_parts[number].is_empty() else blocks(pane_parts[number])
            ends = (marks, name) if more or panes else (marks,)
            records += [pane_delta_record(number, block, (name,)) for block in more]
            records += [pane_delta_record(number, block, (name, _RECOMPUTE)) for block in panes]
            records.append(pane_delta_record(number, last, ends))
        self._outbox.add(records, recorded_at=now)


def _marks(told: Told, partitions: int) -> Marks:
    return Marks(
        readings_partition=told.partition,
        partitions=partitions,
        at_end=told.memory.told_end,
        sources=[
            SourceMark(reading_type, source, mark.observed_until, mark.arrived_at)
            for (reading_type, source), mark in told.memory.marks.items()
        ],
        reached=told.reached,
        revision=told.revision,
        ends=dict(told.ends),
    )
