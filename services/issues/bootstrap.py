"""Issues, wired. The only file that knows every part."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.issues.adapters.issue_store import SqlReaders
from services.issues.adapters.policy_file import shipped_policies
from services.issues.adapters.tables import DELIVERY
from services.issues.adapters.unit_of_work import IssuesUnitOfWork
from services.issues.domain.errors import ChangedMeanwhile
from services.issues.entrypoints.anomalies_consumer import anomalies_handler
from services.issues.entrypoints.deadline_timer import DeadlineTimer
from services.issues.entrypoints.definitions_consumer import definitions_handler
from services.issues.entrypoints.goal_changes_consumer import goal_changes_handler
from services.issues.entrypoints.http import Routes, make_router
from services.issues.entrypoints.problems import PROBLEMS
from services.issues.metrics import IssuesMetrics
from services.issues.settings import IssuesSettings
from services.issues.use_cases.adopt_definitions import AdoptDefinitions
from services.issues.use_cases.advance_issue import AdvanceIssue
from services.issues.use_cases.attaching import Attach
from services.issues.use_cases.define_routing import DefineRouting
from services.issues.use_cases.follow_anomaly import FollowAnomaly
from services.issues.use_cases.follow_goals import FollowGoals
from services.issues.use_cases.query_issues import QueryIssues
from services.issues.use_cases.report_issue import ReportIssue
from services.issues.use_cases.report_overdue import ReportOverdue
from shared.database.migrations import Migrations
from shared.database.outbox import Relay, oldest_unpublished
from shared.database.positions import Positions
from shared.database.versioning import ConcurrentChange
from shared.eventlog.port import TopicSpec
from shared.eventlog.pump_metrics import PumpMetrics
from shared.events.topics import ANOMALIES, DEFINITIONS, GOAL_CHANGES
from shared.events.topics import TOPICS as ALL_TOPICS
from shared.process.consuming import Consuming
from shared.process.platform import Platform
from shared.process.service import Service, Wiring
from shared.runtime.component import Activity
from shared.runtime.retrying import Retrying
from shared.telemetry.logging import logger
from shared.telemetry.metrics import MetricFactory

__all__ = ["IssuesSettings", "build"]


def build(settings: IssuesSettings, platform: Platform) -> Service:
    """Construct and connect; nothing is opened before the service starts."""
    url = settings.database_url
    database = platform.database(url.get_secret_value() if url else platform.sqlite_url("issues"))
    make = MetricFactory(platform.registry, "issues")
    metrics = IssuesMetrics(make)
    log = logger("issues")
    consuming = Consuming(platform, PumpMetrics(make), log)
    policies = shipped_policies()
    readers = SqlReaders(database)
    attach = Attach(policies, platform.ids)

    def units() -> IssuesUnitOfWork:
        return IssuesUnitOfWork(database, platform.ids, metrics)

    def count_open() -> Mapping[tuple[str, str], int]:
        with readers() as issues:
            return issues.open_counts()

    def oldest() -> datetime | None:
        return oldest_unpublished(database, DELIVERY)

    def open_activities() -> Sequence[Activity]:
        starting = Positions(database, DELIVERY, platform.log).starting_offsets
        relay = Relay(producer="issues", database=database, tables=DELIVERY, log=platform.log)
        timer = DeadlineTimer(
            ReportOverdue(units, policies), count_open=count_open, oldest_unpublished=oldest, metrics=metrics
        )
        return [
            consuming.activity(anomalies_handler(FollowAnomaly(units, attach), starting), ANOMALIES),
            consuming.activity(definitions_handler(AdoptDefinitions(units), starting), DEFINITIONS),
            consuming.activity(goal_changes_handler(FollowGoals(units), starting), GOAL_CHANGES),
            Activity(relay, rest=timedelta(milliseconds=20)),
            Activity(timer, rest=timedelta(seconds=1)),
        ]

    routes = Routes(
        advance=AdvanceIssue(units, policies),
        report=ReportIssue(units, attach),
        query=QueryIssues(readers),
        define_routing=DefineRouting(units),
        retrying=Retrying(ConcurrentChange, _changed_meanwhile, lambda outcome: metrics.tried(outcome=outcome)),
        clock=platform.clock,
        ids=platform.ids,
    )
    return Service(
        Wiring(
            name="issues",
            database=database,
            migrations=Migrations(database, "services.issues.migrations"),
            log=platform.log,
            topics=[TopicSpec(topic.name, topic.partitions, topic.retention) for topic in ALL_TOPICS],
            routers=[make_router(routes)],
            problems=PROBLEMS,
            open_activities=open_activities,
            logger=log,
        )
    )


def _changed_meanwhile() -> ChangedMeanwhile:
    return ChangedMeanwhile("somebody else changed the issue at the same moment; send it again")
