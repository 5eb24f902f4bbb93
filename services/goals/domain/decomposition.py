"""Do the children imply the parent? What can be computed is computed; the rest needs an explanation. Pure."""

from dataclasses import dataclass
from fractions import Fraction

from services.goals.domain.goal import Goal, GoalSet, compare


@dataclass(frozen=True, slots=True)
class Gap:
    """A parent that its children do not imply. `explained` says whether the parent carries an explanation."""

    parent: str
    detail: str
    explained: bool


def gaps(goal_set: GoalSet) -> list[Gap]:
    """Every parent whose children do not imply it.

    Children of the parent's own indicator are parts of one whole: a mean weighted by volume lies between their values, so
    the parent holds whenever each child's target meets it. Children of other indicators are not derivable.
    """
    found = []
    for parent in goal_set.goals:
        children = [goal for goal in goal_set.goals if goal.parent == parent.name]
        detail = _gap(parent, children)
        if detail is not None:
            found.append(Gap(parent.name, detail, explained=bool(parent.explanation)))
    return found


def tree_problem(goal_set: GoalSet) -> str | None:
    """A parent that does not exist, or a goal that is its own ancestor; None for a proper tree."""
    parents = {goal.name: goal.parent for goal in goal_set.goals}
    for name, parent in parents.items():
        seen = {name}
        above = parent
        while above is not None:
            if above not in parents:
                return f"goal {name}: parent: there is no goal {above!r} in this set"
            if above in seen:
                return f"goal {name}: parent: the goals run in a circle"
            seen.add(above)
            above = parents[above]
    return None


def _gap(parent: Goal, children: list[Goal]) -> str | None:
    if not children:
        return None
    foreign = [child.name for child in children if child.comparator[0] != parent.comparator[0]]
    if foreign:
        return f"{foreign[0]} points the other way, so what the children imply is not derivable"
    if any(child.indicator != parent.indicator and child.unit != parent.unit for child in children):
        return "children are in another unit, so what they imply is not derivable"
    loose = [
        child for child in children if not compare(Fraction(child.target), parent.comparator, Fraction(parent.target))
    ]
    if loose:
        return f"{loose[0].name} at {loose[0].target} does not imply {parent.comparator} {parent.target}"
    return None
