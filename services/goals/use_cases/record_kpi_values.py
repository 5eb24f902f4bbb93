"""KPI values come: keep them, and tell where a goal's health has changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.goals.domain.goal import State
from services.goals.ports import SubjectValue, UnitOfWork
from services.goals.use_cases.telling_health import tell_health
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Delivery, PassedOver, Progress

_MOST_SETS = 1000


@dataclass(frozen=True, slots=True)
class KpiValueChanged:
    """A KPI value as it now stands."""

    changed: SubjectValue
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class RecordKpiValues:
    """Applies a batch in one transaction."""

    units: Callable[[], UnitOfWork]

    def __call__(
        self,
        commands: Sequence[KpiValueChanged | PassedOver],
        progress: Sequence[Progress],
        *,
        consumer: str,
        now: datetime,
    ) -> None:
        with self.units() as uow:
            for moved in progress:
                uow.advance(moved)
            accepted = [one for one in commands if one.delivery is None or uow.accept(consumer, one.delivery)]
            values = [one.changed for one in accepted if isinstance(one, KpiValueChanged)]
            uow.goals.save_values(values)
            if values:
                _tell_health(uow, values, now)
            fail_point("attainment-written")
            uow.commit()
        fail_point("attainment-committed")


def _tell_health(uow: UnitOfWork, values: Sequence[SubjectValue], now: datetime) -> None:
    touched = {(one.indicator, tuple(sorted(one.subject.items()))) for one in values}
    for goal_set in uow.goals.find(after=None, limit=_MOST_SETS, state=State.ACTIVE):
        of_values = [
            goal for goal in goal_set.goals if (goal.indicator, tuple(sorted(goal.subject.items()))) in touched
        ]
        tell_health(uow, goal_set, of_values, now=now)
