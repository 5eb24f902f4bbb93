"""How many readings stand behind the steps of rolling and derived indicators, against a plain count."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.catalogue import make_catalogue
from services.analytics.domain.counted_windows import (
    ALWAYS,
    Era,
    as_held,
    as_values,
    by_steps,
    counts_apart,
    eras_of,
    held_steps,
    sources_of,
)
from services.analytics.domain.expected_windows import HELD
from services.analytics.domain.expression import parse
from services.analytics.domain.indicator import Formula, Indicator, RollingWindow, TumblingWindow
from services.analytics.domain.kpi_value import SeriesKey
from services.analytics.domain.value_frame import PANES, series_of
from shared.calendars.calendar import DEFAULT_CALENDAR
from tests.unit.analytics.examples import indicator, week

LEAVES = ("a", "b", "c")
SUBJECTS = ('{"line":"A"}', '{"line":"B"}')
Counts = Mapping[tuple[str, str, int], int]
"""Leaf, subject and week → readings."""


def derived(name: str, text: str) -> Indicator:
    return indicator(name=name, reading_type="", formula=Formula("derived", expression=parse(text)))


def panes_of(counts: Counts) -> pl.DataFrame:
    rows = [
        (series_of(leaf, 1, subject), week(at).start, week(at).end, count, 1.0, 0.0, 0.0, None, None, None)
        for (leaf, subject, at), count in counts.items()
    ]
    return pl.DataFrame(rows, schema=PANES, orient="row")


@given(
    counts=st.dictionaries(
        st.tuples(st.sampled_from(LEAVES), st.sampled_from(SUBJECTS), st.integers(0, 5)), st.integers(0, 4)
    ),
    leaves=st.lists(st.sampled_from(LEAVES), min_size=1, unique=True),
    later=st.lists(st.sampled_from(LEAVES), min_size=1, unique=True),
    date=st.integers(0, 6),
)
def test_a_step_has_as_many_readings_as_the_least_of_what_it_is_computed_from(
    counts: Counts, leaves: list[str], later: list[str], date: int
) -> None:
    """From a date of effect on that may be something else."""
    wanted: dict[str, list[tuple[int, int]]] = {}
    for subject in SUBJECTS:
        for at in range(6):
            each = [counts.get((leaf, subject, at), 0) for leaf in (leaves if at < date else later)]
            if any(each):
                wanted.setdefault(subject, []).append((at, min(each)))

    keys = {
        series_of("d", 1, subject): SeriesKey(series_of("d", 1, subject), "d", 1, subject, 0) for subject in SUBJECTS
    }
    sources = sources_of(
        {series: key.subject for series, key in keys.items()}, [indicator(name=leaf) for leaf in LEAVES]
    )
    eras = [
        Era(ALWAYS.start, week(date).start, tuple(leaves)),
        Era(week(date).start, ALWAYS.end, tuple(later)),
    ]
    steps = held_steps(panes_of(counts), sources, eras)
    found = {
        keys[series].subject: [
            ((one.window.start - week(0).start) // timedelta(weeks=1), one.sample_size) for one in values
        ]
        for series, values in as_values(steps, keys).items()
    }
    assert found == wanted
    assert as_held(steps).schema == HELD


def test_what_is_computed_from_what_is_derived_rests_on_readings_in_the_end() -> None:
    known = [indicator(name=leaf) for leaf in LEAVES]
    twice, both, all_of_them = derived("twice", "a * 2"), derived("both", "twice + b"), derived("all", "both + a + c")
    catalogue = make_catalogue(
        revision=1, indicators=[*known, twice, both, all_of_them], calendars={"default": DEFAULT_CALENDAR}, rules=[]
    )
    assert [leaf.name for leaf in catalogue.leaves_of(all_of_them)] == ["a", "b", "c"]
    assert catalogue.leaves_of(known[0]) == (known[0],)
    assert eras_of(catalogue, all_of_them) == [Era(ALWAYS.start, ALWAYS.end, ("a", "b", "c"))]


def test_a_date_of_effect_parts_what_is_expected() -> None:
    known = [indicator(name=leaf) for leaf in LEAVES]
    at_first = replace(derived("sum", "a + b"), effective_from=None)
    dated = replace(derived("sum", "a + c"), effective_from=week(3).start, earlier=(at_first,))
    above = derived("above", "sum * 2")
    catalogue = make_catalogue(
        revision=1, indicators=[*known, dated, above], calendars={"default": DEFAULT_CALENDAR}, rules=[]
    )
    parted = [Era(ALWAYS.start, week(3).start, ("a", "b")), Era(week(3).start, ALWAYS.end, ("a", "c"))]
    assert eras_of(catalogue, dated) == eras_of(catalogue, above) == parted
    assert {leaf.name for leaf in catalogue.leaves_of(above)} == {"a", "b", "c"}
    only_later = replace(dated, earlier=())
    assert eras_of(replace(catalogue, indicators={**catalogue.indicators, "sum": only_later}), only_later) == parted[1:]


@pytest.mark.parametrize(
    ("window", "steps"),
    [
        (RollingWindow("P4W", "P1D", "day", 28), TumblingWindow("day")),
        (
            RollingWindow("PT1H", "PT5M", timedelta(minutes=5), 12),
            RollingWindow("PT5M", "PT5M", timedelta(minutes=5), 1),
        ),
        (TumblingWindow("week"), TumblingWindow("week")),
    ],
)
def test_steps_are_windows_of_their_own(
    window: TumblingWindow | RollingWindow, steps: TumblingWindow | RollingWindow
) -> None:
    about = indicator(window=window)
    assert by_steps(about).window == steps
    assert counts_apart(about) == isinstance(window, RollingWindow)
