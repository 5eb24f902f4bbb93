"""One transaction of ingest."""

from services.ingest.adapters.definition_store import SqlDefinitionStore
from services.ingest.adapters.expectation_store import SqlExpectationStore
from services.ingest.adapters.quarantine_store import SqlQuarantineStore
from services.ingest.adapters.tables import DELIVERY
from services.ingest.adapters.told_reading_types import SqlToldReadingTypes
from shared.database.engine import Database
from shared.database.unit_of_work import SqlUnitOfWork
from shared.runtime.identifiers import IdSource


class IngestUnitOfWork(SqlUnitOfWork):
    """`services.ingest.ports.UnitOfWork` on SQL."""

    def __init__(self, database: Database, ids: IdSource) -> None:
        super().__init__(database, DELIVERY)
        self._ids = ids

    def begun(self) -> None:
        self.definitions = SqlDefinitionStore(self.connection)
        self.quarantine = SqlQuarantineStore(self.connection)
        self.expectations = SqlExpectationStore(self.connection)
        self.told = SqlToldReadingTypes(self.connection, self.outbox, self._ids)
