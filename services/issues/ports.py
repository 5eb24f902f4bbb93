"""What the use cases of issues need from outside."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from services.issues.domain.issue import HistoryLine, Issue
from services.issues.domain.routing import Routing
from shared.calendars.calendar import Calendar
from shared.runtime.progress import Delivery, Progress


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """Which issues are asked for; without any field all of them. `overdue_at` keeps those overdue at that moment."""

    state: str | None = None
    severity: str | None = None
    indicator: str | None = None
    owner: str | None = None
    subject: Mapping[str, str] = field(default_factory=dict)
    overdue_at: datetime | None = None


class IssueReader(Protocol):
    """Looks at issues."""

    def get(self, issue_id: str) -> Issue | None: ...

    def find(self, wanted: IssueFilter, *, after: str | None, limit: int) -> Sequence[Issue]:
        """In order of their numbers, those after `after`."""
        ...

    def history(self, issue_id: str) -> Sequence[HistoryLine]:
        """Oldest first."""
        ...

    def open_counts(self) -> Mapping[tuple[str, str], int]:
        """(severity, state) → how many are open."""
        ...

    def calendar_of(self, indicator: str | None) -> Calendar:
        """The calendar whose working time runs for an indicator; `default` until it is known."""
        ...

    def routing(self) -> Routing: ...


class IssueStore(IssueReader, Protocol):
    """Issues, inside a write transaction."""

    def newest_of(self, fingerprint: str) -> Issue | None:
        """The issue of this fingerprint that was opened last. Nobody else can open one until the transaction ends."""
        ...

    def next_number(self) -> str:
        """`I-000001`, … from a sequence in the same transaction: no two issues share one."""
        ...

    def add(self, issue: Issue) -> None: ...

    def save(self, issue: Issue) -> None:
        """Overwrite the version before this one. Raises ConcurrentChange (of `shared.database`) when that has moved."""
        ...

    def add_history(self, line: HistoryLine) -> None: ...

    def save_calendar(self, name: str, definition: Mapping[str, Any]) -> None: ...

    def save_indicator(self, name: str, calendar: str) -> None: ...

    def save_routing(self, routing: Routing) -> None: ...

    def overdue_untold(self, now: datetime, limit: int) -> Sequence[Issue]:
        """Open issues, not on hold, with a deadline that has passed since overdue was told last."""
        ...


class IssueEvents(Protocol):
    """Publishes changes with the transaction that is under way."""

    def changed(self, issue: Issue, line: HistoryLine, now: datetime) -> None: ...


class UnitOfWork(Protocol):
    """One transaction. Leaving the block without `commit` changes nothing."""

    @property
    def issues(self) -> IssueStore: ...
    @property
    def events(self) -> IssueEvents: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def commit(self) -> None: ...
    def accept(self, consumer: str, delivery: Delivery) -> bool:
        """Whether this numbered record is to be applied now; False for one applied before."""
        ...

    def advance(self, progress: Progress) -> None:
        """Move a consumer's position with this transaction. Raises LostPartition."""
        ...


class Readers(Protocol):
    """Opens readers; each sees one consistent state."""

    def __call__(self) -> AbstractContextManager[IssueReader]: ...
