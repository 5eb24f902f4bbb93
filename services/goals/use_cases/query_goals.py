"""Look at goal sets and at their attainment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.goals.domain.attainment import Attainment, attain
from services.goals.domain.errors import UnknownGoalSet
from services.goals.domain.goal import GoalSet, State
from services.goals.ports import LinkedIssue, Readers


@dataclass(frozen=True, slots=True)
class Followed:
    """A goal set with the attainment of each goal and the issues linked to it, all of one moment."""

    goal_set: GoalSet
    attainments: Sequence[Attainment]
    links: Mapping[str, Sequence[LinkedIssue]]


@dataclass(frozen=True, slots=True)
class QueryGoals:
    """Reads, and changes nothing."""

    readers: Readers

    def one(self, period: str) -> GoalSet:
        """Raises UnknownGoalSet."""
        with self.readers() as goals:
            found = goals.get(period)
        if found is None:
            raise UnknownGoalSet(f"there is no goal set {period[:50]!r}")
        return found

    def page(self, *, after: str | None, limit: int, state: State | None) -> Sequence[GoalSet]:
        """In order of their periods."""
        with self.readers() as goals:
            return goals.find(after=after, limit=limit, state=state)

    def attainment(self, period: str) -> Followed:
        """Computed from the KPI values that are there now. Raises UnknownGoalSet."""
        with self.readers() as goals:
            goal_set = goals.get(period)
            if goal_set is None:
                raise UnknownGoalSet(f"there is no goal set {period[:50]!r}")
            attainments = [
                attain(goal, goal_set, goals.values(goal.indicator, goal.subject)) for goal in goal_set.goals
            ]
            links = goals.links([goal.id for goal in goal_set.goals])
        by_goal = {goal.id: [link for link in links if link.goal_id == goal.id] for goal in goal_set.goals}
        return Followed(goal_set, attainments, by_goal)
