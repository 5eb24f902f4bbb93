"""Open panes: whatever is added, computed afresh, moved into rows and told, in any order, a pane is the sum of what came for it."""

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.open_panes import OpenPanes, completed, merged_parts, shore_of
from services.analytics.domain.value_frame import PANES, TOUCHED, series_of
from tests.unit.analytics.examples import week

_INDICATOR = "first-pass-yield"
Key = tuple[bytes, datetime]
Added = list[tuple[str, int, int]]
"""(Line, week, readings) each."""


def panes(added: Added) -> pl.DataFrame:
    """As a transaction adds them: each pane once."""
    once = {(line, at): count for line, at, count in added}
    rows = [
        {
            "indicator": _INDICATOR,
            "indicator_version": 1,
            "subject": f'{{"line":"{line}"}}',
            "pane_start": week(at).start,
            "pane_end": week(at).end,
            "count": count,
            "numerator": float(count),
            "denominator": 2.0 * count,
            "squares": 0.0,
            "minimum": None if count == 0 else float(count),
            "maximum": None if count == 0 else float(count),
            "sketch": None if count == 0 else {"level": 0, "bins": [count], "counts": [1]},
            "partition": 0,
            "series": series_of(_INDICATOR, 1, f'{{"line":"{line}"}}'),
        }
        for (line, at), count in once.items()
    ]
    return pl.DataFrame(rows, schema=TOUCHED, orient="row")


def counts(frame: pl.DataFrame) -> dict[Key, int]:
    keys = zip(frame["series"].to_list(), frame["pane_start"].to_list(), strict=True)
    return dict(zip(keys, frame["count"].to_list(), strict=True))


@dataclass
class World:
    """Open panes, the rows that they move into, and what there should be."""

    held: OpenPanes = field(default_factory=OpenPanes)
    rows: dict[Key, int] = field(default_factory=dict)
    wanted: dict[Key, int] = field(default_factory=dict)
    told: dict[Key, int] = field(default_factory=dict)

    def add(self, added: Added) -> None:
        new = panes(added)
        for key, count in counts(self.held.on_shore(new)).items():
            self.rows[key] = self.rows.get(key, 0) + count
        for key, count in counts(new).items():
            self.wanted[key] = self.wanted.get(key, 0) + count
        self.held = self.held.with_part(new)

    def compute_afresh(self, added: Added) -> None:
        new = panes(added)
        self.rows |= counts(self.held.on_shore(new))
        self.wanted |= counts(new)
        self.held = self.held.with_part(new, is_whole=True)

    def add_to_rows(self, added: Added) -> None:
        """As of an indicator that has come to need rows: what is held goes there first."""
        if self.held.rows:
            self.release(self.held.rows, None)
        for key, count in counts(panes(added)).items():
            self.rows[key] = self.rows.get(key, 0) + count
            self.wanted[key] = self.wanted.get(key, 0) + count
        self.held = self.held.with_rows(panes(added))

    def release(self, count: int, until: int | None) -> None:
        end = None if until is None else week(until).end
        first = self.held.first(count, end)
        due = [key for key in self.open() if end is None or week_end(key) <= end]
        assert first.height == min(count, len(due))
        assert end is None or first.filter(pl.col("pane_end") > end).is_empty()
        if not first.is_empty():
            self.rows |= counts(self.with_rows(first))
            self.held = self.held.beyond(shore_of(first))

    def tell(self, count: int) -> int:
        number, changed = self.held.untold(count)
        assert changed.height <= count
        self.told |= counts(self.with_rows(changed))
        self.held = self.held.told(number)
        return changed.height

    def with_rows(self, held: pl.DataFrame) -> pl.DataFrame:
        stored = [
            (series, start, start, count, float(count), 2.0 * count, 0.0, None, None, None)
            for (series, start), count in self.rows.items()
        ]
        there = pl.DataFrame(stored, schema=PANES, orient="row").join(held, on=["series", "pane_start"], how="semi")
        assert there.is_empty() or self.held.may_have_rows(held)
        return completed(held, there, partition=0, indicator=_INDICATOR, version=1)

    def open(self) -> dict[Key, int]:
        return counts(self.with_rows(merged_parts([part.panes for part in self.held.parts])))


def week_end(key: Key) -> datetime:
    return next(week(at).end for at in range(6) if week(at).start == key[1])


_ADDED = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=6)
_STEPS = st.one_of(
    st.tuples(st.just("add"), _ADDED),
    st.tuples(st.just("afresh"), _ADDED),
    st.tuples(st.just("rows"), _ADDED),
    st.tuples(st.just("release"), st.tuples(st.integers(1, 4), st.none() | st.integers(0, 5))),
    st.tuples(st.just("tell"), st.integers(1, 4)),
)


@given(st.lists(_STEPS, max_size=25))
def test_a_pane_is_the_sum_of_what_came_for_it_and_was_told_as_it_is(steps: list[tuple[str, object]]) -> None:
    world = World()
    for kind, facts in steps:
        match kind, facts:
            case "add", list(added):
                world.add(added)
            case "afresh", list(added):
                world.compute_afresh(added)
            case "rows", list(added):
                world.add_to_rows(added)
            case "release", (int(count), int() | None as until):
                world.release(count, until)
            case "tell", int(count):
                world.tell(count)
    opened = world.open()
    assert world.rows | opened == world.wanted
    while world.tell(3):
        pass
    assert not world.held.has_untold
    assert {key: world.told[key] for key in opened} == opened


@given(st.lists(_ADDED, min_size=20, max_size=25))
def test_parts_stay_few_and_nothing_is_lost_by_merging_them(added: list[Added]) -> None:
    world = World()
    for one in added:
        world.add(one)
        assert len(world.held.parts) <= 16
        assert [part.number for part in world.held.parts] == sorted({part.number for part in world.held.parts})
    assert world.open() == world.wanted
    sums = merged_parts([part.panes for part in world.held.parts])
    assert sums["numerator"].to_list() == [float(count) for count in sums["count"].to_list()]


def test_places_sort_as_the_bytes_of_series_do() -> None:
    world = World()
    world.add([(chr(ord("A") + at), 0, 1) for at in range(26)])
    first = world.held.first(26, None)
    assert first["series"].to_list() == sorted(first["series"].to_list())


def test_sketches_of_parts_are_merged() -> None:
    world = World()
    world.add([("A", 0, 3)])
    world.add([("A", 0, 4)])
    [sketch] = world.held.first(5, None)["sketch"].to_list()
    assert sketch == {"level": 0, "bins": [3, 4], "counts": [1, 1]}


def test_told_panes_are_told_again_only_when_asked() -> None:
    world = World()
    world.add([("A", 0, 3), ("B", 0, 3)])
    assert world.tell(9) == 2
    world.add([("B", 0, 1)])
    assert world.tell(9) == 1
    assert world.tell(9) == 0
    world.held = world.held.told(0)
    assert world.tell(9) == 2
