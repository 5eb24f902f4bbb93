"""One transaction of issues."""

from services.issues.adapters.issue_store import SqlIssueStore
from services.issues.adapters.publisher import OutboxIssueEvents
from services.issues.adapters.tables import DELIVERY
from shared.database.engine import Database
from shared.database.unit_of_work import SqlUnitOfWork
from shared.runtime.identifiers import IdSource


class IssuesUnitOfWork(SqlUnitOfWork):
    """`services.issues.ports.UnitOfWork` on SQL."""

    def __init__(self, database: Database, ids: IdSource) -> None:
        super().__init__(database, DELIVERY)
        self._ids = ids

    def begun(self) -> None:
        self.issues = SqlIssueStore(self.connection)
        self.events = OutboxIssueEvents(self.outbox, self._ids)
