"""What the use cases of goals need from outside."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.goals.domain.attainment import Health, WindowValue
from services.goals.domain.goal import GoalSet, State
from services.goals.domain.indicator import Indicator
from shared.calendars.calendar import Calendar
from shared.runtime.transaction import ConsumingTransaction


@dataclass(frozen=True, slots=True)
class SubjectValue:
    """One KPI value with what it is about."""

    indicator: str
    indicator_version: int
    subject: Mapping[str, str]
    value: WindowValue


@dataclass(frozen=True, slots=True)
class LinkedIssue:
    """An issue that a goal's miss has led to."""

    goal_id: str
    issue_id: str
    number: str
    state: str


class GoalReader(Protocol):
    """Looks at goals."""

    def get(self, period: str) -> GoalSet | None: ...

    def find(self, *, after: str | None, limit: int, state: State | None = None) -> Sequence[GoalSet]:
        """In order of their periods."""
        ...

    def values(self, indicator: str, subject: Mapping[str, str]) -> Sequence[WindowValue]:
        """Newest revision of each window."""
        ...

    def links(self, goal_ids: Sequence[str]) -> Sequence[LinkedIssue]: ...

    def health(self, goal_id: str) -> Health | None:
        """As it was told last."""
        ...

    def indicators(self) -> Mapping[str, Indicator]: ...

    def calendar(self, name: str) -> Calendar | None: ...


class GoalStore(GoalReader, Protocol):
    """Goals, inside a write transaction."""

    def add(self, goal_set: GoalSet) -> None: ...

    def save(self, goal_set: GoalSet) -> None:
        """Overwrite the version before this one. Raises ConcurrentChange (of `shared.database`) when that has moved."""
        ...

    def save_values(self, values: Sequence[SubjectValue]) -> None:
        """Keep the newest of each window; they come in the order in which they were computed."""
        ...

    def save_link(self, link: LinkedIssue) -> None: ...

    def save_health(self, goal_id: str, health: Health) -> None: ...

    def save_indicator(self, indicator: Indicator) -> None: ...

    def save_calendar(self, name: str, definition: Mapping[str, Any]) -> None: ...


class GoalEvents(Protocol):
    """Publishes changes with the transaction that is under way."""

    def set_changed(self, goal_set: GoalSet, change: str, *, actor: str, reason: str | None, now: datetime) -> None: ...

    def health_changed(
        self, goal_set: GoalSet, goal_id: str, *, health: Health, before: Health | None, reason: str, now: datetime
    ) -> None: ...


class UnitOfWork(ConsumingTransaction, Protocol):
    """One transaction. Leaving the block without `commit` changes nothing."""

    @property
    def goals(self) -> GoalStore: ...
    @property
    def events(self) -> GoalEvents: ...


class Readers(Protocol):
    """Opens readers; each sees one consistent state."""

    def __call__(self) -> AbstractContextManager[GoalReader]: ...
