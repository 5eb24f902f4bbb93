"""Standard deviation and quantile, from readings to values, against exact figures in plain Python."""

import math
import random
import statistics
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.definitions_frame import definitions_frame
from services.analytics.domain.indicator import Formula, Indicator
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.pane import merge, partial, with_sketches, without_empty_sketches
from services.analytics.domain.sketch import RELATIVE_ERROR
from services.analytics.domain.value_frame import (
    PANES,
    VALUES,
    add,
    changed_values,
    to_kpi_values,
    touched,
    values_of_panes,
)
from tests.unit.analytics.examples import indicator

DAY = datetime(2026, 3, 2, tzinfo=UTC)
DEVIATION = indicator(formula=Formula("standard_deviation", measure="minutes"))
P90 = indicator(formula=Formula("quantile", measure="minutes", q=0.9))
MEAN = indicator(formula=Formula("mean", measure="minutes"))
NO_VALUES = pl.DataFrame(schema=VALUES)


def deltas(readings: list[float], one: Indicator) -> pl.DataFrame:
    assigned = pl.DataFrame(
        {
            "subject": ["{}"] * len(readings),
            "pane_start": [DAY] * len(readings),
            "pane_end": [DAY + timedelta(days=1)] * len(readings),
            "minutes": readings,
        },
        schema={
            "subject": pl.String,
            "pane_start": pl.Datetime("us", "UTC"),
            "pane_end": pl.Datetime("us", "UTC"),
            "minutes": pl.Float64,
        },
    )
    return partial(assigned, one)


def value(readings: list[float], one: Indicator, chance: random.Random) -> float | None:
    return kpi_value(readings, one, chance).value


def kpi_value(readings: list[float], one: Indicator, chance: random.Random) -> KpiValue:
    """Cut at random, some of it merged by stage one, some in a batch of stage two, the rest stored before it."""
    shuffled = chance.sample(readings, len(readings))
    places = sorted(chance.randint(0, len(readings)) for _ in range(3))
    parts = [
        deltas(shuffled[start:end], one) for start, end in zip([0, *places], [*places, len(readings)], strict=True)
    ]
    empty = pl.DataFrame(schema=PANES)
    before = add(empty, touched({0: [merge(parts[0], parts[1])]})).select(PANES.names())
    known = definitions_frame([one], {(0, one.name): None}, {})
    both = touched({0: parts[2:]})
    after = add(before, both) if both.height else add(empty, touched({0: [merge(parts[0], parts[1])]}))
    [found] = to_kpi_values(changed_values(values_of_panes(after, known), NO_VALUES))
    assert found.sample_size == len(readings)
    return found


@settings(deadline=None)
@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_a_mean_says_how_its_readings_scatter(readings: list[float], chance: random.Random) -> None:
    found = kpi_value(readings, MEAN, chance)
    if len(readings) == 1:
        assert (found.reading_deviation, found.reading_range) == (None, None)
    else:
        assert found.reading_deviation == pytest.approx(value(readings, DEVIATION, chance), rel=1e-9, abs=1e-12)
        assert found.reading_range == max(readings) - min(readings)
    others = kpi_value(readings, DEVIATION, chance)
    assert (others.reading_deviation, others.reading_range) == (None, None)


@settings(deadline=None)
@given(
    st.lists(st.floats(-1000, 1000), min_size=1, max_size=60),
    st.sampled_from([0.0, 1e6, 1e9]),
    st.randoms(use_true_random=False),
)
def test_a_standard_deviation_is_that_of_the_sample(
    readings: list[float], offset: float, chance: random.Random
) -> None:
    moved = [reading + offset for reading in readings]
    found = value(moved, DEVIATION, chance)
    if len(moved) == 1:
        assert found is None
    else:
        wanted = statistics.stdev([Fraction(reading) for reading in moved])
        assert found == pytest.approx(float(wanted), rel=1e-9, abs=max(1e-12, offset * 1e-14))


def test_a_standard_deviation_keeps_its_digits_far_from_zero() -> None:
    """Σx² and (Σx)² / n agree in every digit that a double has here."""
    readings = [1e9 + part for part in (0.001, 0.002, 0.003, 0.004)]
    assert value(readings, DEVIATION, random.Random(1)) == pytest.approx(statistics.stdev(readings), rel=1e-4)


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_a_quantile_is_within_its_error_whatever_was_merged(readings: list[float], chance: random.Random) -> None:
    wanted = sorted(readings)[math.ceil(Fraction("0.9") * len(readings)) - 1]
    assert value(readings, P90, chance) == pytest.approx(wanted, rel=RELATIVE_ERROR * (1 + 1e-9), abs=1e-300)


def test_deltas_without_sketches_travel_without_the_column() -> None:
    plain, sketched = deltas([1.0, 2.0], DEVIATION), deltas([1.0, 2.0], P90)
    assert "sketch" not in without_empty_sketches(plain).columns
    assert with_sketches(without_empty_sketches(plain)).equals(plain)
    assert without_empty_sketches(sketched).equals(sketched)
