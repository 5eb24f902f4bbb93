"""What rules remember of series, on both databases."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from services.analytics.adapters.chart_store import begun_phases
from services.analytics.adapters.units_of_work import SqlChartUnitOfWork, SqlEvaluateUnitOfWork
from services.analytics.domain.begun_phase import BegunPhase
from services.analytics.domain.catalogue import BegunPhases
from services.analytics.domain.checkpoint import ANCHORS, NEWEST, Checkpoint
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.value_frame import series_of
from services.analytics.ports.charting import ChartedSeries
from shared.database.engine import Database
from shared.database.migrations import Migrations
from shared.runtime.identifiers import CountingIds
from tests.unit.analytics.examples import NOW, week

SERIES = [series_of("first-pass-yield", 1, f'{{"line":"{line}"}}') for line in "ABC"]


@pytest.fixture
def migrated(database: Database) -> Database:
    Migrations(database, "services.analytics.migrations").upgrade()
    return database


def unit(database: Database) -> SqlEvaluateUnitOfWork:
    return SqlEvaluateUnitOfWork(database, CountingIds())


def made(series: bytes, slot: int = 0, rule: str = "steady") -> Checkpoint:
    return Checkpoint(
        series,
        rule,
        rule_version=2,
        form=1,
        slot=slot,
        taken=2**40,
        until=week(3).start,
        judges_after=week(4).start,
        memory=bytes(range(256)),
    )


def kept(database: Database, *series: bytes, slots: Sequence[int] = (NEWEST, *ANCHORS)) -> list[Checkpoint]:
    with unit(database) as uow:
        found = uow.checkpoints.of_series(series, slots)
    return sorted(found, key=lambda one: (one.series, one.rule, one.slot))


def test_checkpoints_are_kept_overwritten_and_forgotten(migrated: Database) -> None:
    first, second = sorted(SERIES[:2])
    held = [made(first), made(first, slot=1), made(first, rule="another"), made(second)]
    with unit(migrated) as uow:
        uow.checkpoints.save(held)
        uow.commit()
    assert kept(migrated, first, second) == sorted(held, key=lambda one: (one.series, one.rule, one.slot))
    assert kept(migrated, SERIES[2]) == []
    assert kept(migrated) == []
    assert kept(migrated, first, slots=ANCHORS) == [held[1]]
    newer = replace(held[0], memory=b"", until=week(5).start, taken=7)
    with unit(migrated) as uow:
        uow.checkpoints.save([held[0], newer])
        uow.checkpoints.forget(held[1:3])
        uow.commit()
    assert kept(migrated, first) == [newer]


def test_phases_that_people_have_begun_and_not_taken_back(migrated: Database) -> None:
    def rebase(number: int, version: int = 1, *, withdrawn: bool = False) -> Rebase:
        return Rebase(week(number).start, "new tool", "Li Wei", version, NOW, withdrawn)

    line, other = (ChartedSeries("first-pass-yield", {"line": name}) for name in "AB")
    revisions = []
    for series, begun in (
        (line, rebase(9)),
        (line, rebase(3)),
        (other, rebase(4)),
        (line, rebase(9, 2, withdrawn=True)),
    ):
        with SqlChartUnitOfWork(migrated) as charting:
            charting.charts.lock()
            charting.charts.add_rebase(series, begun)
            revisions.append(charting.definitions.revision())
            charting.commit()
    assert revisions == [1, 2, 3, 4]
    with unit(migrated) as uow:
        wanted = {
            ("first-pass-yield", '{"line":"A"}'): BegunPhases((BegunPhase(week(3).start),), 4),
            ("first-pass-yield", '{"line":"B"}'): BegunPhases((BegunPhase(week(4).start),), 3),
        }
        assert begun_phases(uow.connection) == wanted
        assert uow.definitions.catalogue().begun_phases == wanted


def test_phases_that_were_all_taken_back_are_still_a_change(migrated: Database) -> None:
    series = ChartedSeries("first-pass-yield", {"line": "A"})
    for version, withdrawn in ((1, False), (2, True)):
        with SqlChartUnitOfWork(migrated) as charting:
            charting.charts.lock()
            charting.charts.add_rebase(series, Rebase(week(3).start, "tool", "Li Wei", version, NOW, withdrawn))
            charting.commit()
    with unit(migrated) as uow:
        assert begun_phases(uow.connection) == {("first-pass-yield", '{"line":"A"}'): BegunPhases((), 2)}
