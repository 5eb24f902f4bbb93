"""What the use cases of issues need from outside."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from services.issues.domain.goal import Goal
from services.issues.domain.issue import HistoryLine, Issue
from services.issues.domain.routing import Routing
from shared.calendars.calendar import Calendar
from shared.runtime.transaction import ConsumingTransaction


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """Which issues are asked for; without any field all of them.

    Attributes:
        states: in one of these; None for any.
        overdue_at: with `overdue`, only those that are (True) or are not (False) overdue at that moment, UTC.
    """

    states: Sequence[str] | None = None
    severity: str | None = None
    indicator: str | None = None
    owner: str | None = None
    subject: Mapping[str, str] = field(default_factory=dict)
    overdue: bool | None = None
    overdue_at: datetime | None = None


class IssueReader(Protocol):
    """Looks at issues."""

    def get(self, name: str) -> Issue | None:
        """By its id, or by its number."""
        ...

    def find(self, wanted: IssueFilter, *, after: int, limit: int) -> Sequence[Issue]:
        """In order of their numbers, those after the `after`-th."""
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

    def goals(self, goal_ids: Sequence[str]) -> Sequence[Goal]:
        """Those of these goals that are known."""
        ...


class IssueStore(IssueReader, Protocol):
    """Issues, inside a write transaction."""

    def newest_of(self, fingerprint: str) -> Issue | None:
        """The issue of this fingerprint that was opened last; first reserves openings."""
        ...

    def reserve_openings(self) -> None:
        """Nobody else opens or merges issues until the transaction ends. Repeating it changes nothing."""
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

    def to_look_at(self, now: datetime, limit: int) -> Sequence[Issue]:
        """Issues of which something overdue is to be told; see `Issue.look_at`."""
        ...

    def replace_goals(self, goal_set: str, goals: Sequence[Goal]) -> None:
        """The goals of a set as they now stand; others of the set are forgotten."""
        ...

    def active_goals_of(self, indicator: str, subject: Mapping[str, str]) -> Sequence[Goal]:
        """Goals that are judged now, on exactly this subject of this indicator."""
        ...

    def open_of(self, indicator: str, subject: Mapping[str, str]) -> Sequence[Issue]:
        """Open issues about exactly this subject of this indicator."""
        ...


class IssueEvents(Protocol):
    """Publishes changes with the transaction that is under way."""

    def changed(self, issue: Issue, line: HistoryLine, now: datetime) -> None: ...


class UnitOfWork(ConsumingTransaction, Protocol):
    """One transaction. Leaving the block without `commit` changes nothing."""

    @property
    def issues(self) -> IssueStore: ...
    @property
    def events(self) -> IssueEvents: ...


class Readers(Protocol):
    """Opens readers; each sees one consistent state."""

    def __call__(self) -> AbstractContextManager[IssueReader]: ...
