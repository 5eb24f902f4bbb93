"""Rules of kind `seasonal`: what is found, what is not said, and that judging on equals judging everything."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from services.analytics.domain import checkpoint
from services.analytics.domain.episode import episodes
from services.analytics.domain.false_alarms import expected_run_length
from services.analytics.domain.finding import Finding, Scene
from services.analytics.domain.indicator import Formula, RollingWindow, TumblingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.reason import reason
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_fit import misfits
from services.analytics.domain.rule_form import read_rule, rule_body
from services.analytics.domain.seasonal.state import SeasonalState
from services.analytics.use_cases.judging import Judging
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar
from shared.calendars.windows import Window
from shared.runtime.identifiers import CountingIds
from tests.unit.analytics.examples import MONDAY, indicator, value
from tests.unit.analytics.stored import Stored, turn

HOURLY = indicator(formula=Formula("mean", measure="minutes"), window=TumblingWindow("hour"))
HOUR = timedelta(hours=1)


def seasonal(**fields: Any) -> Rule:
    return read_rule("unusual", 1, {"indicator": "first-pass-yield", "kind": "seasonal", **fields})


def hour(number: int, figure: float | None, **changed: Any) -> KpiValue:
    start = MONDAY + number * HOUR
    facts: dict[str, Any] = {"value": figure, "numerator": None, "denominator": None}
    return value(0, 0, **(facts | {"window": Window(start, start + HOUR)} | changed))


def usual(count: int, seed: int = 1) -> list[float]:
    """A busy day and a quiet night, with noise."""
    noise = random.Random(seed)
    return [100 + 40 * math.sin(math.tau * number / 24) + noise.gauss(0, 3) for number in range(count)]


def found(judged: Rule, values: Sequence[KpiValue], calendar: Calendar = DEFAULT_CALENDAR) -> list[Finding | None]:
    return list(judged.condition.findings(values, Scene(HOURLY, calendar)))


def test_what_is_rare_at_its_hour_is_found_though_it_is_usual_at_another() -> None:
    figures = usual(1000)
    night = next(number for number in range(900, 1000) if number % 24 == 18)
    figures[night] = 140.0
    findings = found(seasonal(), [hour(number, figure) for number, figure in enumerate(figures)])
    spike = findings[night]
    assert spike is not None
    assert spike.side == "above"
    assert spike.limit == pytest.approx(60, abs=6)
    assert spike.size == pytest.approx(80, abs=6)
    assert spike.yardstick is not None
    assert spike.yardstick.statistic is not None
    assert spike.yardstick.statistic > 1000
    assert findings[:100] == [None] * 100


def test_a_quiet_series_alarms_no_more_than_stated() -> None:
    """In 40,000 windows once in a thousand would be 40; the restraint of the detector leaves fewer."""
    raised = 0
    for seed in range(20):
        values = [hour(number, figure) for number, figure in enumerate(usual(2000, seed))]
        raised += len(episodes(seasonal(), values, scene=Scene(HOURLY, DEFAULT_CALENDAR)))
    assert 0 < raised <= 40


def test_only_what_is_worse() -> None:
    figures = usual(1000)
    figures[900], figures[950] = 400.0, -200.0
    values = [hour(number, figure) for number, figure in enumerate(figures)]
    sides = [one.side for one in found(seasonal(reports="worse"), values) if one is not None and one.side is not None]
    assert "above" not in sides
    assert "below" in sides


def test_a_holiday_is_as_a_sunday() -> None:
    figures = [
        (20.0 if number // 24 % 7 == 6 else 100.0) + random.Random(number).gauss(0, 2) for number in range(24 * 7 * 12)
    ]
    holiday = 24 * 7 * 11 + 24 * 2
    figures[holiday : holiday + 24] = [20.0 + random.Random(number).gauss(0, 2) for number in range(24)]
    values = [hour(number, figure) for number, figure in enumerate(figures)]
    day = values[holiday].window.start.date()
    for calendar, expected in ((DEFAULT_CALENDAR, 100), (replace(DEFAULT_CALENDAR, holidays=frozenset({day})), 20)):
        findings = found(seasonal(), values, calendar)[holiday : holiday + 24]
        judged = [one.limit for one in findings if one is not None]
        assert judged
        assert judged == pytest.approx([expected] * len(judged), abs=8)


@settings(deadline=None, max_examples=20)
@given(week=st.integers(8, 10), weekend_day=st.sampled_from([5, 6]), noise_seed=st.integers(0, 1000))
def test_a_weekend_day_that_is_worked_instead_is_as_its_neighbour(week: int, weekend_day: int, noise_seed: int) -> None:
    """As in China, where some Saturdays are worked as Fridays and some Sundays as Mondays; each weekday has a level of its own."""
    noise = random.Random(noise_seed)
    levels = (100, 110, 120, 130, 140, 30, 20)
    first = 24 * (7 * week + weekend_day)
    figures = [levels[number // 24 % 7] + noise.gauss(0, 2) for number in range(first)]
    figures += [levels[{5: 4, 6: 0}[weekend_day]] + noise.gauss(0, 2) for _ in range(24)]
    values = [hour(number, figure) for number, figure in enumerate(figures)]
    worked = replace(DEFAULT_CALENDAR, working_days=frozenset({values[-1].window.start.date()}))

    def expected(calendar: Calendar) -> list[float]:
        return [one.limit for one in found(seasonal(), values, calendar)[first:] if one is not None]

    assert expected(worked) == pytest.approx([levels[{5: 4, 6: 0}[weekend_day]]] * len(expected(worked)), abs=8)
    assert len(expected(worked)) == 24
    # Unless the calendar says so, a day off is what is expected, and the work on it a surprise.
    assert found(seasonal(), values)[first] != found(seasonal(), values, worked)[first]


def test_a_saturday_that_is_worked_every_week_stays_a_saturday() -> None:
    levels = (100, 110, 120, 130, 140, 60, 20)
    noise = random.Random(5)
    figures = [levels[number // 24 % 7] + noise.gauss(0, 2) for number in range(24 * 7 * 9 - 24)]
    values = [hour(number, figure) for number, figure in enumerate(figures)]
    open_on_saturdays = {**DEFAULT_CALENDAR.working_hours, "saturday": DEFAULT_CALENDAR.working_hours["monday"]}
    named = replace(
        DEFAULT_CALENDAR,
        working_hours=open_on_saturdays,
        working_days=frozenset({values[-1].window.start.date()}),
    )
    expected = [one.limit for one in found(seasonal(), values, named)[-24:] if one is not None]
    assert expected == pytest.approx([60] * 24, abs=8)


def test_a_surprise_that_goes_on_is_one_anomaly_until_values_are_as_expected() -> None:
    figures = usual(1000)
    figures[900:906] = [figure + 150 for figure in figures[900:906]]
    values = [hour(number, figure) for number, figure in enumerate(figures)]
    raised = [
        one
        for one in episodes(seasonal(), values, scene=Scene(HOURLY, DEFAULT_CALENDAR))
        if one.first == values[900].window.start
    ]
    [episode] = raised
    assert episode.cleared is not None
    assert episode.cleared.start >= values[906].window.start


def test_the_sentence_says_what_is_usual_and_how_rare_the_value() -> None:
    figures = usual(1000)
    figures[930] = 300.0
    values = [hour(number, figure) for number, figure in enumerate(figures[:931])]
    scene = Scene(HOURLY, DEFAULT_CALENDAR)
    judged = seasonal()
    episode = episodes(judged, values, scene=scene)[-1]
    said = reason(episode, rule=judged, scene=scene, subject={"line": "A"}, language="en")
    assert "was unusually high in one hour: 300 (1 readings) in the hour of 2024-02-08 18:00; " in said
    assert "rarer than once in 1000 windows at its hour: usual " in said
    assert said.endswith("; away-from-season")
    assert "异常偏高" in reason(episode, rule=judged, scene=scene, subject={}, language="zh")


@settings(deadline=None, max_examples=25)
@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 300), st.sampled_from([0.0, 50, 300, None, -1])), min_size=1, max_size=6),
        min_size=1,
        max_size=6,
    ),
    shape=st.fixed_dictionaries({}, optional={"clear_after": st.integers(1, 3), "cooldown": st.just(5)}),
)
def test_judging_on_equals_judging_everything(
    batches: list[list[tuple[int, float | None]]], shape: dict[str, Any]
) -> None:
    judged = replace(seasonal(once_in=30), **shape)
    stored, judging = Stored(), Judging(CountingIds().next)
    figures = usual(300)
    present = [hour(number, figure) for number, figure in enumerate(figures) if number % 7]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checkpoint, "ANCHOR_EVERY", 40)
        for number, changed in enumerate(
            [present[:150], present[150:], *([_made(at, figure) for at, figure in batch] for batch in batches)]
        ):
            made = [structs.replace(one, revision=number) for one in changed]
            stored.held.update({one.window.start: one for one in made})
            judging.changed(turn(stored, judged, HOURLY), HOURLY, made)
    values = [stored.held[at] for at in sorted(stored.held)]
    standing = [one.episode for one in stored.known.values() if one.state != "withdrawn"]
    everything = episodes(judged, values, scene=Scene(HOURLY, DEFAULT_CALENDAR))
    assert sorted(standing, key=lambda one: one.first) == everything


def _made(at: int, figure: float | None) -> KpiValue:
    return hour(at, 1.0, judgement="insufficient") if figure == -1 else hour(at, figure)


@given(numbers=st.lists(st.floats(-1e6, 1e6), min_size=0, max_size=200))
@settings(deadline=None)
def test_a_packed_state_goes_on_exactly_as_it_would_have(numbers: list[float]) -> None:
    scene = Scene(HOURLY, DEFAULT_CALENDAR)
    memory = seasonal().condition.remember(scene, None)  # type: ignore[attr-defined]
    values = [hour(number, figure) for number, figure in enumerate(numbers)]
    list(memory.findings(values))
    packed = memory.kept()
    assert SeasonalState.unpacked(packed).packed() == packed
    again = seasonal().condition.remember(scene, packed)  # type: ignore[attr-defined]
    later = [hour(number + 200, figure) for number, figure in enumerate(numbers)]
    assert list(again.findings(later)) == list(memory.findings(later))


@pytest.mark.parametrize(
    ("window", "pointers"),
    [
        (TumblingWindow("hour"), []),
        (RollingWindow("PT24H", "PT1H", "hour", 24), []),
        (RollingWindow("PT1H", "PT5M", timedelta(minutes=5), 12), []),
        (TumblingWindow("shift"), ["/kind"]),
        (TumblingWindow("day"), ["/kind"]),
        (RollingWindow("P4W", "P1D", "day", 28), ["/kind"]),
    ],
)
def test_windows_that_tell_no_hours_apart_are_refused(window: Any, pointers: list[str]) -> None:
    problems = misfits(seasonal(), indicator(window=window))
    assert [problem.pointer for problem in problems] == pointers
    assert all("begin every hour or more often" in problem.detail for problem in problems)


def test_what_is_stored_is_the_same_rule_and_says_how_often_it_alarms() -> None:
    judged = seasonal(once_in=5000)
    assert read_rule("unusual", 1, rule_body(judged)) == judged
    assert expected_run_length(judged) == 5000
    assert expected_run_length(seasonal(reports="worse")) == 2000
