"""The stores of stage two on both databases: panes, values, anomalies, fences, definitions, and what screens read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from sqlalchemy import event

from services.analytics.adapters.partition_store import revisions
from services.analytics.adapters.reader import SqlReaders
from services.analytics.adapters.units_of_work import SqlDefinitionUnitOfWork, SqlEvaluateUnitOfWork
from services.analytics.domain.anomaly import Anomaly, Judged, reconcile, withdraw
from services.analytics.domain.catalogue import Definition
from services.analytics.domain.counted_windows import ALWAYS, Era, held_steps, sources_of, steps_wanted
from services.analytics.domain.expected_windows import HELD
from services.analytics.domain.kpi_value import SeriesKey
from services.analytics.domain.partition_state import PartitionState, Pass
from services.analytics.domain.rolling import SPANS
from services.analytics.domain.value_frame import PANES, VALUES, series_of, to_kpi_values
from services.analytics.domain.watermark import PartitionMarks, SourceMark, Watermarks, note
from services.analytics.ports.evaluating import Fence, Scope
from services.analytics.ports.reading import AnomalyFilter, ValueFilter
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window
from shared.database.engine import Database
from shared.database.migrations import Migrations
from shared.eventlog.port import LostPartition
from shared.runtime.identifiers import CountingIds
from tests.unit.analytics.examples import NOW, found, indicator, key, rule, value, week

SCOPE = Scope(0, indicator())
LINES = ("A", "B", '"', "Ä\\n")


@pytest.fixture
def migrated(database: Database) -> Database:
    Migrations(database, "services.analytics.migrations").upgrade()
    return database


def unit(database: Database) -> SqlEvaluateUnitOfWork:
    return SqlEvaluateUnitOfWork(database, CountingIds())


def values(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=VALUES, orient="row")


def row(number: int, line: str = "A", **changed: Any) -> dict[str, Any]:
    subject = {"A": '{"line":"A"}', "B": '{"line":"B"}', '"': '{"line":"\\""}', "Ä\\n": '{"line":"Ä\\\\n"}'}[line]
    facts: dict[str, Any] = {
        "series": series_of("first-pass-yield", 1, subject),
        "window_start": week(number).start,
        "window_end": week(number).end,
        "partition": 0,
        "indicator": "first-pass-yield",
        "indicator_version": 1,
        "subject": subject,
        "value": 0.9 + number / 100,
        "numerator": 90.0 + number,
        "denominator": 100.0,
        "sample_size": 7,
        "reading_deviation": 0.25,
        "reading_range": None,
        "judgement": "judged",
        "status": "final",
        "revision": 1,
        "unpublished": False,
    }
    return facts | changed


def save(database: Database, frame: pl.DataFrame) -> None:
    with unit(database) as uow:
        uow.values.save_values(frame)
        uow.commit()


def test_panes_are_inserted_overwritten_and_found_by_key(migrated: Database) -> None:
    series = [series_of("first-pass-yield", 1, f'{{"line":"{line}"}}') for line in "ABC"]
    panes = pl.DataFrame(
        {
            "series": series,
            "pane_start": [week(0).start] * 3,
            "pane_end": [week(0).end] * 3,
            "count": [1, 2, 2**40],
            "numerator": [0.1, 1e300, -0.0],
            "denominator": [0.0, 1.0, 2.0],
            "squares": [0.0, 0.0, 0.0],
            "minimum": [None, -1.5, 0.0],
            "maximum": [None, 2.5, 0.0],
            "sketch": [None, {"level": 0, "bins": [-262_200, 0, 262_144], "counts": [1, 2**40, 3]}, None],
        },
        schema=PANES,
    )
    with unit(migrated) as uow:
        uow.values.save_panes(panes)
        uow.values.save_panes(panes.head(1).with_columns(pl.lit(5, dtype=pl.Int64).alias("count")))
        uow.commit()
    other = panes.with_columns(pl.lit(week(1).start).cast(pl.Datetime("us", "UTC")).alias("pane_start"))
    with unit(migrated) as uow:
        found = uow.values.stored_panes(panes.head(2)).sort("count")
        assert found["count"].to_list() == [2, 5]
        assert found.row(0, named=True) | {"pane_start": 0} == panes.row(1, named=True) | {"pane_start": 0}
        assert found["pane_start"].to_list() == [week(0).start] * 2
        assert uow.values.stored_panes(other).is_empty()
        assert uow.values.stored_panes(panes.clear()).is_empty()


def test_all_panes_of_a_series_are_found_whatever_is_said_of_their_span(migrated: Database) -> None:
    """For rules about missing data, which count the readings of what an indicator is computed from."""
    subject = '{"line":"A"}'
    leaves = [indicator(name="a"), indicator(name="b")]
    rows = [
        (series_of(leaf.name, 1, subject), week(at).start, week(at).end, at, 1.0, 0.0, 0.0, None, None, None)
        for leaf in leaves
        for at in (1, 2)
    ]
    with unit(migrated) as uow:
        uow.values.save_panes(pl.DataFrame(rows, schema=PANES, orient="row"))
        sources = sources_of({b"d": subject}, leaves)
        eras = [Era(ALWAYS.start, ALWAYS.end, ("a", "b"))]
        everything = uow.values.panes_between(steps_wanted(sources, {b"d": None}))
        assert held_steps(everything, sources, eras)["sample_size"].to_list() == [1, 2]
        part = uow.values.panes_between(steps_wanted(sources, {b"d": week(2).start}, until=week(3).start))
        assert held_steps(part, sources, eras)["sample_size"].to_list() == [2]


def test_panes_are_found_by_span_and_series_know_where_their_data_begin_and_end(migrated: Database) -> None:
    series = [series_of("first-pass-yield", 1, f'{{"line":"{line}"}}') for line in "ABC"]
    weeks = {series[0]: range(6), series[1]: range(2, 4), series[2]: [0]}
    empty = {(series[0], 0), (series[0], 5), (series[2], 0)}
    panes = pl.DataFrame(
        [
            (one, week(at).start, week(at).end, 0 if (one, at) in empty else at, 1.0, 0.0, 0.0, None, None, None)
            for one, numbers in weeks.items()
            for at in numbers
        ],
        schema=PANES,
        orient="row",
    )
    wanted = pl.DataFrame(
        {
            "series": [series[0], series[0], series[1]],
            "window_start": [week(1).start, week(2).start, week(0).start],
            "window_end": [week(2).end, week(3).end, week(2).end],
        },
        schema_overrides={name: pl.Datetime("us", "UTC") for name in ("window_start", "window_end")},
    )
    with unit(migrated) as uow:
        uow.values.save_panes(panes)
        found = uow.values.panes_between(wanted)
        assert set(zip(found["series"].to_list(), found["count"].to_list(), strict=True)) == {
            (series[0], 1),
            (series[0], 2),
            (series[0], 3),
            (series[1], 2),
        }
        assert uow.values.panes_between(wanted.clear()).is_empty()
        spans = {
            one: facts
            for one, *facts in zip(*(uow.values.spans(series)[name].to_list() for name in SPANS), strict=True)
        }
        assert spans == {
            series[0]: [week(1).start, week(4).start, None],
            series[1]: [week(2).start, week(3).start, None],
        }
        assert uow.values.spans([]).is_empty()
        uow.commit()
    save(migrated, values(row(3), row(2), row(2, "B"), row(4, "B", status="provisional")))
    with unit(migrated) as uow:
        begun = uow.values.spans(series)["begun"].to_list()
        assert sorted(begun) == [week(3).end, week(4).end - timedelta(microseconds=1)]


def test_values_come_back_as_they_were_saved(migrated: Database) -> None:
    saved = values(row(0), row(1, value=None, numerator=None, denominator=None), row(0, "Ä\\n"))
    save(migrated, saved)
    with unit(migrated) as uow:
        found = uow.values.stored_values(saved)
        order = ["series", "window_start"]
        assert found.sort(order).equals(saved.sort(order))
        assert uow.values.stored_values(saved.clear()).is_empty()


@pytest.mark.parametrize("rows", [1, 164, 165, 400])
def test_any_number_of_values_come_back_as_they_were_saved_whichever_columns_they_share(
    migrated: Database, rows: int
) -> None:
    spread = [row(number, value=None if number % 7 else 0.5, sample_size=number) for number in range(rows)]
    for saved in (spread, [one | {"status": "restated", "revision": 2, "value": None} for one in spread]):
        save(migrated, values(*saved))
        with unit(migrated) as uow:
            found = uow.values.of_series([spread[0]["series"]])
        assert found.sort("window_start").equals(values(*saved))


def test_due_values_are_the_open_ones_that_have_ended_the_earliest_first(migrated: Database) -> None:
    open_: dict[str, Any] = {"status": "provisional", "revision": 0, "unpublished": True}
    save(migrated, values(row(0), *(row(number, **open_) for number in (3, 1, 2)), row(1, "B", partition=1, **open_)))
    with unit(migrated) as uow:
        due = uow.values.due(SCOPE, week(2).end, 10)
        assert due["window_start"].to_list() == [week(1).start, week(2).start]
        assert uow.values.due(SCOPE, week(2).end, 1)["window_start"].to_list() == [week(1).start]
        nowhere = [Scope(2, indicator())] * 60  # more than one statement asks for
        assert uow.values.earliest_open_ends([SCOPE, *nowhere, SCOPE]) == [week(1).end, *[None] * 60, week(1).end]
        assert uow.values.earliest_open_ends([]) == []
        assert uow.values.unpublished(0, 10).height == 3
        assert uow.values.unpublished(0, 2).height == 2
        assert [uow.values.has_unpublished(partition) for partition in (0, 1, 2)] == [True, True, False]


def test_history_holds_closed_values_in_order_from_where_it_is_wanted(migrated: Database) -> None:
    restated: dict[str, Any] = {"status": "restated", "revision": 2}
    save(migrated, values(row(2), row(0, **restated), row(1), row(3, status="provisional"), row(0, "B"), row(1, "B")))
    first, second = (series_of("first-pass-yield", 1, f'{{"line":"{line}"}}') for line in "AB")
    with unit(migrated) as uow:
        found = uow.values.history({first: None, second: week(1).start})
        assert [one.window for one in found[first]] == [week(0), week(1), week(2)]
        assert [one.window for one in found[second]] == [week(1)]
        assert found[first][0].status == "restated"
        assert uow.values.history({}) == {}
        with_open = uow.values.history({first: week(2).start}, with_open=True)
        assert [one.status for one in with_open[first]] == ["final", "provisional"]
        assert uow.values.of_series([second]).height == 2


def test_windows_with_values_are_known_by_span(migrated: Database) -> None:
    with unit(migrated) as uow:
        assert uow.values.earliest_start(SCOPE) is None
    elsewhere = row(0, partition=1)
    save(migrated, values(row(1), row(2, status="provisional", sample_size=3), row(3), row(2, "B"), elsewhere))
    with unit(migrated) as uow:
        assert uow.values.earliest_start(SCOPE) == week(1).start
        held = uow.values.held(SCOPE, Window(week(2).start, week(3).start)).sort("subject")
        assert held.schema == HELD
        assert held.select("subject", "window_start", "sample_size").rows() == [
            ('{"line":"A"}', week(2).start, 3),
            ('{"line":"B"}', week(2).start, 7),
        ]


def test_a_pass_meets_every_series_once(migrated: Database) -> None:
    save(migrated, values(*(row(number, line) for line in LINES for number in range(3))))
    met: list[bytes] = []
    with unit(migrated) as uow:
        while part := uow.values.series_after(SCOPE, met[-1] if met else b"", 4):
            assert len(part) == 1  # three values each: two series would be more than four
            met += part
        assert len(uow.values.series_after(SCOPE, b"", 1000)) == 4
        wanted = [met[2], met[0], series_of("first-pass-yield", 1, '{"line":"of another partition"}')]
        assert uow.values.series_after(SCOPE, b"", 1000, among=wanted) == [met[0], met[2]]
        assert uow.values.series_after(SCOPE, met[0], 1000, among=wanted) == [met[2]]
        assert uow.values.series_after(SCOPE, b"", 1000, among=[]) == []
    assert met == sorted(set(met))
    assert len(met) == 4


def anomaly(new_id: str, number: int, *, line: str = "A", until: int | None = None) -> Anomaly:
    figures = [value(number, 900)] if until is None else [value(number, 900), value(until, 990)]
    judged = Judged(rule(), indicator(), DEFAULT_CALENDAR, key(line), {"line": line}, NOW)
    return reconcile([], found(rule(), figures), judged, new_id=lambda: new_id)[-1].anomaly


def test_anomalies_come_back_as_they_were_saved_and_stand_until_withdrawn(migrated: Database) -> None:
    over, open_, other = anomaly("1", 0, until=2), anomaly("2", 5), anomaly("3", 0, line="B")
    undone = withdraw(anomaly("4", 8), {"en": "test", "zh": "测试"}, NOW).anomaly
    with unit(migrated) as uow:
        uow.anomalies.save([open_, over, undone, other])
        uow.anomalies.save([])
        uow.commit()
    with unit(migrated) as uow:
        both = [key("A").series, key("B").series]
        assert uow.anomalies.standing(both, None) == {both[0]: [over, open_], both[1]: [other]}
        assert uow.anomalies.standing(both[:1], week(2).start) == {both[0]: [over, open_]}
        assert uow.anomalies.standing(both[:1], week(3).start) == {both[0]: [open_]}
        assert uow.anomalies.standing([], None) == {}
        assert uow.anomalies.open_of_other_versions(SCOPE) == []
        assert {one.id for one in uow.anomalies.open_of_rule(SCOPE, "yield-below-95")} == {"2", "3"}
        assert uow.anomalies.open_of_rule(SCOPE, "another") == []
        assert uow.anomalies.open_of_rule(Scope(1, indicator()), "yield-below-95") == []
        newer = Scope(0, indicator(version=2))
        assert uow.anomalies.open_of_rule(newer, "yield-below-95") == []
        assert {one.id for one in uow.anomalies.open_of_other_versions(newer)} == {"2", "3"}


def test_a_fence_lets_one_writer_through(migrated: Database) -> None:
    marks = PartitionMarks(0, at_end=True, sources=(SourceMark("inspection", "mes-7", NOW, NOW),))
    state = PartitionState(note(Watermarks(), [marks]), {"first-pass-yield": "1/30/"}, Pass("x", "y", "ff"), NOW)
    assert revisions(migrated, [0, 1]) == {0: 0, 1: 0}
    with unit(migrated) as uow:
        assert uow.partitions.claim(Fence(0, 0)) == PartitionState()
        uow.partitions.save(0, state)
        uow.commit()
    with unit(migrated) as uow, pytest.raises(LostPartition):
        uow.partitions.claim(Fence(0, 0))
    assert revisions(migrated, [0]) == {0: 1}
    with unit(migrated) as uow:
        assert uow.partitions.claim(Fence(0, 1)) == state
    assert revisions(migrated, [0]) == {0: 1}
    with SqlReaders(migrated)() as reader:
        assert state in reader.partition_states()


BODY: dict[str, Any] = {
    "reading_type": "inspection",
    "formula": {"kind": "count"},
    "window": {"kind": "tumbling", "every": "day"},
    "direction": "higher_is_better",
}


def test_the_newest_definition_is_in_force_and_each_counts_the_revision_up(migrated: Database) -> None:
    first = Definition("indicator", "made", 1, 1, BODY)
    with SqlDefinitionUnitOfWork(migrated, CountingIds()) as uow:
        assert uow.definitions.revision() == 0
        uow.definitions.lock()
        for number in (1, 2, 10):
            uow.definitions.add(replace(first, version=number), now=NOW, actor="tester")
        uow.definitions.add(replace(first, name="another"), now=NOW, actor="tester")
        uow.definitions.add(Definition("calendar", "made", 1, 1, {"time_zone": "Asia/Tokyo"}), now=NOW, actor="tester")
        assert uow.definitions.revision() == 5
        uow.commit()
    with SqlReaders(migrated)() as reader:
        assert reader.definition("indicator", "made") == replace(first, version=10)
        assert reader.definition("rule", "made") is None
        assert [one.name for one in reader.definitions("indicator", after=None, limit=10)] == ["another", "made"]
        assert [one.name for one in reader.definitions("indicator", after="another", limit=10)] == ["made"]
        assert [one.name for one in reader.definitions("indicator", after=None, limit=1)] == ["another"]
        known = reader.catalogue()
    assert known.indicators["made"].version == 1
    assert sorted(known.calendars) == ["default", "made"]


def test_screens_read_values_page_by_page_and_by_subject(migrated: Database) -> None:
    save(migrated, values(*(row(number, line) for line in LINES for number in range(3)), row(3, status="provisional")))
    everything = ValueFilter("first-pass-yield", 1)
    with SqlReaders(migrated)() as reader:
        found: list[Any] = []
        while page := reader.values(
            everything, after=(found[-1].window.start, found[-1].key.series) if found else None, limit=5
        ):
            found += page
        assert [one.window.start for one in found] == sorted(one.window.start for one in found)
        assert len({(one.key, one.window) for one in found}) == 13
        for line in LINES:
            one_line = reader.values(replace(everything, subject={"line": line}), after=None, limit=100)
            assert {one.window for one in one_line} >= {week(0), week(1), week(2)}
            assert len({one.key for one in one_line}) == 1
        assert reader.values(replace(everything, subject={"line": "a"}), after=None, limit=100) == []
        span = replace(everything, since=week(1).start, until=week(2).start)
        assert {one.window for one in reader.values(span, after=None, limit=100)} == {week(1)}
        assert len(reader.values(replace(everything, status="provisional"), after=None, limit=9)) == 1
        assert reader.values(replace(everything, indicator_version=2), after=None, limit=9) == []


def test_screens_read_anomalies_by_state_and_subject(migrated: Database) -> None:
    with unit(migrated) as uow:
        undone = withdraw(anomaly("4", 8), {"en": "test", "zh": "测试"}, NOW).anomaly
        uow.anomalies.save([anomaly("1", 0, until=2), anomaly("2", 5), anomaly("3", 0, line="B"), undone])
        uow.commit()

    with SqlReaders(migrated)() as reader:

        def ids(wanted: AnomalyFilter, after: str | None = None) -> list[str]:
            return [one.id for one in reader.anomalies(wanted, after=after, limit=2)]

        assert ids(AnomalyFilter()) == ["1", "2"]
        assert ids(AnomalyFilter(), after="2") == ["3"]
        assert ids(AnomalyFilter(state="withdrawn")) == ["4"]
        assert ids(AnomalyFilter(state="cleared")) == ["1"]
        assert ids(AnomalyFilter(subject={"line": "B"})) == ["3"]
        assert ids(AnomalyFilter(indicator="another")) == ids(AnomalyFilter(rule="another")) == []
        assert reader.anomaly("2") == anomaly("2", 5)
        assert reader.anomaly("5") is None
        assert reader.open_anomalies() == {"moderate": 2}


def test_gauges_read_the_newest_closed_value_of_a_bounded_number_of_subjects(migrated: Database) -> None:
    save(migrated, values(*(row(number, line) for line in LINES for number in range(3)), row(3, status="provisional")))
    with SqlReaders(migrated)() as reader:
        newest = reader.newest_final("first-pass-yield", 1, series=10)
        assert {one.window for one in newest} == {week(2)}
        assert len(newest) == 4
        assert len(reader.newest_final("first-pass-yield", 1, series=3)) == 3
        assert reader.newest_final("another", 1, series=3) == []
        assert [reader.count_series("first-pass-yield", version, most=9) for version in (1, 2)] == [4, 0]
        assert reader.count_series("first-pass-yield", 1, most=3) == 3


def test_moments_keep_their_microseconds(migrated: Database) -> None:
    odd = datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    save(migrated, values(row(0, window_start=odd, window_end=odd + timedelta(microseconds=1))))
    with SqlReaders(migrated)() as reader:
        [found] = reader.values(ValueFilter("first-pass-yield", 1), after=None, limit=2)
        assert found.window == (odd, odd + timedelta(microseconds=1))
        assert found.key == SeriesKey(key().series, "first-pass-yield", 1, '{"line":"A"}', 0)
    assert to_kpi_values(values()) == []


def test_what_is_unpublished_is_found_by_its_index(migrated: Database) -> None:
    """Asked after each transaction: reading the whole table would cost more with every value there ever was."""
    if not migrated.is_sqlite:
        return  # PostgreSQL's planner goes by what is in the table
    with unit(migrated) as uow:
        statements: list[str] = []
        event.listen(uow.connection.raw, "before_cursor_execute", lambda *call: statements.append(call[2]))
        uow.values.has_unpublished(0)
        uow.values.unpublished(0, 5)
        plans = [
            uow.connection.raw.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", (0, 5, 0)[: one.count("?")]).all()
            for one in statements[:2]
        ]
    assert len(plans) == 2
    assert all("kpi_values_unpublished" in str(plan) for plan in plans)
