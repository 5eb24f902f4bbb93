"""Run rules: the published vectors, and streaming equal to batch whatever comes."""

import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.judging import RuleSet, RunState, Signal, flagged_points, judge, judge_all, start
from services.analytics.domain.spc.panel import z_value, z_values
from services.analytics.domain.spc.rule_catalogue import NELSON, WESTERN_ELECTRIC, nelson, western_electric
from services.analytics.domain.spc.run_rules import Alternation, Avoiding, Beyond, Hugging, RunRule, Trend
from tests.unit.analytics.spc.published import Case, document, from_one

BY_NAME: dict[str, RunRule] = {rule.name: rule for rule in (*NELSON.values(), *WESTERN_ELECTRIC.values())}

ON_LINES = st.sampled_from([-3.5, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5])
ONE_SIDED_STEPS = st.sampled_from([0.5, 1.2, 1.3, 1.4, 2.2, 2.4])
SERIES = st.one_of(*(st.lists(values, max_size=60) for values in (ON_LINES, ONE_SIDED_STEPS, st.floats(-4, 4))))
LINES = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0])


@st.composite
def beyonds(draw: st.DrawFn) -> Beyond:
    window = draw(st.integers(1, 9))
    line = draw(LINES)
    return Beyond(
        "beyond",
        line=line,
        needed=draw(st.integers(1, window)),
        window=window,
        outer=draw(st.sampled_from([line + 1, math.inf])),
        side=draw(st.sampled_from(["both", "above", "below"])),
    )


RULES = st.one_of(
    beyonds(),
    st.builds(Trend, st.just("trend"), st.integers(2, 7)),
    st.builds(Alternation, st.just("alternation"), st.integers(3, 8)),
    st.builds(Hugging, st.just("hugging"), st.integers(1, 8), LINES),
    st.builds(Avoiding, st.just("avoiding"), st.integers(2, 8), LINES),
)
RULE_SETS = st.builds(RuleSet, st.lists(RULES, max_size=4, unique_by=lambda rule: rule.name).map(tuple), st.booleans())


def streamed(rules: RuleSet, values: list[float], z: list[float]) -> tuple[Signal, ...]:
    state = start(rules)
    signals: list[Signal] = []
    for value, distance in zip(values, z, strict=True):
        state, found = judge(rules, state, value=value, z=distance)
        signals.extend(found)
    return tuple(signals)


@pytest.mark.parametrize("vector", document("run_rule_vectors.json")["vectors"], ids=lambda vector: vector["id"])
def test_published_vector(vector: Case) -> None:
    rules = RuleSet((BY_NAME[vector["rule"]],))
    values = np.array(vector["values"], dtype=np.float64)
    centre, sigma = np.full(len(values), float(vector["centre"])), np.full(len(values), float(vector["sigma"]))
    z = z_values(values, centre=centre, sigma=sigma)
    signals = judge_all(rules, values, z)
    assert from_one(flagged_points(signals, vector["rule"])) == vector["flagged"]
    assert streamed(rules, values.tolist(), z.tolist()) == signals


@settings(deadline=None)
@given(rules=RULE_SETS, z=SERIES)
def test_point_by_point_says_what_the_whole_series_says(rules: RuleSet, z: list[float]) -> None:
    assert streamed(rules, z, z) == judge_all(rules, z, z)


@settings(deadline=None)
@given(z=SERIES, stretch=st.sampled_from([0.5, 2.0]))
def test_all_named_rules_agree_when_values_and_z_differ(z: list[float], stretch: float) -> None:
    """As with variable n: trends compare the values, zones the z."""
    rules = RuleSet(tuple(BY_NAME.values()))
    values = [place * 0.25 + stretch * distance for place, distance in enumerate(z)]
    assert streamed(rules, values, z) == judge_all(rules, values, z)


@settings(deadline=None)
@given(rules=RULE_SETS, z=SERIES, stop=st.integers(0, 60))
def test_a_state_survives_a_store(rules: RuleSet, z: list[float], stop: int) -> None:
    state = start(rules)
    signals: list[Signal] = []
    for place, distance in enumerate(z):
        if place == stop:
            state = msgspec.json.decode(msgspec.json.encode(state), type=RunState)
        state, found = judge(rules, state, value=distance, z=distance)
        signals.extend(found)
    assert tuple(signals) == judge_all(rules, z, z)


def test_memory_is_constant() -> None:
    rules = RuleSet(tuple(BY_NAME.values()))
    state, sizes = start(rules), set()
    for value in np.random.default_rng(1).normal(0.4, 1.2, 3000).tolist():
        state, _ = judge(rules, state, value=value, z=value)
        sizes.add(max(abs(part) for memory in state.memories for part in memory) < 1 << 15)
    assert sizes == {True}


@settings(deadline=None)
@given(z=SERIES)
def test_a_memory_reduced_has_the_same_future(z: list[float]) -> None:
    """What the run-length chain forgets never mattered."""
    for rule in (*BY_NAME.values(), Beyond("3of6", line=0.5, needed=3, window=6), Avoiding("4", points=4)):
        whole = reduced = (0, 0)
        last: float | None = None
        for value in z:
            rise = 0 if last is None else (value > last) - (value < last)
            whole, found = rule.step(whole, value, rise)
            reduced, found_reduced = rule.step(reduced, value, rise)
            assert bool(found) == bool(found_reduced)
            if found:
                break
            reduced, last = rule.reduced(reduced), value


def test_signals_name_the_points_concerned() -> None:
    z = [0.0, 2.3, 0.4, 2.2, -3.1]
    assert judge_all(nelson((1, 5)), z, z) == (Signal("N5", "above", (1, 3)), Signal("N1", "below", (4,)))


def test_published_run_lengths_count_from_the_first_point() -> None:
    z = [2.5, 2.5]
    assert judge_all(western_electric((2,)), z, z) == ()
    from_first = western_electric((2,), complete_windows=False)
    assert judge_all(from_first, z, z) == (Signal("WE2", "above", (0, 1)),)


def test_a_point_that_misses_a_line_by_rounding_lies_on_it() -> None:
    z = z_value(1.3, centre=1.0, sigma=0.1)
    assert z > 3
    assert judge_all(nelson((1,)), [1.3], [z]) == ()


def test_a_constant_series_shows_nothing() -> None:
    values = np.full(30, 0.1)
    z = z_values(values, centre=np.full(30, 0.1 + 1e-17), sigma=np.zeros(30))
    assert judge_all(nelson((1, 2, 3, 4, 5, 6, 8)), values, z) == ()


def test_any_departure_from_a_constant_series_is_beyond_every_line() -> None:
    assert z_value(0.2, centre=0.1, sigma=0.0) == math.inf
    assert judge_all(nelson((1,)), [0.0], [-math.inf]) == (Signal("N1", "below", (0,)),)


def test_an_interval_ends_at_its_outer_line() -> None:
    rules = RuleSet((Beyond("warned", line=2, outer=3),))
    z = [2.0, 2.5, 3.0, 3.5]
    assert flagged_points(judge_all(rules, z, z), "warned") == (1, 2)


def test_lengths_can_be_chosen() -> None:
    shorter = replace(NELSON[3], points=4)  # type: ignore[type-var]
    z = [1.0, 2.0, 3.0, 4.0]
    assert flagged_points(judge_all(RuleSet((shorter,)), z, z), "N3") == (3,)


@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        (lambda: Beyond("x", line=1, needed=3, window=2), "window"),
        (lambda: Beyond("x", line=1, needed=0, window=2), "needed"),
        (lambda: Beyond("x", line=-1), "line"),
        (lambda: Beyond("x", line=2, outer=2), "outer"),
        (lambda: Trend("x", points=1), "points"),
        (lambda: Alternation("x", points=2), "points"),
        (lambda: nelson((9,)), "numbers"),
        (lambda: RuleSet((NELSON[1], NELSON[1])), "rules"),
        (lambda: judge_all(nelson(), [0.0, math.nan], [0.0, 0.0]), "values/1"),
        (lambda: judge_all(nelson(), [0.0], [math.nan]), "z"),
        (lambda: judge_all(nelson(), [0.0], [0.0, 1.0]), "z"),
        (lambda: judge(nelson(), start(nelson()), value=math.nan, z=0.0), "value"),
    ],
)
def test_what_cannot_be_judged_is_named(wrong: object, argument: str) -> None:
    assert callable(wrong)
    with pytest.raises(InvalidStatisticsInput) as refused:
        wrong()
    assert refused.value.argument == argument
    assert refused.value.remedy
