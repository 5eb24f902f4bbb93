"""How much of the history of new indicators one transaction computes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.history import Portion, Readings, Span
from services.analytics.domain.indicator import Formula, TumblingWindow
from services.analytics.domain.partition_state import FoldMark, PartitionState
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.computing_history import History
from shared.calendars.calendar import DEFAULT_CALENDAR
from tests.unit.analytics.examples import MONDAY, indicator

_NAMES = ("units", "more-units", "even-more-units")
_INDICATORS = {
    name: indicator(name=name, formula=Formula("sum", measure="inspected"), window=TumblingWindow("day"))
    for name in _NAMES
}
_DAYS = 6
_FOLDED = PartitionState(readings_partitions=1, folds={0: FoldMark(reached=_DAYS, revision=1)})


class Kept:
    """One reading a day, kept in a block each."""

    def __init__(self) -> None:
        self.reads = 0

    def portion(self, _type: str, after: datetime | None, *, below: Mapping[int, int], count: int) -> Portion:
        assert below == {0: _DAYS}
        left = [moment for moment in self._moments() if after is None or moment >= after]
        return Portion(len(left), None) if len(left) <= count else Portion(count + 1, left[count])

    def readings(self, _type: str, span: Span, below: Mapping[int, int] | None) -> Iterator[Readings]:
        self.reads += 1
        for moment in self._moments():
            yield pl.DataFrame({"observed_at": [moment], "dimension.line": ["A"], "measure.inspected": [1.0]})

    def complete_after(self, _type: str) -> None:
        return None

    def _moments(self) -> list[datetime]:
        return [MONDAY + timedelta(days=day, hours=1) for day in range(_DAYS)]


class Written:
    """What was put in the place of panes, in each transaction."""

    def __init__(self) -> None:
        self.panes: list[tuple[str, datetime]] = []

    def replace(self, panes: Mapping[int, Sequence[pl.DataFrame]], _states: Any) -> None:
        self.panes += [row for part in panes[0] for row in part.select("indicator", "pane_start").iter_rows()]


def covering(kept: Kept, written: Written, bounds: Bounds) -> History:
    catalogue = Catalogue(1, _INDICATORS, {"default": DEFAULT_CALENDAR}, {}, {})
    turn: Any = SimpleNamespace(uow=SimpleNamespace(history=kept), catalogue=catalogue)
    evaluation: Any = written
    return History(evaluation, turn, bounds, lambda: 1)


def cover(history: History, state: PartitionState) -> tuple[PartitionState, bool]:
    return history.cover(0, history.notice(state))


def test_few_readings_are_read_once_for_all_new_indicators() -> None:
    kept, written = Kept(), Written()
    state, has_more = cover(covering(kept, written, Bounds()), _FOLDED)
    assert not has_more
    assert all(state.covers(one) for one in _INDICATORS.values())
    assert kept.reads == 1
    assert sorted(written.panes) == sorted(
        (name, MONDAY + timedelta(days=day)) for name in _NAMES for day in range(_DAYS)
    )


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_many_readings_are_read_a_portion_at_a_time_and_each_pane_is_computed_once(count: int) -> None:
    written, state, has_more = Written(), _FOLDED, True
    transactions = 0
    while has_more:
        before = len(written.panes)
        state, has_more = cover(covering(Kept(), written, Bounds(history=count)), state)
        assert len(written.panes) - before <= 2 * (count + 1)
        transactions += 1
    assert transactions > 1
    assert all(state.covers(one) for one in _INDICATORS.values())
    assert sorted(written.panes) == sorted(
        (name, MONDAY + timedelta(days=day)) for name in _NAMES for day in range(_DAYS)
    )


def test_nothing_is_computed_before_the_fold_knows_the_indicators() -> None:
    kept, written = Kept(), Written()
    unaware = PartitionState(readings_partitions=1, folds={0: FoldMark(reached=_DAYS, revision=0)})
    state, has_more = cover(covering(kept, written, Bounds()), unaware)
    assert (has_more, kept.reads, written.panes) == (False, 0, [])
    assert all(state.knows(one) for one in _INDICATORS.values())
