"""Goals: exact comparison, attainment from summed parts, health, decomposition, and the table."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.attainment import Health, Result, WindowValue, attain
from services.goals.domain.decomposition import gaps, tree_problem
from services.goals.domain.errors import InvalidGoal
from services.goals.domain.goal import Comparator, Goal, GoalSet, State
from services.goals.domain.goal_form import read_goal
from services.goals.domain.indicator import Indicator
from services.goals.domain.workflow import TABLE, TRIGGERS, Advanced, Attempt, Refused, Why, advance, table_as_text
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.periods import period
from shared.runtime.actor import Actor
from tests.architecture.source import ROOT

QUARTER = period(DEFAULT_CALENDAR, "2024-Q1")
EVERY_ROLE = frozenset(role for row in TABLE.values() for role in row.roles)


def goal(target: str = "0.98", comparator: Comparator = ">=", **changes: object) -> Goal:
    return Goal("g-1", "yield", "first-pass-yield", comparator, Decimal(target), "Li Wei", **changes)  # type: ignore[arg-type]


def goal_set(*goals: Goal, state: State = State.ACTIVE) -> GoalSet:
    return GoalSet("2024-Q1", {"en": "2024 Q1"}, "default", QUARTER.start, QUARTER.end, state, goals=goals)


def week(number: int, passed: int, inspected: int, judgement: str = "judged", status: str = "final") -> WindowValue:
    start = QUARTER.start + timedelta(days=7 * number)
    value = passed / inspected if inspected else None
    return WindowValue(
        start, start + timedelta(days=7), "ratio", value, passed, inspected, inspected, status, judgement, 1
    )


@pytest.mark.parametrize(
    ("passed", "inspected", "target", "met"),
    [
        (980, 1000, "0.98", True),
        (979, 1000, "0.98", False),
        (40, 40, "1", True),
        (39, 40, "1", False),
        (29, 100, "0.29", True),
    ],
)
def test_whole_numbers_are_compared_exactly(passed: int, inspected: int, target: str, met: bool) -> None:
    assert attain(goal(target), goal_set(), [week(0, passed, inspected)]).is_met is met


def test_the_period_is_made_of_summed_parts_not_of_mean_values() -> None:
    found = attain(goal("0.5"), goal_set(), [week(0, 1, 1), week(1, 0, 99)])
    assert (found.numerator, found.denominator, found.actual) == (1, 100, 0.01)


def test_windows_outside_the_period_and_open_ones_do_not_count() -> None:
    values = [week(-1, 0, 100), week(0, 99, 100), week(13, 0, 100), week(1, 0, 100, status="provisional")]
    found = attain(goal(), goal_set(), values)
    assert (found.numerator, found.windows.final, found.result) == (99, 1, Result.ACHIEVED)


@pytest.mark.parametrize(
    ("weeks", "health"),
    [
        ([], Health.NO_DATA),
        ([(5, 5, "insufficient")], Health.NO_DATA),
        ([(99, 100, "judged")], Health.ON_TRACK),
        ([(99, 100, "judged"), (96, 100, "judged")], Health.AT_RISK),
        ([(96, 100, "judged"), (96, 100, "judged")], Health.OFF_TRACK),
        ([(90, 100, "judged"), (90, 100, "judged"), (99, 100, "judged")], Health.AT_RISK),
    ],
)
def test_health_is_the_first_that_holds(weeks: list[tuple[int, int, str]], health: Health) -> None:
    values = [week(number, *one) for number, one in enumerate(weeks)]
    found = attain(goal(), goal_set(), values)
    assert found.health is health
    assert found.reason


def test_all_of_them_is_out_of_reach_after_one_miss() -> None:
    found = attain(goal("1"), goal_set(), [week(0, 39, 40), week(1, 40, 40)])
    assert (found.health, found.result) == (Health.OFF_TRACK, Result.MISSED)


def test_a_near_miss_within_tolerance_is_partial() -> None:
    found = attain(goal("0.98", tolerance=Decimal("0.01")), goal_set(), [week(0, 975, 1000)])
    assert found.result is Result.PARTIALLY_ACHIEVED


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 50), st.integers(1, 50)), max_size=10), st.randoms())
def test_the_order_of_arrival_does_not_matter(cells: list[tuple[int, int, int]], order: random.Random) -> None:
    values = [
        week(number, min(passed, total), total) for number, passed, total in {cell[0]: cell for cell in cells}.values()
    ]
    shuffled = list(values)
    order.shuffle(shuffled)
    assert attain(goal(), goal_set(), shuffled) == attain(goal(), goal_set(), values)


def test_children_imply_their_parent_or_the_gap_is_named() -> None:
    parent = goal("0.98")
    child = Goal("g-2", "line A", "first-pass-yield", ">=", Decimal("0.97"), "Wu", parent="yield")
    (gap,) = gaps(goal_set(parent, child))
    assert (gap.parent, gap.explained) == ("yield", False)
    strict = Goal("g-3", "line B", "first-pass-yield", ">=", Decimal("0.99"), "Wu", parent="yield")
    assert gaps(goal_set(parent, strict)) == []


def test_a_circle_and_a_missing_parent_are_no_tree() -> None:
    first = Goal("g-1", "a", "i", ">=", Decimal(1), "x", parent="b")
    second = Goal("g-2", "b", "i", ">=", Decimal(1), "x", parent="a")
    assert "circle" in (tree_problem(goal_set(first, second)) or "")
    assert "no goal 'b'" in (tree_problem(goal_set(first)) or "")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"indicator": "i", "target": 1}, "/comparator"),
        ({"indicator": "i", "comparator": "≥99%", "target": 1}, "/comparator"),
        ({"indicator": "i", "comparator": ">="}, "/target"),
        ({"indicator": "i", "comparator": ">=", "target": "0.98"}, "/target"),
        ({"comparator": ">=", "target": 1}, "/indicator"),
        ({"indicator": "i", "comparator": ">=", "target": 1, "goal": 2}, "/goal"),
    ],
)
def test_a_wrong_goal_names_the_field(body: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidGoal) as caught:
        read_goal("yield", body, goal_id="g-1")
    assert pointer in [problem.pointer for problem in caught.value.errors]


KNOWN = {"first-pass-yield": Indicator("first-pass-yield", {}, "ratio", [], "default", "higher_is_better")}


def attempt(found: GoalSet, actor: Actor, **facts: object) -> Attempt:
    return Attempt(found, facts, actor, KNOWN, datetime(2024, 2, 1, tzinfo=UTC))


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(State, TRIGGERS)))
def test_every_state_and_trigger_is_answered(state: State, trigger: str) -> None:
    outcome = advance(trigger, attempt(goal_set(goal(), state=state), Actor("anybody", EVERY_ROLE)))
    if (state, trigger) not in TABLE:
        assert isinstance(outcome, Refused)
        assert outcome.why is Why.NOT_IN_THIS_STATE
    elif isinstance(outcome, Advanced):
        assert outcome.goal_set.version == 2
    else:
        assert outcome.guard


def test_who_wrote_the_goals_does_not_approve_them() -> None:
    manager = Actor("Li Wei", frozenset({"quality_manager", "director"}))
    submitted = advance("submit", attempt(goal_set(goal(), state=State.DECOMPOSING), manager))
    assert isinstance(submitted, Advanced)
    refused = advance("vote-approve", attempt(submitted.goal_set, manager))
    assert isinstance(refused, Refused)
    assert refused.guard == "not_author"


def test_a_comparator_against_the_direction_is_not_measurable() -> None:
    refused = advance("decompose", attempt(goal_set(goal(comparator="<="), state=State.DRAFT), Actor("Li", EVERY_ROLE)))
    assert isinstance(refused, Refused)
    assert "comparator" in refused.missing


def test_the_printed_table_is_the_table() -> None:
    printed = (ROOT / "docs/reference/goal-transitions.md").read_text(encoding="utf-8")
    assert table_as_text() in printed
