"""What goals keeps of KPI values, on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

from services.goals.adapters.goal_store import SqlGoalStore
from services.goals.domain.attainment import WindowValue
from services.goals.ports import SubjectValue
from shared.database.engine import Database
from shared.database.migrations import Migrations

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
CALLS = "calls"


def value(version: int, day: int, days: int) -> SubjectValue:
    start = MONDAY + timedelta(days=day)
    window = WindowValue(start, start + timedelta(days=days), "count", 5.0, 5.0, None, 5, "final", "judged", 1)
    return SubjectValue(CALLS, version, {}, window)


def test_an_indicator_that_was_defined_anew_is_attained_by_its_new_values_only(database: Database) -> None:
    """Found by the simulation: days of the old definition and weeks of the new one were added up."""
    Migrations(database, "services.goals.migrations").upgrade()
    with database.writing() as connection:
        goals = SqlGoalStore(connection)
        goals.save_values([value(1, day, 1) for day in range(7)])
        assert len(goals.values(CALLS, {})) == 7
        goals.save_values([value(2, 7, 7)])
        assert [found.start for found in goals.values(CALLS, {})] == [MONDAY + timedelta(days=7)]
