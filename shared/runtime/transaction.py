"""What every unit of work is, whichever service it belongs to. A service adds its repositories."""

from types import TracebackType
from typing import Protocol, Self

from shared.runtime.progress import Delivery, Progress


class Transaction(Protocol):
    """One transaction; entered with `with`. Leaving the block without `commit` changes nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def advance(self, progress: Progress) -> None:
        """Move a consumer's position, before anything else is done. Raises LostPartition."""
        ...

    def commit(self) -> None:
        """Make everything durable, or nothing."""
        ...


class ConsumingTransaction(Transaction, Protocol):
    """A transaction that applies numbered records."""

    def accept(self, consumer: str, delivery: Delivery) -> bool:
        """Whether this numbered record is to be applied now; False for one applied before."""
        ...
