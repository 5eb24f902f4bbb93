"""Quantile sketches: the stated error against exact quantiles, and the same sketch however readings come together."""

import math
import random
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.sketch import MOST_BINS, RELATIVE_ERROR, merged, quantiles, relative_error, sketches

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0.001, 1000),
    st.integers(-50, 50).map(float),
    st.sampled_from([0.0, -0.0, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308]),
)
QUANTILES = st.sampled_from(["0.001", "0.05", "0.07", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99", "0.999"])
SMALLEST_NORMAL = 2.0**-1022


def sketched(readings: list[float], group: int = 0) -> pl.DataFrame:
    frame = pl.DataFrame({"group_name": [group] * len(readings), "x": readings}, schema_overrides={"x": pl.Float64})
    return sketches(frame, ["group_name"], "x")


def answer(sketch: pl.DataFrame, readings: list[float], q: str) -> float:
    rows = sketch.with_columns(
        pl.lit(float(q)).alias("q"), pl.lit(min(readings)).alias("minimum"), pl.lit(max(readings)).alias("maximum")
    )
    found: float = quantiles(rows)[0]
    return found


def exact(readings: list[float], q: str) -> float:
    """The smallest reading that at least the part q of the readings does not exceed."""
    return sorted(readings)[math.ceil(Fraction(q) * len(readings)) - 1]


def levels(sketch: pl.DataFrame) -> list[int]:
    return sketch["sketch"].struct.field("level").to_list()


def close(found: float, wanted: float, error: float) -> bool:
    if abs(wanted) < SMALLEST_NORMAL:
        return abs(found) < SMALLEST_NORMAL
    return math.isclose(found, wanted, rel_tol=0, abs_tol=abs(wanted) * error * (1 + 1e-9))


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=200), QUANTILES)
def test_a_quantile_is_within_the_stated_error_of_the_exact_one(readings: list[float], q: str) -> None:
    sketch = sketched(readings)
    assert levels(sketch) == [0]
    assert close(answer(sketch, readings, q), exact(readings, q), RELATIVE_ERROR)


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=80), st.randoms(use_true_random=False))
def test_any_order_and_any_grouping_gives_the_same_sketch(readings: list[float], chance: random.Random) -> None:
    whole = sketched(readings)
    shuffled = chance.sample(readings, len(readings))
    parts = [part for part in cut(shuffled, chance) if part]
    left = [sketched(part) for part in parts]
    while len(left) > 1:
        picked = [left.pop(chance.randrange(len(left))) for _ in range(chance.randint(2, min(3, len(left))))]
        left.append(merged(pl.concat(picked), ["group_name"]))
    assert left[0].equals(whole)


def cut(readings: list[float], chance: random.Random) -> list[list[float]]:
    places = sorted(chance.randint(0, len(readings)) for _ in range(3))
    return [readings[start:end] for start, end in zip([0, *places], [*places, len(readings)], strict=True)]


def test_a_sketch_is_bounded_and_says_what_that_costs() -> None:
    """Over 400 powers of ten and both signs there are more bins than a sketch may hold."""
    chance = random.Random(1)
    readings = [chance.choice((-1, 1)) * 10 ** chance.uniform(-200, 200) for _ in range(40_000)]
    whole = sketched(readings)
    [level] = levels(whole)
    assert level > 0
    assert whole["sketch"].struct.field("bins").list.len()[0] <= MOST_BINS
    for q in ("0.01", "0.3", "0.5", "0.8", "0.99"):
        assert close(answer(whole, readings, q), exact(readings, q), relative_error(level))
    fine, coarse = sketched(readings[:1000]), sketched(readings[1000:])
    assert levels(fine) == [0]
    assert merged(pl.concat([fine, coarse]), ["group_name"]).equals(whole)
    assert merged(pl.concat([coarse, fine]), ["group_name"]).equals(whole)


def test_groups_are_sketched_each_by_itself_and_a_group_without_a_sketch_has_no_quantile() -> None:
    both = pl.concat([sketched([1.0, 2.0, 3.0], group=1), sketched([10.0, 20.0], group=2)])
    again = merged(pl.concat([both, both]), ["group_name"]).sort("group_name")
    assert again["sketch"].struct.field("counts").to_list() == [[2, 2, 2], [2, 2]]
    empty = again.with_columns(pl.lit(None, dtype=again.schema["sketch"]).alias("sketch"))
    rows = pl.concat([again, empty]).with_columns(
        pl.lit(0.5).alias("q"), pl.lit(1.0).alias("minimum"), pl.lit(20.0).alias("maximum")
    )
    assert quantiles(rows).to_list() == [
        pytest.approx(2, rel=RELATIVE_ERROR),
        pytest.approx(10, rel=RELATIVE_ERROR),
        None,
        None,
    ]


@pytest.mark.parametrize(("level", "error"), [(0, 0.005), (1, 0.00999975), (2, 0.0199975)])
def test_each_level_doubles_the_error_about(level: int, error: float) -> None:
    assert relative_error(level) == pytest.approx(error, rel=1e-4)
