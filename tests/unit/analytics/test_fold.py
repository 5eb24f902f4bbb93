"""Stage one: any split, order and repetition of a stream gives the same panes, and each id counts once."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.block import ARRIVED_AT, READ_FROM, Block, with_origin
from services.analytics.domain.catalogue import Catalogue, make_catalogue
from services.analytics.domain.fold import PartitionMemory, fold
from services.analytics.domain.hash_filter import HashFilter
from services.analytics.domain.indicator import Formula, Indicator, TumblingWindow
from services.analytics.domain.pane import empty_deltas, merge
from services.analytics.domain.seen_ids import SeenIds, load, pack
from shared.calendars.calendar import Calendar

MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
NEW_YORK = Calendar("new-york", time_zone="America/New_York")
Reading = tuple[int, int, str, int, int]
"""(id, hours after MONDAY, line, inspected, passed)."""

READINGS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 24 * 20), st.sampled_from("AB"), st.integers(1, 9), st.integers(0, 9)),
    max_size=40,
)


def indicator(**changes: object) -> Indicator:
    made = Indicator(
        name="yield",
        version=1,
        title={},
        reading_type="inspection",
        formula=Formula("ratio", numerator="passed", denominator="inspected"),
        by=("line",),
        window=TumblingWindow("week"),
        calendar="new-york",
        direction="higher_is_better",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def catalogue(*indicators: Indicator) -> Catalogue:
    return make_catalogue(revision=1, indicators=indicators, calendars={"new-york": NEW_YORK}, rules=())


def block(readings: list[Reading], reading_type: str = "inspection") -> Block:
    frame = pl.DataFrame(
        {
            "event_id": [str(one[0]) for one in readings],
            "id_hash": pl.Series([one[0] for one in readings], dtype=pl.UInt64),
            "source": ["mes-7"] * len(readings),
            "observed_at": pl.Series(
                [MONDAY + timedelta(hours=one[1]) for one in readings], dtype=pl.Datetime("us", "UTC")
            ),
            "dimension.line": pl.Series([one[2] for one in readings], dtype=pl.String),
            "measure.inspected": pl.Series([float(one[3]) for one in readings], dtype=pl.Float64),
            "measure.passed": pl.Series([float(one[4]) for one in readings], dtype=pl.Float64),
        }
    )
    return Block(0, reading_type, frame, MONDAY)


def folded_panes(batches: list[list[Block]]) -> dict[tuple[str, datetime], tuple[int, float, float]]:
    memories = {0: PartitionMemory()}
    panes = empty_deltas()
    for blocks in batches:
        done = fold(blocks, memories, catalogue(indicator()))
        memories = dict(done.memories)
        panes = merge(panes, done.deltas)
    columns = [panes[name].to_list() for name in ("subject", "pane_start", "count", "numerator", "denominator")]
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in zip(*columns, strict=True)}


def expected_panes(readings: list[Reading]) -> dict[tuple[str, datetime], tuple[int, float, float]]:
    """The first copy of each id, by line and local week; weeks begin at midnight in New York."""
    first = {one[0]: one for one in reversed(readings)}
    sums: defaultdict[tuple[str, datetime], list[float]] = defaultdict(lambda: [0, 0, 0])
    for _, hours, line, inspected, passed in first.values():
        local = (MONDAY + timedelta(hours=hours)).astimezone(NEW_YORK.zone)
        week = local.date() - timedelta(days=local.weekday())
        start = datetime(week.year, week.month, week.day, tzinfo=NEW_YORK.zone).astimezone(UTC)
        cell = sums[f'{{"line":"{line}"}}', start]
        cell[0], cell[1], cell[2] = cell[0] + 1, cell[1] + passed, cell[2] + inspected
    return {key: (int(cell[0]), cell[1], cell[2]) for key, cell in sums.items()}


@given(READINGS, st.randoms())
def test_any_split_into_blocks_and_batches_gives_the_same_panes(readings: list[Reading], chance: random.Random) -> None:
    repeated = readings + chance.sample(readings, len(readings) // 2)
    batches: list[list[Block]] = [[]]
    rest = list(repeated)
    while rest:
        size = chance.randint(1, 7)
        batches[-1].append(block(rest[:size]))
        rest = rest[size:]
        if chance.random() < 0.4:
            batches.append([])
    assert folded_panes(batches) == expected_panes(readings)


def test_repeats_are_counted_and_a_batch_without_news_gives_no_deltas() -> None:
    readings: list[Reading] = [(1, 0, "A", 5, 4), (2, 1, "A", 5, 5)]
    first = fold([block(readings)], {0: PartitionMemory()}, catalogue(indicator()))
    again = fold([block(readings)], first.memories, catalogue(indicator()))
    assert (first.readings, first.duplicates) == (2, 0)
    assert (again.readings, again.duplicates, again.deltas.height) == (0, 2, 0)


def test_an_indicator_that_names_what_readings_lack_counts_nothing_and_is_reported() -> None:
    wrong = indicator(formula=Formula("sum", measure="weight"))
    done = fold([block([(1, 0, "A", 5, 4)])], {0: PartitionMemory()}, catalogue(wrong))
    assert done.deltas.height == 0
    assert list(done.not_counted) == ["yield"]


@given(st.lists(st.lists(st.integers(0, 300), max_size=30), max_size=12), st.sampled_from([1, 2**55 + 1]))
def test_seen_ids_agree_with_a_set(batches: list[list[int]], factor: int) -> None:
    """Hashes that begin alike, and that do not."""
    seen, known = SeenIds(), set[int]()
    for numbers in batches:
        batch = [number * factor for number in numbers]
        hashes = np.array(batch, dtype=np.uint64)
        first = seen.first_seen(hashes)
        for value, is_first in zip(batch, first.tolist(), strict=True):
            assert is_first is (value not in known)
            known.add(value)
        seen = seen.with_added(hashes[first])
    assert len(seen) == len(known)
    assert len(seen.runs) <= 10
    assert not load([pack(run) for run in seen.runs]).first_seen(np.array(sorted(known), dtype=np.uint64)).any()


def test_many_seen_ids_are_all_found_however_they_came_and_few_others_searched_for() -> None:
    randomness = np.random.default_rng(7)
    hashes, others = (randomness.integers(0, 2**64, 50_000, dtype=np.uint64) for _ in range(2))
    seen = load([pack(hashes[:100])])
    for begin in range(100, 50_000, 4_990):
        seen = seen.with_added(hashes[begin : begin + 4_990])
    assert not seen.first_seen(hashes).any()
    assert seen.first_seen(others).all()
    seen.with_added(others)  # by a transaction that then fails
    assert seen.first_seen(others).all()
    made = HashFilter(hashes.size)
    made.add(hashes)
    assert made.has_room(hashes.size)
    assert made.may_hold(hashes).all()
    assert made.may_hold(others).mean() < 1 / 15


def test_counting_everything_needs_neither_dimension_nor_measure() -> None:
    """Found by the simulation: the fold failed for good on an indicator that counts and is not broken down."""
    calls = indicator(by=(), formula=Formula("count"))
    sent = [(1, 0, "A", 1, 1), (2, 1, "B", 1, 1), (3, 24 * 8, "A", 1, 1)]
    folded = fold([block(sent)], {0: PartitionMemory()}, catalogue(calls))
    assert sorted(folded.deltas["count"].to_list()) == [1, 2]
    assert set(folded.deltas["subject"].to_list()) == {"{}"}


def test_the_source_is_a_dimension_unless_the_reading_type_has_one_of_its_own() -> None:
    def subjects(readings: pl.DataFrame, **changes: object) -> list[str]:
        counted = indicator(formula=Formula("count", **changes), by=("source",))  # type: ignore[arg-type]
        done = fold([Block(0, "inspection", readings, MONDAY)], {0: PartitionMemory()}, catalogue(counted))
        assert done.not_counted == {}
        return done.deltas["subject"].to_list()

    sent = block([(1, 0, "A", 9, 9)]).readings
    assert subjects(sent) == ['{"source":"mes-7"}']
    assert subjects(sent, where={"source": ("mes-8",)}) == []
    assert subjects(sent.with_columns(pl.lit("line 4").alias("dimension.source"))) == ['{"source":"line 4"}']


def test_readings_of_all_blocks_stand_in_their_order_each_with_where_and_when_it_came() -> None:
    reading: list[Reading] = [(1, 0, "A", 5, 4), (2, 0, "A", 5, 5)]
    early = replace(block(reading), partition=1)
    later = replace(block(reading[:1]), partition=0, arrived_at=early.arrived_at + timedelta(seconds=1))
    later = replace(later, readings=later.readings.drop("dimension.line"))
    found = with_origin([early, later])
    assert found[READ_FROM].to_list() == [1, 1, 0]
    assert found[ARRIVED_AT].to_list() == [early.arrived_at, early.arrived_at, later.arrived_at]
    assert found["dimension.line"].to_list() == ["A", "A", None]
