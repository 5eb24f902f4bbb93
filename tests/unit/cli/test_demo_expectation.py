"""The recomputation, against figures counted by hand."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from services.cli.demo.expectation import Attained, Episode, Expectation, expect
from services.cli.demo.expected_values import Value
from services.cli.demo.flights import Row
from tests.unit.cli.year_of_flights import flight

MONDAY = date(2013, 3, 4)
WEEK = timedelta(days=7)

DEFINITIONS: Mapping[str, Mapping[str, Any]] = {
    "indicators": {
        name: {"minimum_sample": least}
        for name, least in (
            ("on-time", 4),
            ("on-time-by-carrier", 4),
            ("cancellation-rate", 4),
            ("departure-delay", 4),
        )
    },
    "rules": {"late": {"indicator": "departure-delay", "comparator": "<=", "target": 20, "for_windows": 1}},
    "goal_sets": {
        "2013": {"goals": {"company": {"indicator": "on-time", "comparator": ">=", "target": 0.75}}},
    },
}


def week(number: int, *lates: str) -> list[Row]:
    """One flight for each delay, in a week counted from the first Monday of March."""
    return [flight(MONDAY + number * WEEK, index, late=late) for index, late in enumerate(lates)]


def span(number: int) -> tuple[str, str]:
    return (MONDAY + number * WEEK).isoformat(), (MONDAY + (number + 1) * WEEK).isoformat()


def computed(*weeks: list[Row]) -> Expectation:
    return expect([row for rows in weeks for row in rows], DEFINITIONS)


def test_a_week_counts_what_arrived_and_not_what_was_diverted_or_cancelled() -> None:
    values = computed(week(0, "0", "14", "15", "60", "NA", "cancelled")).values
    assert values["on-time", ()][span(0)] == Value(2, 4, 6, judged=True)
    assert values["cancellation-rate", (("origin", "EWR"),)]["2013-03-01", "2013-04-01"] == Value(1, 6, 6, judged=True)
    assert values["departure-delay", (("carrier", "UA"),)][span(0)] == Value(89, 4, 4, judged=True)


@pytest.mark.parametrize(("late", "judged"), [(["0", "0", "0"], False), (["0", "0", "0", "0"], True)])
def test_too_few_flights_are_not_judged(late: list[str], judged: bool) -> None:
    assert computed(week(0, *late)).values["on-time", ()][span(0)].judged is judged


GOOD, EQUAL, BAD, FEW = ["0"] * 4, ["0", "0", "0", "30"], ["0", "0", "30", "30"], ["30"]

# weeks, and the windows (raised, cleared) of the stretches in which the goal of 75 % is missed two weeks running
RUNS = [
    ([GOOD, BAD, GOOD, BAD], []),
    ([BAD, BAD], [(1, None)]),
    ([BAD, BAD, BAD, EQUAL], [(1, 3)]),
    ([BAD, FEW, BAD], []),
    ([BAD, None, BAD], []),
    ([BAD, BAD, FEW, BAD, GOOD], [(1, 4)]),
    ([BAD, BAD, None, GOOD, BAD, BAD], [(1, 3), (5, None)]),
]


@pytest.mark.parametrize(("weeks", "stretches"), RUNS)
def test_a_goal_is_missed_two_weeks_running(
    weeks: list[list[str] | None], stretches: list[tuple[int, int | None]]
) -> None:
    found = computed(*(week(number, *lates) for number, lates in enumerate(weeks) if lates is not None))
    wanted = {
        Episode("goal company", "on-time", (), span(raised), None if cleared is None else span(cleared))
        for raised, cleared in stretches
    }
    assert {episode for episode in found.episodes if episode.rule == "goal company"} == wanted
    assert found.issues.get(("on-time", ()), 0) == len(stretches)


def test_a_rule_judges_every_subject_by_itself() -> None:
    rows = [*week(0, *["21"] * 4), *(row._replace(carrier="DL", dep_delay="20") for row in week(0, *["21"] * 4))]
    episodes = computed(rows).episodes
    assert episodes == {Episode("late", "departure-delay", (("carrier", "UA"),), span(0), None)}


def test_attainment_is_over_summed_parts_of_weeks_that_begin_in_the_year() -> None:
    before = [flight(date(2013, 1, 2), index, late="60") for index in range(9)]  # in the week that begins in 2012
    found = computed(before, week(0, *GOOD), week(1, *BAD))
    assert found.attained == {"company": Attained(6, 8, is_met=True)}
    assert computed(before).attained == {"company": Attained(None, None, None)}
