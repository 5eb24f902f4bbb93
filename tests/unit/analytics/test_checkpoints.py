"""Judging on from checkpoints equals judging everything: bit by bit, in any order, with restated values and begun phases."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from services.analytics.domain import checkpoint
from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.begun_phase import BegunPhase
from services.analytics.domain.checkpoint import NEWEST
from services.analytics.domain.episode import Episode, episodes
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import Formula, Indicator, TumblingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_form import read_rule
from services.analytics.use_cases.judging import Judging
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window
from shared.runtime.identifiers import CountingIds
from tests.unit.analytics.examples import MONDAY, indicator, value, week
from tests.unit.analytics.stored import Stored, turn

MINUTES = indicator(formula=Formula("mean", measure="minutes"))
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "control_chart"},
    {"kind": "control_chart", "run_rules": ["WE4", "N3", {"rule": "N5", "line": 1.5}, "N8"], "reports": "worse"},
    {"kind": "ewma"},
    {"kind": "ewma", "limits": "asymptotic", "lambda": 0.5, "L": 1.5},
    {"kind": "cusum", "k": 0.25, "h": 3, "head_start": 1.5},
    {"kind": "cusum", "centre": 0.95, "sigma": 0.01},
)


def learning_rule(fields: dict[str, Any], shape: dict[str, Any] | None = None) -> Rule:
    own = fields if "centre" in fields else {"baseline_windows": 6, **fields}
    return replace(read_rule("steady", 1, {"indicator": "first-pass-yield", **own}), **(shape or {}))


def judged_whole(
    judged: Rule, values: Sequence[KpiValue], about: Indicator, phases: tuple[BegunPhase, ...] = ()
) -> list[Episode]:
    return episodes(judged, values, scene=Scene(about, DEFAULT_CALENDAR, phases))


def day(number: int) -> Window:
    """Nobody works on two of seven."""
    start = MONDAY + number * timedelta(days=1)
    return Window(start, start + timedelta(days=1))


def begun_phase(
    number: int, windows: int | None = None, excluded: Collection[int] = (), at: Callable[[int], Window] = week
) -> BegunPhase:
    return BegunPhase(at(number).start, windows, tuple(at(number + place).start for place in sorted(excluded)))


def standing(stored: Stored) -> list[Anomaly]:
    return sorted((one for one in stored.known.values() if one.state != "withdrawn"), key=lambda one: one.episode.first)


def single(number: int, figure: float, **changed: Any) -> KpiValue:
    return value(number, 0, **({"value": figure, "numerator": None, "denominator": None} | changed))


UPDATES = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 30),
            st.sampled_from([900, 930, 940, 945, 950, 955, 960, 970, 985, None, -1]),
        ),
        min_size=1,
        max_size=8,
    ),
    min_size=1,
    max_size=14,
)
PLANS = st.tuples(st.sampled_from([None, 5, 8]), st.sets(st.integers(0, 9), max_size=3))
"""Of a phase: how many windows set its limits, and which of those that follow its beginning do not."""
SHAPES = st.fixed_dictionaries(
    {"for_windows": st.integers(1, 3), "clear_after": st.integers(1, 3)},
    optional={
        "of": st.integers(2, 5),
        "cooldown": st.integers(1, 3),
        "minimum_sample": st.just(1000),
        "minimum_effect": st.sampled_from([0.01, 0.015]),
    },
)


@settings(deadline=None)
@given(
    batches=UPDATES,
    kind=st.sampled_from(KINDS),
    shape=SHAPES,
    phases=st.dictionaries(st.integers(0, 30), PLANS, max_size=2),
    counted=st.booleans(),
    daily=st.booleans(),
    anchor_every=st.sampled_from([3, 5]),
)
def test_judging_on_equals_judging_everything(
    batches: list[list[tuple[int, int | None]]],
    kind: dict[str, Any],
    shape: dict[str, Any],
    phases: dict[int, tuple[int | None, set[int]]],
    counted: bool,
    daily: bool,
    anchor_every: int,
) -> None:
    about, judged = (indicator() if counted else MINUTES), learning_rule(kind, shape)
    about, window_of = (replace(about, window=TumblingWindow("day")), day) if daily else (about, week)
    begun = tuple(begun_phase(number, *phases[number], window_of) for number in sorted(phases))
    stored, judging = Stored(), Judging(CountingIds().next)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checkpoint, "ANCHOR_EVERY", anchor_every)
        for number, batch in enumerate(batches):
            changed = {}
            for at, figure in batch:
                facts: dict[str, Any] = {"revision": number, "window": window_of(at)}
                if figure is None:
                    facts["value"] = None
                elif figure < 0:
                    facts["judgement"] = "insufficient"
                of = 999 if at == 4 else 1000
                made = value(at, abs(figure or 0), of, **facts)
                changed[made.window.start] = (
                    made if counted else structs.replace(made, numerator=None, denominator=None)
                )
            stored.held.update(changed)
            judging.changed(turn(stored, judged, about, phases=begun), about, list(changed.values()))

    values = [stored.held[at] for at in sorted(stored.held)]
    assert [one.episode for one in standing(stored)] == judged_whole(judged, values, about, begun)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [{}, {"for_windows": 2, "of": 3, "clear_after": 2}])
def test_a_new_window_reads_no_past(kind: dict[str, Any], shape: dict[str, Any]) -> None:
    judged = learning_rule(kind, shape)
    stored, judging = Stored(), Judging(CountingIds().next)
    for number in range(400):
        one = single(number, 0.95 + 0.001 * (-1) ** number + (-0.5 if number > 350 else 0))
        stored.held[one.window.start] = one
        stored.read = stored.checkpoints.read = 0
        judging.changed(turn(stored, judged, MINUTES), MINUTES, [one])
        assert stored.read <= max(12, judged.context)
        assert stored.checkpoints.read <= 1
    assert len(stored.checkpoints.held) == 3
    assert any(one.state == "open" for one in standing(stored))


def test_a_weekend_with_too_little_to_judge_is_no_window_before_the_next() -> None:
    """Found by the simulation, seed 1801819: the quiet Friday was forgotten, so that Monday did not end what went on until then."""
    cusum = {"kind": "cusum", "centre": 0.98, "sigma": 0.02, "k": 0.25, "h": 1, "reports": "worse"}
    judged = learning_rule(cusum, {"clear_after": 2})
    about = replace(MINUTES, window=TumblingWindow("day"))
    stored, judging = Stored(), Judging(CountingIds().next)
    for number, figure in ((2, 1.0), (3, 0.95), (4, 1.0), (6, 0.925), (7, 0.987)):
        judgement = "insufficient" if number == 6 else "judged"
        one = single(number, figure, window=day(number), judgement=judgement)
        stored.held[one.window.start] = one
        judging.changed(turn(stored, judged, about), about, [one])
    (anomaly,) = standing(stored)
    assert (anomaly.episode.raised, anomaly.episode.cleared) == (day(3), day(7))


def test_a_restatement_goes_back_to_an_anchor_and_an_early_one_to_the_beginning() -> None:
    judged = learning_rule({"kind": "cusum"})
    stored, judging = Stored(), Judging(CountingIds().next)
    everything = [single(number, 0.95 + 0.001 * (-1) ** number) for number in range(1000)]
    stored.held.update({one.window.start: one for one in everything})
    judging.whole(turn(stored, judged, MINUTES), MINUTES, [everything[0].key])
    for at, most in ((990, 250), (900, 250), (100, 1000)):
        restated = single(at, 0.96, revision=2)
        stored.held[restated.window.start] = restated
        stored.read = stored.checkpoints.read = 0
        judging.changed(turn(stored, judged, MINUTES), MINUTES, [restated])
        assert stored.read <= most
        assert stored.checkpoints.read == 3


def test_no_anchor_is_newer_than_the_newest() -> None:
    """The limits of a phase that has begun are still learned, so nothing newer than the anchor is kept."""
    judged = learning_rule({"kind": "ewma"})
    stored, judging = Stored(), Judging(CountingIds().next)
    everything = [single(number, 0.95 + 0.001 * (-1) ** number) for number in range(132)]

    def told(values: Sequence[KpiValue], phases: Sequence[int]) -> dict[int, datetime]:
        """Slot → until, of what is kept after these values."""
        stored.held.update({one.window.start: one for one in values})
        begun = tuple(begun_phase(number) for number in phases)
        judging.changed(turn(stored, judged, MINUTES, phases=begun), MINUTES, values)
        return {one.slot: one.until for one in stored.checkpoints.held.values()}

    assert told(everything[:100], []) == {NEWEST: week(99).start}
    assert told(everything[100:], [129]) == {NEWEST: week(127).start, 2: week(127).start}


def test_anchors_are_not_asked_for_while_limits_are_learned() -> None:
    """Until there are six values nothing is kept, and after that the newest is enough."""
    judged = learning_rule({"kind": "ewma"})
    stored, judging = Stored(), Judging(CountingIds().next)
    for number in range(12):
        one = single(number, 0.95 + 0.001 * (-1) ** number)
        stored.held[one.window.start] = one
        judging.changed(turn(stored, judged, MINUTES), MINUTES, [one])
    assert stored.checkpoints.asked == [(NEWEST,)] * 12


def test_what_another_version_of_a_rule_remembers_is_not_gone_on_from() -> None:
    judged = learning_rule({"kind": "ewma"})
    stored, judging = Stored(), Judging(CountingIds().next)
    everything = [single(number, 0.95 + 0.001 * (-1) ** number) for number in range(200)]
    stored.held.update({one.window.start: one for one in everything})
    judging.whole(turn(stored, judged, MINUTES), MINUTES, [everything[0].key])
    other = replace(judged, version=2)
    stored.read = 0
    judging.changed(turn(stored, other, MINUTES), MINUTES, everything[-1:])
    assert stored.read == 200
    assert {one.rule_version for one in stored.checkpoints.held.values()} == {2}
