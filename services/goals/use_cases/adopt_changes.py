"""What other services tell: indicators and calendars from analytics, issues that a goal's miss has led to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.goals.domain.goal import State
from services.goals.domain.indicator import Indicator
from services.goals.ports import LinkedIssue, UnitOfWork
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Delivery, PassedOver, Progress


@dataclass(frozen=True, slots=True)
class CalendarChanged:
    """A calendar as it now stands."""

    name: str
    definition: Mapping[str, Any]
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class IndicatorChanged:
    """An indicator as it now stands."""

    indicator: Indicator
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class IssueChanged:
    """An issue as it now stands; it belongs to the goal it names, and to active goals of its indicator and subject."""

    issue_id: str
    number: str
    state: str
    goal_id: str | None
    indicator: str | None
    subject: Mapping[str, str]
    delivery: Delivery | None


Command = CalendarChanged | IndicatorChanged | IssueChanged | PassedOver


@dataclass(frozen=True, slots=True)
class AdoptChanges:
    """Applies a batch in one transaction."""

    units: Callable[[], UnitOfWork]

    def __call__(self, commands: Sequence[Command], progress: Sequence[Progress], *, consumer: str) -> None:
        with self.units() as uow:
            for moved in progress:
                uow.advance(moved)
            for command in commands:
                if command.delivery is None or uow.accept(consumer, command.delivery):
                    _apply(uow, command)
            fail_point("changes-adopted-written")
            uow.commit()


def _apply(uow: UnitOfWork, command: Command) -> None:
    if isinstance(command, CalendarChanged):
        uow.goals.save_calendar(command.name, command.definition)
    elif isinstance(command, IndicatorChanged):
        uow.goals.save_indicator(command.indicator)
    elif isinstance(command, IssueChanged):
        for goal_id in _goals_of(uow, command):
            uow.goals.save_link(LinkedIssue(goal_id, command.issue_id, command.number, command.state))


def _goals_of(uow: UnitOfWork, issue: IssueChanged) -> set[str]:
    active = uow.goals.find(after=None, limit=1000, state=State.ACTIVE)
    same = {
        goal.id
        for goal_set in active
        for goal in goal_set.goals
        if goal.indicator == issue.indicator and dict(goal.subject) == dict(issue.subject)
    }
    return same | ({issue.goal_id} if issue.goal_id else set())
