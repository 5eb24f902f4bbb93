"""Stage two on both databases: deltas in any order and any cut, repeats, crashes, lost partitions, timers."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Table

from services.analytics.adapters.evaluate_tables import KPI_VALUES, OPEN_PANES, PANES
from services.analytics.adapters.open_pane_store import OpenPaneMemory
from services.analytics.adapters.partition_store import revisions
from services.analytics.adapters.reader import SqlReaders
from services.analytics.adapters.tables import DELIVERY
from services.analytics.adapters.units_of_work import SqlChartUnitOfWork, SqlDefinitionUnitOfWork, SqlEvaluateUnitOfWork
from services.analytics.domain.anomaly import Change
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.history import PANE_KEYS, no_panes
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.pane import DELTAS, empty_deltas
from services.analytics.domain.watermark import PartitionMarks, SourceMark
from services.analytics.ports.charting import ChartedSeries
from services.analytics.ports.evaluating import Fence
from services.analytics.ports.reading import AnomalyFilter, ValueFilter
from services.analytics.use_cases import closing_windows
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.close_quiet_windows import CloseQuietWindows, Quiet
from services.analytics.use_cases.current_catalogue import CurrentCatalogue
from services.analytics.use_cases.define_indicator import DefineIndicator
from services.analytics.use_cases.define_rule import DefineRule
from services.analytics.use_cases.defining import Define
from services.analytics.use_cases.evaluate_panes import ApplyDeltas, EvaluatePanes
from services.analytics.use_cases.judging import Judging, Turn
from shared.database.engine import Database
from shared.database.migrations import Migrations
from shared.eventlog.port import LostPartition
from shared.runtime.identifiers import CountingIds
from shared.runtime.progress import Delivery
from tests.service.analytics.definitions import BELOW_95, YIELD
from tests.unit.analytics.examples import NOW, week

FOLDED_BY = 99
"""A revision of the definitions that none of these tests reaches."""


class Crash(Exception):
    """Raised where a test wants it."""


@dataclass
class StageTwo:
    """Stage two of one process, on one partition."""

    database: Database
    ids: CountingIds
    bounds: Bounds = field(default_factory=lambda: Bounds(together_every=timedelta(0)))
    """Windows that are due are closed by the next record, however long they have passed."""
    revision: int = 0
    crashes: bool = False
    memory: OpenPaneMemory = field(default_factory=OpenPaneMemory)
    judging: type[Judging] = Judging

    def unit(self) -> SqlEvaluateUnitOfWork:
        unit = SqlEvaluateUnitOfWork(self.database, self.ids, self.memory)
        if self.crashes:
            unit.commit = self._crash  # type: ignore[method-assign]  # this one unit breaks on purpose
        return unit

    def _crash(self) -> None:
        raise Crash

    def define(self) -> None:
        self.define_indicator("first-pass-yield", YIELD)
        self.define_rule("yield-below-95", BELOW_95)

    def define_rule(self, name: str, body: Mapping[str, Any]) -> None:
        DefineRule(self.definition_unit)(Define(name, body, "tester", NOW))

    def define_indicator(self, name: str, body: Mapping[str, Any]) -> None:
        DefineIndicator(self.definition_unit)(Define(name, body, "tester", NOW))

    def definition_unit(self) -> SqlDefinitionUnitOfWork:
        return SqlDefinitionUnitOfWork(self.database, self.ids)

    def apply(self, commands: Sequence[ApplyDeltas], now: datetime = NOW) -> None:
        evaluate = EvaluatePanes(
            self.unit, "test", self.judging(self.ids.next), self.bounds, CurrentCatalogue(), lambda: 1
        )
        evaluate(commands, [], fences=[Fence(0, self.revision)], now=now)
        self.revision += 1

    def tick(self, now: datetime = NOW) -> Quiet:
        close = CloseQuietWindows(self.unit, self.judging(self.ids.next), self.bounds, CurrentCatalogue(), lambda: 1)
        quiet = close(Fence(0, self.revision), now)
        self.revision += quiet.has_written
        return quiet

    def read_again(self) -> None:
        self.memory.forget([0])
        self.revision = revisions(self.database, [0])[0]

    def derived(self) -> list[tuple[float | None, str, int]]:
        """(value, status, revision) of the indicator `squared`."""
        with SqlReaders(self.database)() as reader:
            found = reader.values(ValueFilter("squared", 1), after=None, limit=1000)
        return [(value.value, value.status, value.revision) for value in found]

    def values(self) -> list[tuple[str, int, float | None, int, bool]]:
        """(subject, week, numerator, sample size, whether final)."""
        with SqlReaders(self.database)() as reader:
            found = reader.values(ValueFilter("first-pass-yield", 1), after=None, limit=1000)
        return sorted(
            (
                value.key.subject,
                (value.window.start - week(0).start).days // 7,
                value.numerator,
                value.sample_size,
                value.status != "provisional",
            )
            for value in found
        )

    def episodes(self) -> list[tuple[str, datetime, datetime | None]]:
        with SqlReaders(self.database)() as reader:
            found = reader.anomalies(AnomalyFilter(), after=None, limit=1000)
        return sorted(
            (one.key.subject, one.episode.raised.start, one.episode.cleared.start if one.episode.cleared else None)
            for one in found
        )

    def outbox(self) -> int:
        return self.count_rows(DELIVERY.outbox)

    def count_rows(self, table: Table) -> int:
        with self.database.reading() as connection:
            return len(connection.execute(table.select()).all())


@pytest.fixture
def stage_two(database: Database) -> StageTwo:
    Migrations(database, "services.analytics.migrations").upgrade()
    stage = StageTwo(database, CountingIds())
    stage.define()
    stage.read_again()
    stage.apply(
        [ApplyDeltas(0, None, empty_deltas(), no_panes(), [PartitionMarks(0, at_end=True, revision=FOLDED_BY)])]
    )
    return stage


def record(number: int, rows: Sequence[tuple[str, int, float]], until: datetime, *, at_end: bool = True) -> ApplyDeltas:
    """One numbered record: (line, week, passed of 1000) each, and how far the source has come."""
    frame = pl.DataFrame(
        [
            ("first-pass-yield", 1, f'{{"line":"{line}"}}', *week(at), 1, passed, 1000.0, 0.0, None, None, None)
            for line, at, passed in rows
        ],
        schema=DELTAS,
        orient="row",
    )
    marks = PartitionMarks(0, at_end, (SourceMark("inspection", "mes-7", until, NOW),), revision=FOLDED_BY)
    return ApplyDeltas(0, Delivery("analytics", "pane-deltas", 0, number), frame, no_panes(), [marks])


def history(seed: int) -> list[tuple[str, int, float]]:
    chance = random.Random(seed)
    return [
        (line, at, float(chance.choice((930, 940, 950, 970))))
        for line in "AB"
        for at in range(8)
        for _ in range(chance.randint(0, 2))
    ]


def summed(rows: Sequence[tuple[str, int, float]]) -> dict[tuple[str, int], tuple[float, int]]:
    """Line and week → passed, and readings."""
    sums: dict[tuple[str, int], tuple[float, int]] = {}
    for line, at, passed in rows:
        total, count = sums.get((line, at), (0.0, 0))
        sums[line, at] = (total + passed, count + 1)
    return sums


END = week(8).start + timedelta(days=3)
DAY = timedelta(days=1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("bounds", [Bounds(together_every=timedelta(0)), Bounds()], ids=["at-once", "together"])
def test_any_order_and_any_cut_gives_the_same(stage_two: StageTwo, seed: int, bounds: Bounds) -> None:
    """However windows long past are closed, each by the next record or those of two seconds together."""
    rows, stage_two.bounds = history(1), bounds
    chance = random.Random(seed)
    chance.shuffle(rows)
    number, now = 0, NOW
    while rows:
        number += 1
        cut = chance.randint(1, 4)
        until = END if len(rows) <= cut else week(chance.randint(0, 8)).start
        stage_two.apply([record(number, rows[:cut], until)], now)
        rows = rows[cut:]
        now += timedelta(seconds=chance.choice((-1, 0, 1, 2)))
    while stage_two.tick(now).has_more:
        pass
    sums = summed(history(1))
    wanted = [(f'{{"line":"{line}"}}', at, total, count, True) for (line, at), (total, count) in sums.items()]
    assert stage_two.values() == sorted(wanted)
    assert expected_episodes(sums), "the example should have episodes"
    assert stage_two.episodes() == expected_episodes(sums)


def expected_episodes(sums: dict[tuple[str, int], tuple[float, int]]) -> list[tuple[str, datetime, datetime | None]]:
    found: list[tuple[str, datetime, datetime | None]] = []
    for line in "AB":
        run, raised = 0, None
        for at in range(8):
            total, count = sums.get((line, at), (0.0, 0))
            run = run + 1 if count and total * 100 < 95 * 1000 * count else 0
            if raised is None and run == 2:
                raised = at
            elif raised is not None and count and run == 0:
                found.append((f'{{"line":"{line}"}}', week(raised).start, week(at).start))
                raised = None
        if raised is not None:
            found.append((f'{{"line":"{line}"}}', week(raised).start, None))
    return sorted(found, key=lambda one: (one[0], one[1]))


def test_a_repeated_record_counts_once(stage_two: StageTwo) -> None:
    first, second = record(1, [("A", 0, 900)], week(0).end), record(2, [("A", 0, 900)], END)
    stage_two.apply([first])
    stage_two.apply([first, second])
    stage_two.apply([second])
    assert stage_two.values() == [('{"line":"A"}', 0, 1800.0, 2, True)]


def test_a_crash_before_the_commit_leaves_nothing_behind(stage_two: StageTwo) -> None:
    commands = [record(1, [("A", 0, 900), ("A", 1, 900)], END)]
    before = stage_two.outbox()
    stage_two.crashes = True
    with pytest.raises(Crash):
        stage_two.apply(commands)
    assert (stage_two.values(), stage_two.episodes(), stage_two.outbox()) == ([], [], before)
    stage_two.crashes = False
    stage_two.read_again()
    stage_two.apply(commands)
    assert len(stage_two.values()) == 2
    assert len(stage_two.episodes()) == 1


def test_a_paused_process_can_neither_evaluate_nor_tick(stage_two: StageTwo) -> None:
    paused = StageTwo(stage_two.database, CountingIds("paused"), revision=stage_two.revision)
    stage_two.apply([record(1, [("A", 0, 900)], END)])
    with pytest.raises(LostPartition):
        paused.apply([record(1, [("A", 0, 900)], END)])
    with pytest.raises(LostPartition):
        paused.tick()
    assert stage_two.values() == [('{"line":"A"}', 0, 900.0, 1, True)]


def test_idle_sources_close_windows_by_the_clock_a_bounded_number_at_a_time(stage_two: StageTwo) -> None:
    stage_two.bounds = Bounds(values=2)
    rows = [(line, 0, 900.0) for line in "ABCDE"]
    stage_two.apply([record(1, rows, week(0).start)])
    assert not any(final for *_, final in stage_two.values())
    quiet = stage_two.tick(NOW)
    assert (quiet.outlook.due_at, quiet.has_more) == (NOW + stage_two.bounds.provisional_every, False)
    quiet = stage_two.tick(NOW + stage_two.bounds.provisional_every)
    assert quiet.has_more
    while stage_two.tick(NOW + stage_two.bounds.provisional_every).has_more:
        pass
    assert not any(final for *_, final in stage_two.values())
    idle = NOW + timedelta(hours=1)
    ticks = 1
    while stage_two.tick(idle).has_more:
        ticks += 1
    assert ticks == 3
    assert all(final for *_, final in stage_two.values())
    assert stage_two.tick(idle).outlook.due_at is None


def test_nothing_due_writes_nothing(stage_two: StageTwo) -> None:
    stage_two.apply([record(1, [("A", 0, 900)], END)])
    stage_two.tick()
    before = stage_two.revision
    assert not stage_two.tick().has_written
    stage_two.read_again()
    assert stage_two.revision == before


SQUARED = {
    "formula": {"kind": "derived", "expression": "first-pass-yield * first-pass-yield"},
    "by": ["line"],
    "window": {"kind": "tumbling", "every": "week"},
    "direction": "higher_is_better",
}


def told(number: int) -> ApplyDeltas:
    """One numbered record that says that the parts of `squared` have changed in the first week."""
    windows = pl.DataFrame([("squared", 1, '{"line":"A"}', *week(0))], schema=PANE_KEYS, orient="row")
    delivery = Delivery("analytics", "pane-deltas", 0, number)
    return ApplyDeltas(0, delivery, empty_deltas(), no_panes(), None, derive=windows)


def test_a_derived_value_follows_its_parts_however_often_it_is_told(stage_two: StageTwo) -> None:
    stage_two.define_indicator("squared", SQUARED)
    stage_two.apply([record(1, [("A", 0, 900)], END)])
    assert stage_two.derived() == []
    stage_two.apply([told(2)])
    assert stage_two.derived() == [(0.81, "final", 1)]
    published = stage_two.outbox()
    stage_two.apply([told(2), told(3)])
    assert (stage_two.derived(), stage_two.outbox()) == ([(0.81, "final", 1)], published)
    stage_two.apply([record(4, [("A", 0, 700)], END), told(5)])
    assert stage_two.derived() == [(float(Fraction(8, 10) ** 2), "restated", 2)]


def test_the_history_of_a_derived_indicator_is_computed_piece_by_piece(stage_two: StageTwo) -> None:
    stage_two.bounds = Bounds(judged_anew=1)
    stage_two.apply([record(1, [(line, at, 900) for line in "ABC" for at in range(3)], END)])
    stage_two.define_indicator("squared", SQUARED)
    pieces = 0
    while stage_two.tick().has_more:
        pieces += 1
    assert pieces > 3
    assert stage_two.derived() == [(0.81, "final", 1)] * 9


def test_an_open_window_has_no_rows_until_it_closes_and_its_value_is_shown_all_the_same(stage_two: StageTwo) -> None:
    stage_two.apply([record(1, [("A", 0, 900), ("B", 0, 800)], week(0).start)])
    stage_two.apply([record(2, [("A", 0, 900), ("A", 1, 700)], week(0).start)])
    held = [('{"line":"A"}', 0, 1800.0, 2, False), ('{"line":"A"}', 1, 700.0, 1, False)]
    assert stage_two.values() == [*held, ('{"line":"B"}', 0, 800.0, 1, False)]
    assert (stage_two.count_rows(PANES), stage_two.count_rows(KPI_VALUES)) == (0, 0)
    stage_two.apply([record(3, [], week(1).start + DAY)])
    closed = [('{"line":"A"}', 0, 1800.0, 2, True), held[1], ('{"line":"B"}', 0, 800.0, 1, True)]
    assert stage_two.values() == closed
    assert (stage_two.count_rows(PANES), stage_two.count_rows(KPI_VALUES)) == (2, 2)
    stage_two.apply([record(4, [], END)])
    assert stage_two.count_rows(OPEN_PANES) == 0


def test_open_windows_outlive_the_process_that_held_them(stage_two: StageTwo) -> None:
    stage_two.apply([record(1, [("A", 0, 900), ("B", 1, 800)], week(0).start)])
    successor = StageTwo(stage_two.database, stage_two.ids)
    successor.read_again()
    successor.apply([record(2, [("A", 0, 700)], week(0).start)])
    with pytest.raises(LostPartition):
        stage_two.apply([record(2, [("A", 0, 700)], week(0).start)])
    stage_two.read_again()
    stage_two.apply([record(3, [("B", 1, 100)], END)])
    assert stage_two.values() == [('{"line":"A"}', 0, 1600.0, 2, True), ('{"line":"B"}', 1, 900.0, 2, True)]


def test_a_transaction_that_broke_has_changed_nothing_that_is_remembered(stage_two: StageTwo) -> None:
    stage_two.apply([record(1, [("A", 0, 900)], week(0).start)])
    stage_two.crashes = True
    with pytest.raises(Crash):
        stage_two.apply([record(2, [("A", 0, 700)], END)])
    stage_two.crashes = False
    stage_two.apply([record(2, [("A", 0, 700)], END)])
    assert stage_two.values() == [('{"line":"A"}', 0, 1600.0, 2, True)]


def test_what_memory_has_no_room_for_goes_into_rows_and_counts_on(stage_two: StageTwo) -> None:
    stage_two.bounds = Bounds(open_panes=2)
    stage_two.apply([record(1, [(line, 0, 900) for line in "ABCDE"], week(0).start)])
    assert (stage_two.count_rows(PANES), stage_two.count_rows(OPEN_PANES)) == (3, 1)
    stage_two.apply([record(2, [(line, 0, 50) for line in "ABCDE"], week(0).start)])
    assert stage_two.values() == [(f'{{"line":"{line}"}}', 0, 950.0, 2, False) for line in "ABCDE"]
    stage_two.apply([record(3, [("A", 0, 50)], END)])
    assert {value[1:] for value in stage_two.values()} == {(0, 1000.0, 3, True), (0, 950.0, 2, True)}


def test_windows_long_past_are_closed_together_while_records_come(stage_two: StageTwo) -> None:
    stage_two.bounds = Bounds()

    def final_weeks() -> set[int]:
        return {week for _, week, _, _, is_final in stage_two.values() if is_final}

    stage_two.apply([record(1, [("A", at, 900) for at in range(4)], week(0).start)])
    stage_two.apply([record(2, [], week(1).start + DAY)])
    assert final_weeks() == {0}
    stage_two.apply([record(3, [("A", 1, 50)], week(2).start + DAY)])
    assert final_weeks() == {0}
    together = NOW + stage_two.bounds.together_every
    stage_two.apply([record(4, [], week(3).start + DAY)], together)
    assert final_weeks() == {0, 1, 2}
    stage_two.apply([record(5, [], END)], together)
    assert final_weeks() == {0, 1, 2}
    stage_two.tick(together)
    assert final_weeks() == {0, 1, 2, 3}
    assert [numerator for _, _, numerator, _, _ in stage_two.values()] == [900, 950, 900, 900]


def test_of_each_indicator_an_equal_part_of_what_is_due_is_closed(stage_two: StageTwo) -> None:
    """And more of the one where another has less."""
    stage_two.define_indicator("other-yield", YIELD)
    stage_two.tick()
    stage_two.bounds = Bounds(together_every=timedelta(0), closed_together=4)
    many, few = (record(1, [(line, 0, 900.0) for line in lines], week(0).start) for lines in ("ABCDE", "A"))
    renamed = few.deltas.with_columns(indicator=pl.lit("other-yield"))
    stage_two.apply([replace(many, deltas=pl.concat([many.deltas, renamed]))])

    def final(indicator: str) -> int:
        with SqlReaders(stage_two.database)() as reader:
            found = reader.values(ValueFilter(indicator, 1), after=None, limit=100)
        return sum(value.status == "final" for value in found)

    for number, expected in ((2, [3, 1]), (3, [5, 1])):
        stage_two.apply([record(number, [], END)])
        assert [final("first-pass-yield"), final("other-yield")] == expected


def test_a_process_whose_clock_is_behind_does_not_wait_for_that_of_another(stage_two: StageTwo) -> None:
    stage_two.bounds = Bounds()
    stage_two.apply([record(1, [("A", at, 900) for at in range(2)], week(1).start + DAY)])
    stage_two.apply([record(2, [], END)], NOW - timedelta(minutes=5))
    assert [is_final for *_, is_final in stage_two.values()] == [True, True]


def test_windows_that_have_just_passed_are_closed_at_once(stage_two: StageTwo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing_windows, "LONG_AGO", NOW - week(2).start)
    stage_two.bounds = Bounds()
    stage_two.apply([record(1, [("A", at, 900) for at in range(3)], week(1).start + DAY)])
    stage_two.apply([record(2, [], week(2).start + DAY)])
    stage_two.apply([record(3, [], week(3).start + DAY)])
    assert [is_final for *_, is_final in stage_two.values()] == [True, True, True]


def test_panes_are_shown_as_they_stand_wherever_they_are_held(stage_two: StageTwo) -> None:
    def shown() -> list[tuple[str, int, float, int]]:
        """(subject, week, numerator, readings) of every pane."""
        with SqlReaders(stage_two.database)() as reader:
            values = reader.values(ValueFilter("first-pass-yield", 1), after=None, limit=1000)
            found = [(one.key.subject, reader.panes(one.key, one.window)) for one in values]
        return [
            (subject, (start - week(0).start).days // 7, numerator, count)
            for subject, panes in found
            for start, numerator, count in panes.select("pane_start", "numerator", "count").iter_rows()
        ]

    line = '{"line":"A"}'
    stage_two.apply([record(1, [("A", 0, 900), ("A", 1, 700)], week(0).start)])
    assert shown() == [(line, 0, 900, 1), (line, 1, 700, 1)]
    stage_two.bounds = Bounds(open_panes=1)
    stage_two.apply([record(2, [("A", 1, 50)], week(1).start + DAY)])
    stage_two.apply([record(3, [("A", 0, 50), ("A", 1, 50), ("A", 2, 600)], week(1).start + DAY)])
    assert shown() == [(line, 0, 950, 2), (line, 1, 800, 3), (line, 2, 600, 1)]
    stage_two.apply([record(4, [], END)])
    assert shown() == [(line, 0, 950, 2), (line, 1, 800, 3), (line, 2, 600, 1)]


def test_pages_of_open_and_closed_windows_are_those_of_one_list(stage_two: StageTwo) -> None:
    stage_two.apply([record(1, [(line, at, 900) for line in "ABC" for at in range(4)], week(2).start + DAY)])
    with SqlReaders(stage_two.database)() as reader:
        wanted = ValueFilter("first-pass-yield", 1)
        whole = reader.values(wanted, after=None, limit=100)
        paged: list[KpiValue] = []
        while page := reader.values(
            wanted, after=(paged[-1].window.start, paged[-1].key.series) if paged else None, limit=5
        ):
            paged += page
        only_open = reader.values(replace(wanted, status="provisional"), after=None, limit=100)
        of_one = reader.values(
            replace(wanted, subject={"line": "B"}, since=week(1).start, until=week(3).start), after=None, limit=9
        )
    assert (len(whole), paged) == (12, whole)
    assert [value for value in whole if value.status == "provisional"] == only_open
    assert [(value.window, value.status) for value in of_one] == [(week(1), "final"), (week(2), "provisional")]


def test_the_open_windows_of_a_definition_that_was_replaced_can_still_be_looked_at(stage_two: StageTwo) -> None:
    stage_two.apply([record(1, [("A", 0, 900)], week(0).start)])
    by_product = {**YIELD, "by": ["line", "product"]}
    DefineIndicator(lambda: SqlDefinitionUnitOfWork(stage_two.database, stage_two.ids))(
        Define("first-pass-yield", by_product, "tester", NOW)
    )
    stage_two.apply([record(2, [("A", 0, 900)], END)])
    assert stage_two.values() == [('{"line":"A"}', 0, 900.0, 1, False)]


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_open_windows_that_an_older_release_wrote_count_on(stage_two: StageTwo, seed: int) -> None:
    """It wrote every pane and provisional value at once, as happens now where memory has no room, and held nothing open."""
    rows = history(seed)
    random.Random(seed).shuffle(rows)
    half = len(rows) // 2
    older = StageTwo(stage_two.database, stage_two.ids, Bounds(open_panes=0), stage_two.revision)
    older.apply([record(1, rows[:half], week(0).start)])
    with older.database.writing() as connection:
        connection.change(OPEN_PANES.delete())
    assert older.count_rows(KPI_VALUES) == len({row[:2] for row in rows[:half]})
    stage_two.read_again()

    def shown(
        known: Sequence[tuple[str, int, float]], *, final: bool
    ) -> list[tuple[str, int, float | None, int, bool]]:
        return sorted(
            (f'{{"line":"{line}"}}', at, total, count, final) for (line, at), (total, count) in summed(known).items()
        )

    assert stage_two.values() == shown(rows[:half], final=False)
    stage_two.apply([record(2, rows[half:], week(0).start)])
    assert stage_two.values() == shown(rows, final=False)
    stage_two.apply([record(3, [], END)])
    assert stage_two.values() == shown(rows, final=True)
    assert stage_two.episodes() == expected_episodes(summed(rows))


def test_a_phase_that_is_begun_has_its_series_judged_anew_and_no_other(stage_two: StageTwo) -> None:
    """By a rule that learns from it; another version of the rule has all of them judged."""
    steady = {"indicator": "first-pass-yield", "kind": "control_chart"}
    DefineRule(stage_two.definition_unit)(Define("steady", steady, "tester", NOW))
    stage_two.apply([record(1, [(line, at, 950) for line in "ABC" for at in range(3)], END)])
    asked: list[str] = []

    class Asked(Judging):
        def whole(self, turn: Turn, indicator: Indicator, keys: Sequence[SeriesKey], **how: Any) -> list[Change]:
            asked.extend(key.subject for key in keys)
            return super().whole(turn, indicator, keys, **how)

    def judged_anew() -> list[str]:
        asked.clear()
        while stage_two.tick().has_more:
            pass
        return sorted(asked)

    stage_two.judging = Asked
    assert judged_anew() == []
    for version, withdrawn in ((1, False), (2, True)):
        with SqlChartUnitOfWork(stage_two.database) as charting:
            charting.charts.lock()
            charted = ChartedSeries("first-pass-yield", {"line": "B"})
            charting.charts.add_rebase(charted, Rebase(week(1).start, "tool", "Li Wei", version, NOW, withdrawn))
            charting.commit()
        assert judged_anew() == ['{"line":"B"}']
        assert judged_anew() == []
    DefineRule(stage_two.definition_unit)(Define("steady", steady | {"severity": "minor"}, "tester", NOW))
    assert judged_anew() == [f'{{"line":"{line}"}}' for line in "ABC"]


def test_late_readings_join_the_rows_that_a_rule_about_missing_data_had_written(stage_two: StageTwo) -> None:
    """Such a rule has panes in rows while they are open, beyond what has moved there in order."""
    stage_two.define_rule("silent", {"indicator": "first-pass-yield", "kind": "missing_data"})
    stage_two.apply([record(1, [("A", 0, 900), ("A", 5, 900)], week(0).end)])
    stage_two.define_rule("silent", BELOW_95)
    stage_two.apply([record(2, [("A", 5, 800), ("B", 5, 800)], week(1).end)])
    stage_two.apply([record(3, [], END)])
    assert stage_two.values() == [
        ('{"line":"A"}', 0, 900.0, 1, True),
        ('{"line":"A"}', 5, 1700.0, 2, True),
        ('{"line":"B"}', 5, 800.0, 1, True),
    ]
