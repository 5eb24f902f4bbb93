"""What control charts keep, on both databases."""

from dataclasses import replace

import pytest

from services.analytics.adapters.reader import SqlReaders
from services.analytics.adapters.units_of_work import SqlChartUnitOfWork
from services.analytics.domain.control_chart.frozen_baseline import FrozenBaseline
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.ports.charting import ChartedSeries
from shared.database.engine import Database
from shared.database.migrations import Migrations
from tests.unit.analytics.examples import NOW, key, week

LINE_A = ChartedSeries("first-pass-yield", {"line": "A"})
REBASE = Rebase(week(3).start, "新工具", "Li Wei", 1, NOW)
BODY = {"chart": "p", "points": 24, "figures": {"rate": 0.1 + 0.2, "printed": None}}
BASELINE = FrozenBaseline("beginning", 1, BODY, "complete", "analytics", NOW)


@pytest.fixture
def migrated(database: Database) -> Database:
    Migrations(database, "services.analytics.migrations").upgrade()
    return database


def test_rebases_and_baselines_are_read_as_they_were_written_in_order(migrated: Database) -> None:
    rebases = [replace(REBASE, starts_at=week(1).start), REBASE, replace(REBASE, version=2, withdrawn=True)]
    baselines = [replace(BASELINE, phase="2024-01-22T00:00:00+00:00"), BASELINE, replace(BASELINE, version=2)]
    with SqlChartUnitOfWork(migrated) as uow:
        uow.charts.lock()
        for rebase in reversed(rebases):
            uow.charts.add_rebase(LINE_A, rebase)
        for baseline in reversed(baselines):
            uow.charts.add_baseline(key().series, baseline)
        uow.commit()
    with SqlReaders(migrated)() as reader:
        assert reader.charts.rebases(LINE_A) == rebases
        assert reader.charts.rebases(replace(LINE_A, subject={"line": "B"})) == []
        assert reader.charts.baselines(key().series) == baselines
        assert reader.charts.baselines(key("B").series) == []


def test_what_is_not_committed_is_not_kept(migrated: Database) -> None:
    with SqlChartUnitOfWork(migrated) as uow:
        uow.charts.add_rebase(LINE_A, REBASE)
    with SqlReaders(migrated)() as reader:
        assert reader.charts.rebases(LINE_A) == []
