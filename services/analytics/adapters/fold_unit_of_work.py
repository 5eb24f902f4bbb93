"""The write transaction of stage one."""

from collections.abc import Mapping
from datetime import datetime

from services.analytics.adapters.counting_problems import SqlCountingProblems
from services.analytics.adapters.definitions import SqlDefinitions
from services.analytics.adapters.seen_id_store import SqlSeenIds
from services.analytics.adapters.tables import DELIVERY
from services.analytics.domain.fold import Folded, PartitionMemory, deltas_by_partition
from services.analytics.domain.pane import empty_deltas
from services.analytics.ports.defining import DefinitionsReader
from services.analytics.ports.folding import CountingProblems, FoldEvents, SeenIdStore
from shared.database.engine import Database
from shared.database.outbox import Outbox
from shared.database.unit_of_work import SqlUnitOfWork
from shared.eventlog.port import EventLog, NewRecord
from shared.events.blocks import BLOCK_CONTENT_TYPE, encode_block
from shared.events.pane_deltas import MARKS_HEADER, Marks, SourceMark, encode_marks
from shared.events.topics import PANE_DELTAS, READINGS


class SqlFoldUnitOfWork(SqlUnitOfWork):
    """`services.analytics.ports.folding.FoldUnitOfWork`."""

    definitions: DefinitionsReader
    seen_ids: SeenIdStore
    problems: CountingProblems
    events: FoldEvents

    def __init__(self, database: Database, log: EventLog) -> None:
        super().__init__(database, DELIVERY)
        self._log = log

    def begun(self) -> None:
        self.definitions = SqlDefinitions(self.connection)
        self.seen_ids = SqlSeenIds(self.connection)
        self.problems = SqlCountingProblems(self.connection)
        self.events = OutboxDeltas(self.outbox, self._log)


class OutboxDeltas:
    """`services.analytics.ports.folding.FoldEvents`, as records of the outbox."""

    def __init__(self, outbox: Outbox, log: EventLog) -> None:
        self._outbox = outbox
        self._log = log

    def deltas(self, folded: Folded, told: Mapping[int, PartitionMemory], now: datetime) -> None:
        parts = deltas_by_partition(folded.deltas, self._log.partition_count(PANE_DELTAS))
        nothing = encode_block(empty_deltas())
        readings_partitions = self._log.partition_count(READINGS)
        records = []
        for place, (number, memory) in enumerate(told.items()):
            marks = encode_marks(_marks(number, memory, readings_partitions))
            headers = (("content-type", BLOCK_CONTENT_TYPE.encode()), (MARKS_HEADER, marks))
            for partition, part in enumerate(parts):
                value = encode_block(part) if place == 0 else nothing  # the deltas go before all marks that cover them
                records.append(NewRecord(PANE_DELTAS, value, partition=partition, headers=headers))
        self._outbox.add(records, recorded_at=now)


def _marks(number: int, memory: PartitionMemory, partitions: int) -> Marks:
    return Marks(
        readings_partition=number,
        partitions=partitions,
        at_end=memory.told_end,
        sources=[
            SourceMark(reading_type, source, mark.observed_until, mark.arrived_at)
            for (reading_type, source), mark in memory.marks.items()
        ],
    )
