"""What the upkeep of kept readings needs of its database."""

from datetime import datetime
from types import TracebackType
from typing import Protocol, Self


class HistoryUpkeep(Protocol):
    """Keeps the readings that are kept in order, inside a write transaction."""

    def merge_some(self) -> bool:
        """Make large blocks of small ones, a bounded number; says whether it found any to merge."""
        ...

    def forget(self, before: datetime) -> int:
        """Drop readings, and ids that arrived and were observed, before a moment (UTC); returns how many blocks went."""
        ...


class UpkeepUnitOfWork(Protocol):
    """One transaction of upkeep; entered with `with`, kept only if `commit` is called."""

    upkeep: HistoryUpkeep

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def commit(self) -> None: ...
