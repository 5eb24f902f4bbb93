"""A rule that is tried finds what it raises when it judges, and two rules differ by what shares no window."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.anomaly import Anomaly, Judged
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.change import ChangeFromPrevious
from services.analytics.domain.trial import MONTH, Found, Within, a_month, beside, would_raise
from services.analytics.use_cases.judging import Judging
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window
from shared.runtime.identifiers import CountingIds
from tests.unit.analytics.examples import NOW, indicator, key, rule, value, week
from tests.unit.analytics.stored import Stored, turn

SUBJECT = {"line": "A"}


def tried(judged: Rule, values: list[KpiValue], since: int | None = None, until: int | None = None) -> list[Anomaly]:
    within = Within(_start(since), _start(until))
    return would_raise(Judged(judged, indicator(), DEFAULT_CALENDAR, key(), SUBJECT, NOW), values, within)


def _start(number: int | None) -> datetime | None:
    return None if number is None else week(number).start


def weeks(*yields: float) -> list[KpiValue]:
    return [value(number, percent * 10) for number, percent in enumerate(yields)]


def raised_in(found: list[Anomaly]) -> list[datetime]:
    return [anomaly.episode.raised.start for anomaly in found]


SHAPES = st.fixed_dictionaries(
    {"for_windows": st.integers(1, 3), "clear_after": st.integers(1, 2)},
    optional={
        "of": st.integers(3, 4),
        "cooldown": st.integers(1, 3),
        "minimum_effect": st.just(0.01),
        "condition": st.just(ChangeFromPrevious(0.015)),
        "subject": st.sampled_from([{"line": "A"}, {"line": "B"}]),
    },
)


@settings(deadline=None)
@given(yields=st.lists(st.sampled_from([93, 94, 95, 97]), max_size=20), shape=SHAPES, until=st.integers(0, 20))
def test_trying_equals_judging_what_there_was_until_then(
    yields: list[float], shape: dict[str, Any], until: int
) -> None:
    judged, values = rule(opens_issue=True, **shape), weeks(*yields)
    stored = Stored(held={one.window.start: one for one in values[:until]})
    Judging(CountingIds().next).whole(turn(stored, judged), indicator(), [key()])
    nameless = [_without_name(anomaly) for anomaly in stored.known.values()]
    assert [_without_name(anomaly) for anomaly in tried(judged, values, until=until)] == nameless


def _without_name(anomaly: Anomaly) -> Any:
    return anomaly.episode, anomaly.state, anomaly.reasons, anomaly.severity, anomaly.opens_issue, anomaly.rule_version


def test_only_what_is_raised_within_counts_and_what_lies_before_bears_on_it() -> None:
    judged, values = rule(for_windows=2), weeks(94, 94, 96, 94, 94, 96)
    assert raised_in(tried(judged, values)) == [week(1).start, week(4).start]
    assert raised_in(tried(judged, values, since=1)) == [week(1).start, week(4).start]
    assert raised_in(tried(judged, values, since=2)) == [week(4).start]
    [first] = tried(judged, values, until=2)
    assert first.state == "open"
    assert tried(judged, values, since=2, until=4) == []


# what the tried rule finds, what the other finds: yields that miss → counts of only tried, both, only other
DIFFERENCES: list[tuple[dict[str, Any], dict[str, Any], tuple[int, int, int]]] = [
    ({}, {}, (0, 2, 0)),
    ({"for_windows": 2}, {}, (0, 1, 1)),
    ({}, {"for_windows": 2}, (1, 1, 0)),
    ({"subject": {"line": "B"}}, {}, (0, 0, 2)),
    ({"clear_after": 3}, {}, (0, 1, 0)),  # one long anomaly shares windows with both of the other's
    ({}, {"clear_after": 3}, (0, 2, 0)),
    ({"comparator": "<="}, {}, (2, 0, 2)),  # what lies above is not what lies below
]


@pytest.mark.parametrize(("this", "other", "wanted"), DIFFERENCES)
def test_differences(this: dict[str, Any], other: dict[str, Any], wanted: tuple[int, int, int]) -> None:
    values = weeks(94, 96, 94, 94, 96)
    mine, theirs = tried(rule(**this), values), tried(rule(**other), values)
    shared = [found.is_shared for found in beside(mine, theirs)]
    missed = [found for found in beside(theirs, mine) if not found.is_shared]
    assert (shared.count(False), shared.count(True), len(missed)) == wanted


@given(
    mine=st.lists(st.sampled_from([93, 94, 96]), max_size=16),
    theirs=st.lists(st.sampled_from([93, 94, 96]), max_size=16),
)
def test_differences_agree_with_comparing_each_with_each(mine: list[float], theirs: list[float]) -> None:
    this, other = tried(rule(), weeks(*mine)), tried(rule(), weeks(*theirs))
    assert beside(this, other) == [
        Found(one, any(one.episode.overlaps(near.episode) for near in other)) for one in this
    ]


def test_a_span_is_cut_and_rates_are_by_its_length() -> None:
    span = Window(week(0).start, week(0).start + 2 * MONTH)
    assert a_month(3, span) == 1.5
    assert a_month(3, None) is None
    later = Within(since=week(0).start + MONTH)
    assert later.cut(span) == Window(week(0).start + MONTH, span.end)
    assert Within(until=week(0).start).cut(span) is None
    assert Within(until=span.start + timedelta(days=1)).cut(span) == Window(span.start, span.start + timedelta(days=1))
