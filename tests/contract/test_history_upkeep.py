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


def test_merging_changes_nothing_that_can_be_read(kept: Database) -> None:
    for number in range(40):
        keep(kept, rows([number, 100 + number], [40 - number, number]), number + 1)
    for number in range(20):
        keep(kept, rows([number], [40 - number], retracted=number % 2 == 0), 41 + number, revise=True)
    before = standing(kept)
    assert len(before) == 70
    merged_up_to(kept, 60, 60)
    merge(kept)
    assert blocks(kept) == 2 + 8 + 1 + 4
    assert standing(kept) == before


def test_what_is_not_merged_everywhere_stays_apart(kept: Database) -> None:
    for number in range(40):
        keep(kept, rows([number], [number]), number + 1)
    merged_up_to(kept, 40, 20)
    merge(kept)
    assert blocks(kept) == 1 + 24
    assert standing(kept, 20) == sorted(str(number) for number in range(20))
    assert standing(kept, 33) == sorted(str(number) for number in range(33))


def test_nothing_is_merged_before_every_partition_has_begun(kept: Database) -> None:
    for number in range(40):
        keep(kept, rows([number], [number]), number + 1)
    merged_up_to(kept, 40)
    merge(kept)
    assert blocks(kept) == 40


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
