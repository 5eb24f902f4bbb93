"""Judge by the targets of a goal set while it is active, and no longer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.analytics.domain.goal_rules import goal_set_body
from services.analytics.ports.defining import DefinitionUnitOfWork
from services.analytics.use_cases.defining import Define, put
from shared.calendars.windows import Window
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Delivery, PassedOver, Progress

ACTOR = "goals"


@dataclass(frozen=True, slots=True)
class AdoptGoalSet:
    """One goal set as it now stands.

    Attributes:
        targets: what each goal is judged by, as `goal_rules` stores it; empty unless the set is active.
    """

    goal_set: str
    period: Window
    targets: Sequence[Mapping[str, Any]]
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class AdoptGoalChange:
    """Applies a batch of goal changes in one transaction.

    A goal that is no longer judged keeps its anomalies; the open ones are cleared, because nobody looks any more.
    """

    units: Callable[[], DefinitionUnitOfWork]
    consumer: str

    def __call__(
        self, commands: Sequence[AdoptGoalSet | PassedOver], progress: Sequence[Progress], now: datetime
    ) -> None:
        """All or nothing. A change that was adopted before changes nothing.

        Raises:
            LostPartition, DeliveryGap, DatabaseUnavailable: nothing may be believed but the database.
        """
        with self.units() as uow:
            for position in progress:
                uow.advance(position)
            uow.definitions.lock()
            for command in commands:
                accepted = command.delivery is None or uow.accept(self.consumer, command.delivery)
                if accepted and isinstance(command, AdoptGoalSet):
                    _adopt(uow, command, now)
            fail_point("targets-written")
            uow.commit()
        fail_point("targets-committed")


def _adopt(uow: DefinitionUnitOfWork, command: AdoptGoalSet, now: datetime) -> None:
    body = goal_set_body([dict(target) for target in command.targets], command.period)
    before = uow.definitions.newest("goal-set", command.goal_set)
    define = Define(command.goal_set, body, ACTOR, now)
    put(uow.definitions, "goal-set", define, body=body, before=before)
