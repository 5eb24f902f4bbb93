"""Versions with a date of effect against the plain rule: a window belongs to the newest version whose date is not after its start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.catalogue import DefinedVersion, Definition
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.dated_versions import (
    date_problems,
    indicator_of,
    keeps_series,
    phases_with_dates,
    version_behind,
)
from services.analytics.domain.effective_dates import as_of, changed_since, dates_of
from services.analytics.domain.errors import InvalidDefinition
from services.analytics.domain.indicator_form import indicator_body, read_indicator
from services.analytics.domain.partition_state import Coverage

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
BODY: dict[str, Any] = {
    "reading_type": "inspection",
    "formula": {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
    "by": ["line"],
    "window": {"kind": "tumbling", "every": "day"},
    "direction": "higher_is_better",
}


@dataclass(frozen=True)
class Change:
    """What somebody puts in force: a formula, from a day on or for all windows, under some title."""

    formula: int
    day: int | None
    title: int


CHANGES = st.lists(
    st.builds(Change, st.integers(0, 2), st.none() | st.integers(0, 6), st.integers(0, 1)), min_size=1, max_size=7
)


def body(change: Change) -> dict[str, Any]:
    date = {} if change.day is None else {"effective_from": (FIRST + timedelta(days=change.day)).isoformat()}
    formula = BODY["formula"] | {"where": {"product": [f"p{change.formula}"]}}
    return {**BODY, **date, "formula": formula, "title": {"en": f"title {change.title}"}}


def defined(changes: Sequence[Change]) -> list[Definition]:
    """Every version that they make, as the commands number them."""
    versions: list[Definition] = []
    for change in changes:
        read = read_indicator("yield", 1, body(change))
        number = len(versions) + 1
        keeps = bool(versions) and keeps_series(indicator_of(versions), read)
        computed_as = versions[-1].computed_as if keeps else number
        versions.append(Definition("indicator", "yield", number, computed_as, indicator_body(read)))
    return versions


def ruling(changes: Sequence[Change], day: int) -> Change | None:
    return next((change for change in reversed(changes) if change.day is None or change.day <= day), None)


@given(CHANGES, st.integers(-1, 8))
def test_a_window_is_computed_by_the_newest_version_that_counts_for_it(changes: list[Change], day: int) -> None:
    versions = defined(changes)
    start = FIRST + timedelta(days=day)
    found = as_of(indicator_of(versions), start)
    wanted = ruling(changes, day)
    if wanted is None:
        assert found.effective_from is not None
        assert start < found.effective_from
        return
    assert dict(found.formula.where) == {"product": (f"p{wanted.formula}",)}
    assert found.title == {"en": f"title {changes[-1].title}"}, "everything but formula and sample is what is said now"
    assert body(changes[found.formula_version - 1])["formula"] == body(wanted)["formula"]
    listed = [DefinedVersion(one, FIRST, "li") for one in versions]
    assert version_behind(listed, start).definition.body["formula"] == dict(body(wanted)["formula"])


@given(CHANGES, st.data())
def test_what_lies_before_the_first_change_is_computed_as_it_was(changes: list[Change], data: st.DataObject) -> None:
    versions = defined(changes)
    known = data.draw(st.integers(1, len(versions)))
    former, now = indicator_of(versions[:known]), indicator_of(versions)
    if former.version != now.version:
        assert former.computation < now.version, "another series begins anew"
        return
    since = changed_since(now, former.computation)
    if former.computation == now.computation:
        assert since is None
    for day in range(-1, 9):
        start = FIRST + timedelta(days=day)
        is_kept = former.computation == now.computation or (since is not None and start < since)
        if is_kept and ruling(changes[:known], day) is not None:  # else there was no value to keep
            assert ruling(changes, day) is not None
            assert as_of(former, start).formula == as_of(now, start).formula


@given(CHANGES)
def test_a_version_that_computes_nothing_otherwise_changes_no_computation(changes: list[Change]) -> None:
    renamed = Change(changes[-1].formula, changes[-1].day, 2)
    before, after = indicator_of(defined(changes)), indicator_of(defined([*changes, renamed]))
    assert (after.version, after.computation, dates_of(after)) == (before.version, before.computation, dates_of(before))


@given(CHANGES)
def test_without_a_date_the_newest_version_says_it_all(changes: list[Change]) -> None:
    versions = defined([*changes, Change(0, None, 0), Change(0, None, 1)])
    found = indicator_of(versions)
    assert indicator_of(versions[-1:]) == found
    assert (found.computation, found.formula_version, found.earlier) == (found.version, found.version, ())
    assert found.version < versions[-1].version, "another title alone computes nothing anew"


def test_a_date_changes_nothing_where_panes_are_before_it() -> None:
    versions = defined([Change(0, None, 0), Change(1, 3, 0)])
    now, date = indicator_of(versions), FIRST + timedelta(days=3)
    assert now.version == 1
    assert Coverage(1, 5, is_complete=True).changed_to(now, 9) == Coverage(2, 9, until=date)
    assert Coverage(1, 5, until=FIRST).changed_to(now, 9) == Coverage(2, 9, until=FIRST)
    assert Coverage(1, 5, until=date + timedelta(days=1)).changed_to(now, 9) == Coverage(2, 9, until=date)
    assert Coverage(1, 5).changed_to(now, 9) == Coverage(2, 9)
    afresh = indicator_of(defined([Change(0, None, 0), Change(1, None, 0)]))
    assert Coverage(1, 5, is_complete=True).changed_to(afresh, 9) == Coverage(2, 9)


def test_a_chart_begins_a_phase_at_a_date_unless_somebody_has() -> None:
    versions = defined([Change(0, None, 0), Change(1, 3, 0), Change(2, 5, 0)])
    listed = [DefinedVersion(one, FIRST + timedelta(hours=one.version), "person:li") for one in versions]
    day3, day5 = FIRST + timedelta(days=3), FIRST + timedelta(days=5)
    own = Rebase(day5, "new machine", "person:wang", 1, FIRST)
    found = phases_with_dates([own], indicator_of(versions), listed)
    dated = Rebase(day3, "computed by version 2 from here on", "person:li", 2, FIRST + timedelta(hours=2))
    assert found == [dated, own]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"reading_type": "audit"}, "/reading_type"),
        ({"formula": {"kind": "count"}}, "/formula/kind"),
        ({"by": []}, "/by"),
        ({"window": {"kind": "tumbling", "every": "week"}}, "/window"),
        ({"calendar": "plant"}, "/calendar"),
        ({"direction": "lower_is_better"}, "/direction"),
        ({"unit": "%"}, "/unit"),
        ({"window": {"kind": "rolling", "length": "P7D", "step": "P1D"}}, "/effective_from"),
    ],
)
def test_both_sides_of_a_date_are_one_series(change: dict[str, Any], pointer: str) -> None:
    former = read_indicator("yield", 1, BODY)
    dated = read_indicator("yield", 1, BODY | change | {"effective_from": FIRST.isoformat()})
    assert [problem.pointer for problem in date_problems(former, dated)] == [pointer]
    assert "leave effective_from out" in date_problems(former, dated)[0].detail
    undated = read_indicator("yield", 1, BODY | change)
    assert date_problems(former, undated) == []


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("2026-04-01T00:00:00", "names no time zone"),
        ("2026-04-01", "write for example 2026-04-01T00:00:00+08:00"),
        ("soon", "is not a time"),
        (20260401, "in quotation marks"),
        ("0001-01-01T00:00:00Z", "is not from 1900 to 2199"),
    ],
)
def test_a_date_that_cannot_be_read_is_named_with_the_remedy(value: Any, remedy: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_indicator("yield", 1, BODY | {"effective_from": value})
    [problem] = refused.value.errors
    assert problem.pointer == "/effective_from"
    assert remedy in problem.detail


def test_a_date_is_kept_in_utc() -> None:
    read = read_indicator("yield", 1, BODY | {"effective_from": "2026-04-01T00:00:00+08:00"})
    assert read.effective_from == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert indicator_body(read)["effective_from"] == "2026-03-31T16:00:00+00:00"
    assert read_indicator("yield", 1, indicator_body(read)) == read
