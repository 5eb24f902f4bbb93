"""Runs of days go on over weekends and holidays without data, and judging bit by bit equals judging everything there too."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.catalogue import make_catalogue
from services.analytics.domain.episode import Episode, episodes
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import TumblingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rules.change import ChangeFromPrevious
from services.analytics.use_cases.judging import Judging, Turn
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Window
from shared.runtime.identifiers import CountingIds
from tests.unit.analytics.examples import MONDAY, indicator, rule, value
from tests.unit.analytics.stored import Stored, turn

DAILY = indicator(window=TumblingWindow("day"))
FRIDAY_AND_MONDAY_OFF = Calendar("default", holidays=frozenset({date(2024, 1, 5), date(2024, 1, 8)}))
SCENE = Scene(DAILY, FRIDAY_AND_MONDAY_OFF)


def day(number: int) -> Window:
    start = MONDAY + timedelta(days=number)
    return Window(start, start + timedelta(days=1))


def daily(number: int, per_cent: float) -> KpiValue:
    """A negative figure is one of too small a sample."""
    judgement = "judged" if per_cent > 0 else "insufficient"
    return value(0, abs(per_cent) * 10, window=day(number), judgement=judgement)


def numbers(found: list[Episode]) -> list[tuple[int, int | None]]:
    def number(at: datetime) -> int:
        return (at - MONDAY).days

    return [(number(one.raised.start), None if one.cleared is None else number(one.cleared.start)) for one in found]


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        ({3: 94, 8: 94}, [(8, None)]),  # Thursday; Friday to Monday nobody works; Tuesday
        ({3: 94, 9: 94}, []),  # Tuesday is worked and has no value
        ({3: 94, 5: -94, 8: 94}, [(8, None)]),  # what little there is on a Saturday says nothing
        ({3: 94, 5: 96, 8: 94}, []),  # a Saturday that was worked counts
        ({3: 94, 5: 94}, [(5, None)]),
        ({2: 94, 3: -94, 8: 94}, []),  # a working day with too little ends the run
        ({2: 94, 3: 94, 8: 96}, [(3, 8)]),
    ],
)
def test_a_holiday_neither_breaks_a_run_nor_counts(
    figures: dict[int, float], wanted: list[tuple[int, int | None]]
) -> None:
    values = [daily(number, figure) for number, figure in figures.items()]
    assert numbers(episodes(rule(for_windows=2), values, scene=SCENE)) == wanted


def test_the_day_before_is_the_last_day_worked() -> None:
    judged = rule(condition=ChangeFromPrevious(0.1))
    values = [daily(3, 90), daily(6, -10), daily(8, 45)]
    assert numbers(episodes(judged, values, scene=SCENE)) == [(8, None)]


BATCHES = st.lists(
    st.lists(st.tuples(st.integers(0, 25), st.sampled_from([93, 94, 95, 97, -1])), min_size=1, max_size=4),
    min_size=1,
    max_size=12,
)
SHAPES = st.fixed_dictionaries(
    {"for_windows": st.integers(1, 3), "clear_after": st.integers(1, 3)},
    optional={"of": st.integers(2, 4), "condition": st.just(ChangeFromPrevious(0.015))},
)


def with_breaks(stored: Stored, judged: Any) -> Turn:
    calendars = {"default": FRIDAY_AND_MONDAY_OFF}
    catalogue = make_catalogue(revision=1, indicators=[DAILY], calendars=calendars, rules=[judged])
    return replace(turn(stored, judged), catalogue=catalogue)


@settings(deadline=None)
@given(batches=BATCHES, shape=SHAPES)
def test_judging_bit_by_bit_equals_judging_everything(
    batches: list[list[tuple[int, int]]], shape: dict[str, Any]
) -> None:
    judged = rule(**shape)
    stored, judging = Stored(), Judging(CountingIds().next)
    for batch in batches:
        changed = {day(at).start: daily(at, figure) for at, figure in batch}
        stored.held.update(changed)
        judging.changed(with_breaks(stored, judged), DAILY, list(changed.values()))

    everything = episodes(judged, [stored.held[at] for at in sorted(stored.held)], scene=SCENE)
    standing = [anomaly.episode for anomaly in stored.known.values() if anomaly.state != "withdrawn"]
    assert sorted(standing, key=lambda one: one.first) == everything
