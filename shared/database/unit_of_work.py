"""The only commit. One command, one transaction, committed before the answer exists."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from shared.database.delivery_tables import DeliveryTables
from shared.database.engine import Database, WriteConnection
from shared.database.inbox import Inbox
from shared.database.outbox import Outbox
from shared.database.positions import advance
from shared.runtime.progress import Delivery, Progress


class SqlUnitOfWork:
    """One write transaction. A service derives its own, and makes its repositories in `begun`.

    Use it once, in a `with` block. Leaving the block without `commit`, or by an exception, rolls everything back.
    What was committed may be on disk although `commit` raised `DatabaseUnavailable`: drop caches and read again.
    """

    def __init__(self, database: Database, tables: DeliveryTables) -> None:
        self._database = database
        self._tables = tables
        self._transaction = ExitStack()
        self._committed = False
        self._inboxes: dict[str, Inbox] = {}

    def __enter__(self) -> Self:
        self.connection: WriteConnection = self._transaction.enter_context(self._database.writing())
        self.outbox = Outbox(self.connection, self._tables)
        self.begun()
        return self

    def begun(self) -> None:
        """Make the repositories of this service on `self.connection`."""

    def commit(self) -> None:
        """Make everything done in this block durable, all of it or nothing.

        Raises:
            DatabaseUnavailable: the outcome is unknown.
        """
        for inbox in self._inboxes.values():
            inbox.save()
        self._committed = True
        self._transaction.close()

    def advance(self, progress: Progress) -> None:
        """Move a consumer's position with this transaction.

        To be called before anything else is read or written: it holds the row of the position, so a process that has lost the
        partition waits here for its successor and is told, instead of running into the rows that the successor writes.

        Raises:
            LostPartition: another process has moved it; nothing of this transaction may be kept.
        """
        advance(self.connection, self._tables, progress)

    def accept(self, consumer: str, delivery: Delivery) -> bool:
        """Whether `consumer` is to apply this numbered record now; False if it has. See `Inbox.accept`."""
        if consumer not in self._inboxes:
            self._inboxes[consumer] = Inbox(self.connection, self._tables, consumer)
        return self._inboxes[consumer].accept(delivery)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._committed:
            return
        if error is None:
            kind, error = _RolledBack, _RolledBack()
        try:
            self._transaction.__exit__(kind, error, trace)
        except _RolledBack:
            return


class _RolledBack(Exception):
    """Carries a block that ended without `commit` through the transaction's own exit."""
