"""One transaction of issues."""

from services.issues.adapters.issue_store import SqlIssueStore
from services.issues.adapters.publisher import OutboxIssueEvents
from services.issues.adapters.tables import DELIVERY
from services.issues.metrics import IssuesMetrics
from shared.database.engine import Database
from shared.database.unit_of_work import SqlUnitOfWork
from shared.runtime.identifiers import IdSource


class IssuesUnitOfWork(SqlUnitOfWork):
    """`services.issues.ports.UnitOfWork` on SQL. Changes are counted once they are durable."""

    def __init__(self, database: Database, ids: IdSource, metrics: IssuesMetrics) -> None:
        super().__init__(database, DELIVERY)
        self._ids = ids
        self._metrics = metrics

    def begun(self) -> None:
        self.issues = SqlIssueStore(self.connection)
        self.events = OutboxIssueEvents(self.outbox, self._ids)

    def commit(self) -> None:
        super().commit()
        for change, source in self.events.published:
            self._metrics.changed(change, source=source)
