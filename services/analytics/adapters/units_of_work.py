"""The write transactions of stage two, of definitions, of control charts and of what is heard of issues."""

from services.analytics.adapters.anomaly_store import SqlAnomalyStore
from services.analytics.adapters.chart_store import SqlChartStore
from services.analytics.adapters.checkpoint_store import SqlCheckpointStore
from services.analytics.adapters.definitions import SqlDefinitions, SqlDefinitionStore
from services.analytics.adapters.open_pane_store import OpenPaneMemory, SqlOpenPaneStore
from services.analytics.adapters.partition_store import SqlPartitionStore
from services.analytics.adapters.publisher import OutboxEvents
from services.analytics.adapters.reading_history import SqlHistoryReader
from services.analytics.adapters.reading_type_store import SqlReadingTypes
from services.analytics.adapters.statistics_store import SqlFollowedIssues
from services.analytics.adapters.tables import DELIVERY
from services.analytics.adapters.value_store import SqlValueStore
from services.analytics.ports.charting import ChartStore
from services.analytics.ports.defining import (
    DefinitionEvents,
    DefinitionsReader,
    DefinitionStore,
    KeptReadings,
    ReadingTypes,
)
from services.analytics.ports.evaluating import (
    AnomalyStore,
    CheckpointStore,
    EvaluationEvents,
    OpenPaneStore,
    PartitionStore,
    ReadingHistory,
    ValueStore,
)
from services.analytics.ports.following import FollowedIssues
from shared.database.engine import Database
from shared.database.unit_of_work import SqlUnitOfWork
from shared.runtime.identifiers import IdSource


class SqlEvaluateUnitOfWork(SqlUnitOfWork):
    """`services.analytics.ports.evaluating.EvaluateUnitOfWork`."""

    definitions: DefinitionsReader
    partitions: PartitionStore
    values: ValueStore
    open_panes: OpenPaneStore
    history: ReadingHistory
    anomalies: AnomalyStore
    checkpoints: CheckpointStore
    events: EvaluationEvents

    def __init__(self, database: Database, ids: IdSource, memory: OpenPaneMemory | None = None) -> None:
        super().__init__(database, DELIVERY)
        self._ids = ids
        self._memory = memory or OpenPaneMemory()

    def begun(self) -> None:
        partitions = SqlPartitionStore(self.connection)
        self._open_panes = SqlOpenPaneStore(self.connection, self._memory, partitions.claimed)
        self.definitions = SqlDefinitions(self.connection)
        self.partitions = partitions
        self.values = SqlValueStore(self.connection)
        self.open_panes = self._open_panes
        self.history = SqlHistoryReader(self.connection)
        self.anomalies = SqlAnomalyStore(self.connection)
        self.checkpoints = SqlCheckpointStore(self.connection)
        self.events = OutboxEvents(self.outbox, self._ids)

    def commit(self) -> None:
        """Crash before: nothing of it holds. After it, or an outcome that is unknown: memory is read again from what holds."""
        self._open_panes.write()
        super().commit()
        self._open_panes.committed()


class SqlDefinitionUnitOfWork(SqlUnitOfWork):
    """`services.analytics.ports.defining.DefinitionUnitOfWork`."""

    definitions: DefinitionStore
    readings: KeptReadings
    reading_types: ReadingTypes
    events: DefinitionEvents

    def __init__(self, database: Database, ids: IdSource) -> None:
        super().__init__(database, DELIVERY)
        self._ids = ids

    def begun(self) -> None:
        self.definitions = SqlDefinitionStore(self.connection)
        self.readings = SqlHistoryReader(self.connection)
        self.reading_types = SqlReadingTypes(self.connection)
        self.events = OutboxEvents(self.outbox, self._ids)


class SqlChartUnitOfWork(SqlUnitOfWork):
    """`services.analytics.ports.charting.ChartUnitOfWork`."""

    charts: ChartStore
    definitions: DefinitionsReader

    def __init__(self, database: Database) -> None:
        super().__init__(database, DELIVERY)

    def begun(self) -> None:
        self.charts = SqlChartStore(self.connection)
        self.definitions = SqlDefinitions(self.connection)


class SqlFollowUnitOfWork(SqlUnitOfWork):
    """`services.analytics.ports.following.FollowUnitOfWork`."""

    issues: FollowedIssues

    def __init__(self, database: Database) -> None:
        super().__init__(database, DELIVERY)

    def begun(self) -> None:
        self.issues = SqlFollowedIssues(self.connection)
