"""One transaction of goals."""

from services.goals.adapters.goal_store import SqlGoalStore
from services.goals.adapters.publisher import OutboxGoalEvents
from services.goals.adapters.tables import DELIVERY
from shared.database.engine import Database
from shared.database.unit_of_work import SqlUnitOfWork
from shared.runtime.identifiers import IdSource


class GoalsUnitOfWork(SqlUnitOfWork):
    """`services.goals.ports.UnitOfWork` on SQL."""

    def __init__(self, database: Database, ids: IdSource) -> None:
        super().__init__(database, DELIVERY)
        self._ids = ids

    def begun(self) -> None:
        self.goals = SqlGoalStore(self.connection)
        self.events = OutboxGoalEvents(self.outbox, self._ids)
