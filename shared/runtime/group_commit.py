"""Group commit without a thread of its own: who comes first commits for everybody who waits, then the first of those who came since."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Ticket(Generic[Work, Result]):
    """One caller's work, and what became of it.

    Attributes:
        turn: held until the work is done, or its caller is to commit. Each has one of its own: were all to wait for one lock, those
            whose work is done would take it one after the other, and nobody would commit meanwhile.
    """

    work: Work
    results: tuple[Result, ...] = ()
    error: BaseException | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.turn.acquire()

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
        self._is_led = False
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()

    def submit(self, work: Work) -> Result:
        """Blocks until the work is durable. Batches are committed in the order in which their first caller came."""
        ticket: _Ticket[Work, Result] = _Ticket(work)
        with self._queue_lock:
            self._waiting.append(ticket)
            waits, self._is_led = self._is_led, True
        if waits:
            ticket.turn.acquire()
        if not ticket.done:
            self._lead()
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

    def _lead(self) -> None:
        """Commit for those who wait, of whom the caller is the first, and pass the lead on to the first of those who have come since."""
        batch: Sequence[_Ticket[Work, Result]] = ()
        try:
            with self._commit_lock:
                batch = self._next_batch()
                self._commit_batch(batch)
        finally:
            with self._queue_lock:
                following = self._waiting[:1]
                self._is_led = bool(following)
            for ticket in (*following, *batch[1:]):
                ticket.turn.release()

    def _next_batch(self) -> Sequence[_Ticket[Work, Result]]:
        with self._queue_lock:
            count = self._most([ticket.work for ticket in self._waiting])
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _commit_batch(self, batch: Sequence[_Ticket[Work, Result]]) -> None:
        try:
            results = self._commit([ticket.work for ticket in batch])
            for ticket, result in zip(batch, results, strict=True):
                ticket.results = (result,)
        except BaseException as error:
            for ticket in batch:
                ticket.error = error
            if not isinstance(error, Exception):
                raise
