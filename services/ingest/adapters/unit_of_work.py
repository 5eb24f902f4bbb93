"""One transaction of ingest."""

from services.ingest.adapters.definition_store import SqlDefinitionStore
from services.ingest.adapters.expectation_store import SqlExpectationStore
from services.ingest.adapters.quarantine_store import SqlQuarantineStore
from services.ingest.adapters.tables import DELIVERY
from shared.database.engine import Database
from shared.database.unit_of_work import SqlUnitOfWork


class IngestUnitOfWork(SqlUnitOfWork):
    """`services.ingest.ports.UnitOfWork` on SQL."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, DELIVERY)

    def begun(self) -> None:
        self.definitions = SqlDefinitionStore(self.connection)
        self.quarantine = SqlQuarantineStore(self.connection)
        self.expectations = SqlExpectationStore(self.connection)
