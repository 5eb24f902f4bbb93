"""Create a goal set, and add or edit its goals, while it is still being written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.goals.domain import errors
from services.goals.domain.decomposition import tree_problem
from services.goals.domain.goal import Goal, GoalSet, State
from services.goals.domain.goal_form import invalid, read_goal
from services.goals.domain.workflow import EDITABLE
from services.goals.ports import GoalStore, UnitOfWork
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.periods import period as period_named
from shared.runtime.actor import Actor
from shared.runtime.errors import FieldProblem
from shared.runtime.form import Form, a_name, titles
from shared.runtime.identifiers import IdSource

_KEYS = ("title", "calendar", "goals")


@dataclass(frozen=True, slots=True)
class SetGoals:
    """Raises InvalidGoal, TransitionRefused when the set is no longer being written, UnknownGoalSet."""

    units: Callable[[], UnitOfWork]
    ids: IdSource

    def put_set(self, period: str, body: Mapping[str, Any], *, actor: Actor, now: datetime) -> tuple[GoalSet, bool]:
        """Create or replace; the same body again changes nothing. Says whether the set is new."""
        with self.units() as uow:
            before = uow.goals.get(period)
            if before is not None and before.facts.get("body") == body:
                return before, False
            _check_editable(before)
            wanted = self._read_set(uow.goals, period, body, before=before)
            wanted = replace(wanted, authors=sorted({*wanted.authors, actor.name}))
            self._keep(uow, before, wanted, actor=actor, now=now)
            uow.commit()
        return wanted, before is None

    def put_goal(
        self, period: str, name: str | None, body: Mapping[str, Any], *, actor: Actor, now: datetime
    ) -> GoalSet:
        """Add a goal, or replace the one of this name."""
        with self.units() as uow:
            before = uow.goals.get(period)
            if before is None:
                raise errors.UnknownGoalSet(f"there is no goal set {period[:50]!r}; PUT /v1/goal-sets/{{period}} first")
            _check_editable(before)
            goal = self._read_goal(name or str(body.get("name", "")), body, before)
            others = [known for known in before.goals if known.name != goal.name]
            grown = replace(before, goals=[*others, goal], version=before.version + 1, facts={})
            grown = replace(grown, authors=sorted({*grown.authors, actor.name}))
            _check_tree(grown)
            self._keep(uow, before, grown, actor=actor, now=now)
            uow.commit()
        return grown

    def _read_set(self, store: GoalStore, period: str, body: Mapping[str, Any], *, before: GoalSet | None) -> GoalSet:
        form = Form(body)
        form.only("a goal set", _KEYS)
        calendar_name = form.read("calendar", a_name, DEFAULT_CALENDAR.name)
        calendar = store.calendar(calendar_name)
        if calendar is None:
            form.report("calendar", f"there is no calendar {calendar_name!r}; define it first")
        plain: Mapping[str, str] = {"en": period}
        title = form.read("title", titles, plain)
        goals = self._read_goals(form, before)
        try:
            span = period_named(calendar or DEFAULT_CALENDAR, period)
        except (ValueError, OverflowError) as error:
            form.report("period", str(error))
        if form.problems:
            raise invalid(form.problems)
        wanted = GoalSet(
            period=period,
            title=title,
            calendar=calendar_name,
            starts=span.start,
            ends=span.end,
            state=State.DRAFT if before is None else before.state,
            version=1 if before is None else before.version + 1,
            goals=goals,
            authors=() if before is None else before.authors,
            facts={"body": dict(body)},
        )
        _check_tree(wanted)
        return wanted

    def _read_goals(self, form: Form, before: GoalSet | None) -> Sequence[Goal]:
        """Goals as a list of objects with names, or as name → goal."""
        given = form.fields.get("goals")
        pairs: list[tuple[str, Any]] = []
        if isinstance(given, Mapping):
            pairs = [(str(name), body) for name, body in given.items()]
        elif isinstance(given, list):
            pairs = [(str(body.get("name", "")) if isinstance(body, Mapping) else "", body) for body in given]
        elif given is not None:
            form.report("goals", 'write a list of goals, or {"name": {…}}')
        goals = []
        for name, body in pairs:
            if not isinstance(body, Mapping):
                form.report("goals", f"{name or 'a goal'} is not an object")
                continue
            try:
                goals.append(self._read_goal(name, body, before))
            except errors.InvalidGoal as error:
                form.problems.extend(FieldProblem(f"/goals/{name}{one.pointer}", one.detail) for one in error.errors)
        names = [goal.name for goal in goals]
        if len(set(names)) != len(names):
            form.report("goals", "two goals have the same name")
        return goals

    def _read_goal(self, name: str, body: Mapping[str, Any], before: GoalSet | None) -> Goal:
        known = None if before is None else before.goal(name)
        return read_goal(name, body, goal_id=known.id if known else self.ids.next())

    def _keep(self, uow: UnitOfWork, before: GoalSet | None, after: GoalSet, *, actor: Actor, now: datetime) -> None:
        if before is None:
            uow.goals.add(after)
            uow.events.set_changed(after, "drafted", actor=actor.name, reason=None, now=now)
        else:
            uow.goals.save(after)


def _check_editable(goal_set: GoalSet | None) -> None:
    if goal_set is not None and goal_set.state not in EDITABLE:
        raise errors.TransitionRefused(
            f"goals are written in draft and decomposing, not in {goal_set.state}",
            facts={"state": goal_set.state.value, "guard": "editable", "missing": "a state of draft or decomposing"},
        )


def _check_tree(goal_set: GoalSet) -> None:
    problem = tree_problem(goal_set)
    if problem is not None:
        raise invalid([FieldProblem("/goals", problem)])
