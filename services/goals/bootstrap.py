"""Goals, wired. The only file that knows every part."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.goals.adapters.goal_store import SqlReaders
from services.goals.adapters.tables import DELIVERY
from services.goals.adapters.unit_of_work import GoalsUnitOfWork
from services.goals.domain.errors import ChangedMeanwhile
from services.goals.domain.goal import State
from services.goals.entrypoints.changes_consumers import definitions_handler, issue_changes_handler
from services.goals.entrypoints.http import Routes, make_router
from services.goals.entrypoints.kpi_values_consumer import kpi_values_handler
from services.goals.entrypoints.period_timer import PeriodTimer
from services.goals.entrypoints.problems import PROBLEMS
from services.goals.metrics import GoalsMetrics
from services.goals.settings import GoalsSettings
from services.goals.use_cases.adopt_changes import AdoptChanges
from services.goals.use_cases.advance_goal_set import AdvanceGoalSet
from services.goals.use_cases.query_goals import QueryGoals
from services.goals.use_cases.record_kpi_values import RecordKpiValues
from services.goals.use_cases.set_goals import SetGoals
from shared.database.log_trimmer import LogTrimmer
from shared.database.migrations import Migrations
from shared.database.outbox import Relay, oldest_unpublished
from shared.database.positions import Positions
from shared.database.versioning import ConcurrentChange
from shared.eventlog.port import TopicSpec
from shared.eventlog.pump_metrics import PumpMetrics
from shared.events.topics import DEFINITIONS, ISSUE_CHANGES, KPI_VALUES
from shared.events.topics import TOPICS as ALL_TOPICS
from shared.process.consuming import Consuming
from shared.process.platform import Platform
from shared.process.service import Service, Wiring
from shared.runtime.component import Activity
from shared.runtime.retrying import Retrying
from shared.telemetry.logging import logger
from shared.telemetry.metrics import MetricFactory

__all__ = ["GoalsSettings", "build"]


def build(settings: GoalsSettings, platform: Platform) -> Service:
    """Construct and connect; nothing is opened before the service starts."""
    url = settings.database_url
    database = platform.database(url.get_secret_value() if url else platform.sqlite_url("goals"))
    make = MetricFactory(platform.registry, "goals")
    metrics = GoalsMetrics(make)
    log = logger("goals")
    consuming = Consuming(platform, PumpMetrics(make), log)
    readers = SqlReaders(database)

    def units() -> GoalsUnitOfWork:
        return GoalsUnitOfWork(database, platform.ids)

    def count_healths() -> Mapping[str, int]:
        with readers() as goals:
            active = goals.find(after=None, limit=1000, state=State.ACTIVE)
            healths = [goals.health(goal.id) for goal_set in active for goal in goal_set.goals]
        return Counter("no_data" if health is None else health.value for health in healths)

    def oldest() -> datetime | None:
        return oldest_unpublished(database, DELIVERY)

    advance = AdvanceGoalSet(units)

    def open_activities() -> Sequence[Activity]:
        starting = Positions(database, DELIVERY, platform.log).starting_offsets
        adopt = AdoptChanges(units)
        kpi_values = kpi_values_handler(RecordKpiValues(units), starting)
        relay = Relay(producer="goals", database=database, tables=DELIVERY, log=platform.log)
        timer = PeriodTimer(advance, count_healths=count_healths, oldest_unpublished=oldest, metrics=metrics)
        trimmer = LogTrimmer(
            name="goals",
            database=database,
            tables=DELIVERY,
            log=platform.log,
            reads={kpi_values.consumer: KPI_VALUES},
            kept=timedelta(hours=settings.log_kept_hours),
        )
        return [
            consuming.activity(kpi_values, KPI_VALUES),
            consuming.activity(definitions_handler(adopt, starting), DEFINITIONS),
            consuming.activity(issue_changes_handler(adopt, starting), ISSUE_CHANGES),
            Activity(relay, rest=timedelta(milliseconds=20)),
            Activity(timer, rest=timedelta(seconds=1)),
            Activity(trimmer, rest=timedelta(seconds=1)),
        ]

    routes = Routes(
        set_goals=SetGoals(units, platform.ids),
        advance=advance,
        query=QueryGoals(readers),
        retrying=Retrying(ConcurrentChange, _changed_meanwhile),
        clock=platform.clock,
    )
    return Service(
        Wiring(
            name="goals",
            database=database,
            migrations=Migrations(database, "services.goals.migrations"),
            log=platform.log,
            topics=[TopicSpec(topic.name, topic.partitions, topic.retention) for topic in ALL_TOPICS],
            routers=[make_router(routes)],
            problems=PROBLEMS,
            open_activities=open_activities,
            logger=log,
        )
    )


def _changed_meanwhile() -> ChangedMeanwhile:
    return ChangedMeanwhile("somebody else changed the goals at the same moment; send it again")
