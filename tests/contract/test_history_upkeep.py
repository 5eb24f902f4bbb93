"""Kept readings in order: small blocks become large ones, old ones go, and what is computed from them stays the same."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from sqlalchemy import func, insert, select

from services.analytics.adapters.evaluate_tables import EVALUATE_PARTITIONS
from services.analytics.adapters.fold_tables import SEEN_IDS
from services.analytics.adapters.history_tables import KEPT_READINGS
from services.analytics.adapters.history_upkeep import SqlUpkeepUnitOfWork
from services.analytics.adapters.partition_store import encode_state
from services.analytics.adapters.reading_history import SqlHistoryReader, SqlReadingHistory
from services.analytics.adapters.seen_id_store import SqlSeenIds
from services.analytics.domain.block import Block
from services.analytics.domain.fold import NewIds
from services.analytics.domain.history import Span
from services.analytics.domain.partition_state import FoldMark, PartitionState
from services.analytics.use_cases.keep_history import ForgetOldReadings, MergeBlocks
from shared.database.engine import Database
from shared.database.migrations import Migrations

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def kept(database: Database) -> Database:
    Migrations(database, "services.analytics.migrations").upgrade()
    return database


def rows(ids: Sequence[int], hours: Sequence[int], *, retracted: bool | None = None) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "event_id": [str(one) for one in ids],
            "id_hash": pl.Series(ids, dtype=pl.UInt64),
            "source": ["mes-7"] * len(ids),
            "observed_at": pl.Series(
                [MONDAY + timedelta(hours=hour) for hour in hours], dtype=pl.Datetime("us", "UTC")
            ),
        }
    )
    if retracted is None:
        return frame
    return frame.with_columns(
        pl.lit(NOW, dtype=pl.Datetime("us", "UTC")).alias("revised_at"),
        pl.lit("c1").alias("revision_id"),
        pl.lit(retracted).alias("retracted"),
    )


def keep(database: Database, frame: pl.DataFrame, reached: int, *, revise: bool = False, at: datetime = NOW) -> None:
    with database.writing() as connection:
        block = Block(0, "inspection", frame, at)
        SqlReadingHistory(connection).keep([block], {0: reached}, revise=revise)


def merged_up_to(database: Database, *reached: int) -> None:
    """Partitions of stage two that have merged partition 0 of `readings` so far."""
    with database.writing() as connection:
        states = [PartitionState(folds={0: FoldMark(offset, 1)}) for offset in reached]
        found = [
            {"partition": number, "revision": 1, "state": encode_state(state)} for number, state in enumerate(states)
        ]
        connection.execute_many(insert(EVALUATE_PARTITIONS), found)


def merge(database: Database) -> None:
    while MergeBlocks(lambda: SqlUpkeepUnitOfWork(database, 2))():
        pass


def blocks(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(KEPT_READINGS)).scalar_one())


def standing(database: Database, below: int | None = None) -> list[str]:
    with database.reading() as connection:
        reader = SqlHistoryReader(connection)
        found = reader.readings("inspection", Span(), None if below is None else {0: below})
        return sorted(event_id for frame in found for event_id in frame["event_id"].to_list())


def sizes(database: Database) -> list[int]:
    with database.reading() as connection:
        return list(connection.execute(select(KEPT_READINGS.c.count).order_by(KEPT_READINGS.c.count)).scalars())


def test_merging_changes_nothing_that_can_be_read(kept: Database) -> None:
    for number in range(140):
        keep(kept, rows([number, 200 + number], [140 - number, number]), number + 1)
    for number in range(70):
        keep(kept, rows([number], [140 - number], retracted=number % 2 == 0), 141 + number, revise=True)
    before = standing(kept)
    assert len(before) == 245
    merged_up_to(kept, 210, 210)
    merge(kept)
    assert blocks(kept) == 2 + 12 + 1 + 6
    assert standing(kept) == before


def test_a_revision_that_another_one_replaced_goes_when_they_are_merged(kept: Database) -> None:
    for number in range(64):
        keep(kept, rows([number % 2], [0], retracted=number < 63), number + 1, revise=True)
    merged_up_to(kept, 64, 64)
    merge(kept)
    assert sizes(kept) == [2]
    assert standing(kept) == ["1"]


def test_blocks_that_are_large_together_become_one_and_larger_ones_stay(kept: Database) -> None:
    """Whether they are put behind one another as they are, or have columns that others have not."""
    for number in range(13):
        ids = range(number * 4_000, (number + 1) * 4_000)
        frame = rows(ids, [number] * 4_000)
        keep(kept, frame.with_columns(line=pl.lit("A")) if number == 12 else frame, 2 * number + 1)
        keep(kept, rows([100_000 + number], [number]), 2 * number + 2)
    keep(kept, rows(range(200_000, 210_000), [5] * 10_000), 27)
    before = standing(kept)
    merged_up_to(kept, 27, 27)
    merge(kept)
    assert sizes(kept) == [1, 10_000, 52_012]
    assert standing(kept) == before


def test_blocks_of_one_transaction_become_rows_that_are_large(kept: Database) -> None:
    """By partition and type, whether they are put behind one another as they are, or have columns that others have not."""
    frames = [rows(range(number * 20_000, (number + 1) * 20_000), [9 - number] * 20_000) for number in range(4)]
    other = rows([100_000], [40]).with_columns(line=pl.lit("A"))
    blocks_of_0 = [Block(0, "inspection", frame, NOW + timedelta(hours=n)) for n, frame in enumerate([*frames, other])]
    with kept.writing() as connection:
        SqlReadingHistory(connection).keep(
            [blocks_of_0[0], Block(1, "inspection", rows([7], [0]), NOW), *blocks_of_0[1:]], {0: 5, 1: 3}, revise=False
        )
    with kept.reading() as connection:
        columns = KEPT_READINGS.c
        names = (columns.partition, columns.reached, columns["count"])
        bounds = (columns.observed_from, columns.observed_until, columns.arrived_at)
        found = connection.execute(select(*names, *bounds).order_by(columns.id)).all()
    hours = [timedelta(hours=hour) for hour in range(41)]
    assert sorted(map(tuple, found)) == [
        (0, 5, 20_001, MONDAY + hours[6], MONDAY + hours[40], NOW + hours[4]),
        (0, 5, 60_000, MONDAY + hours[7], MONDAY + hours[9], NOW + hours[2]),
        (1, 3, 1, MONDAY, MONDAY, NOW),
    ]
    assert sorted(map(int, standing(kept))) == sorted([*range(80_000), 7, 100_000])


def test_blocks_alike_are_merged_with_the_bounds_of_all(kept: Database) -> None:
    for number in range(5):
        ids = range(number * 9_999, (number + 1) * 9_999)
        keep(kept, rows(ids, [10 - number] * 9_999), number + 1)
    keep(kept, rows(range(50_000, 59_999), [20] * 9_999), 6)
    merged_up_to(kept, 6, 6)
    merge(kept)
    with kept.reading() as connection:
        (row,) = connection.execute(select(KEPT_READINGS, KEPT_READINGS.c.count.label("held"))).all()
        assert (row.level, row.held, row.reached) == (1, 59_994, 6)
        assert (row.observed_from, row.observed_until) == (MONDAY + timedelta(hours=6), MONDAY + timedelta(hours=20))
        reader = SqlHistoryReader(connection)
        found = [one for frame in reader.readings("inspection", Span(), None) for one in frame["id_hash"].to_list()]
    assert sorted(found) == [*range(49_995), *range(50_000, 59_999)]


def test_what_is_not_merged_everywhere_stays_apart(kept: Database) -> None:
    for number in range(140):
        keep(kept, rows([number], [number]), number + 1)
    merged_up_to(kept, 140, 70)
    merge(kept)
    assert blocks(kept) == 1 + 76
    assert standing(kept, 70) == sorted(str(number) for number in range(70))
    assert standing(kept, 113) == sorted(str(number) for number in range(113))


def test_nothing_is_merged_before_every_partition_has_begun(kept: Database) -> None:
    for number in range(70):
        keep(kept, rows([number], [number]), number + 1)
    merged_up_to(kept, 70)
    merge(kept)
    assert blocks(kept) == 70


def test_what_arrived_long_ago_is_dropped_with_its_ids(kept: Database) -> None:
    long_ago, today = NOW - timedelta(days=500), NOW
    forget = ForgetOldReadings(lambda: SqlUpkeepUnitOfWork(kept, 2), timedelta(days=100))
    keep(kept, rows([1], [0]), 1, at=long_ago)
    keep(kept, rows([2], [1]), 2, at=today)
    for at, ids in ((long_ago, [1]), (today, [2])):
        with kept.writing() as connection:
            hashes = np.array(ids, dtype=np.uint64)
            days = pl.Series([MONDAY.date()])
            SqlSeenIds(connection).add([NewIds(0, hashes, days)], at)
    assert forget(NOW) == 1
    assert forget(NOW) == 0
    assert standing(kept) == ["2"]
    with kept.reading() as connection:
        assert SqlHistoryReader(connection).complete_after("inspection") == MONDAY
        assert SqlHistoryReader(connection).complete_after("ticket") is None
        assert len(connection.execute(select(SEEN_IDS)).all()) == 1
