"""Group commit without a thread of its own: who gets the lock first commits for everybody who waits."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Ticket(Generic[Work, Result]):
    """One caller's work, and what became of it. Written by the committing thread before it lets go of the lock."""

    work: Work
    results: tuple[Result, ...] = ()
    error: BaseException | None = None

    @property
    def done(self) -> bool:
        return bool(self.results) or self.error is not None


class GroupCommit(Generic[Work, Result]):
    """Turns concurrent calls into few commits.

    Args:
        commit: makes all work of a batch durable, in one transaction, and returns one result for each. It is never called
            by two threads at once. What it raises is raised, wrapped, in every caller of the batch.
        failure: the error type that callers see.
        most: of all work that waits, in its order, how many are committed together; one at least.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Work]], Sequence[Result]],
        failure: Callable[[str], Exception],
        *,
        most: Callable[[Sequence[Work]], int] = len,
    ) -> None:
        self._commit = commit
        self._failure = failure
        self._most = most
        self._waiting: list[_Ticket[Work, Result]] = []
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()

    def submit(self, work: Work) -> Result:
        """Blocks until the work is durable. Batches are committed in the order in which their first caller came."""
        ticket: _Ticket[Work, Result] = _Ticket(work)
        with self._queue_lock:
            self._waiting.append(ticket)
        with self._commit_lock:
            while not ticket.done:
                self._commit_waiting()
        if ticket.error is not None:
            raise self._failure(str(ticket.error)) from ticket.error
        return ticket.results[0]

    @property
    def waiting(self) -> int:
        """How many callers wait for the next commit."""
        return len(self._waiting)

    def alone(self) -> threading.Lock:
        """Held while anything is committed; take it to write something else in between."""
        return self._commit_lock

    def _commit_waiting(self) -> None:
        with self._queue_lock:
            count = self._most([ticket.work for ticket in self._waiting])
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
        try:
            results = self._commit([ticket.work for ticket in batch])
        except BaseException as error:
            for ticket in batch:
                ticket.error = error
            if not isinstance(error, Exception):
                raise
            return
        for ticket, result in zip(batch, results, strict=True):
            ticket.results = (result,)
