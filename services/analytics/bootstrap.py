"""Wires analytics: the only file that knows all of its parts."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from services.analytics.adapters.definition_tables import DEFINITION_TABLES
from services.analytics.adapters.fold_unit_of_work import SqlFoldUnitOfWork
from services.analytics.adapters.history_upkeep import SqlUpkeepUnitOfWork
from services.analytics.adapters.open_pane_store import OpenPaneMemory
from services.analytics.adapters.partition_store import revisions
from services.analytics.adapters.reader import SqlReaders
from services.analytics.adapters.seen_id_store import SqlFoldMemory
from services.analytics.adapters.tables import DELIVERY
from services.analytics.adapters.units_of_work import (
    SqlChartUnitOfWork,
    SqlDefinitionUnitOfWork,
    SqlEvaluateUnitOfWork,
    SqlFollowUnitOfWork,
)
from services.analytics.entrypoints.built_in_indicators import BuiltInIndicators
from services.analytics.entrypoints.chart_http import ChartUseCases
from services.analytics.entrypoints.gauge_timer import GaugeTimer
from services.analytics.entrypoints.goal_changes_consumer import goal_changes_handler
from services.analytics.entrypoints.history_timer import HistoryTimer
from services.analytics.entrypoints.http import UseCases, make_router
from services.analytics.entrypoints.issue_changes_consumer import issue_changes_handler
from services.analytics.entrypoints.pane_deltas_consumer import PaneDeltasHandler
from services.analytics.entrypoints.problems import PROBLEMS
from services.analytics.entrypoints.reading_types_consumer import reading_types_handler
from services.analytics.entrypoints.readings_consumer import CONSUMER as FOLDS
from services.analytics.entrypoints.readings_consumer import ReadingsHandler
from services.analytics.entrypoints.rule_http import RuleUseCases
from services.analytics.metrics import AnalyticsMetrics
from services.analytics.settings import AnalyticsSettings
from services.analytics.use_cases.adopt_goal_change import AdoptGoalChange
from services.analytics.use_cases.adopt_reading_type import AdoptReadingTypes
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.close_quiet_windows import CloseQuietWindows
from services.analytics.use_cases.current_catalogue import CurrentCatalogue
from services.analytics.use_cases.define_built_in_indicators import DefineBuiltInIndicators
from services.analytics.use_cases.define_calendar import DefineCalendar
from services.analytics.use_cases.define_indicator import DefineIndicator
from services.analytics.use_cases.define_rule import DefineRule
from services.analytics.use_cases.evaluate_panes import EvaluatePanes
from services.analytics.use_cases.fold_readings import FoldReadings
from services.analytics.use_cases.follow_issue import FollowIssues
from services.analytics.use_cases.judging import Judging
from services.analytics.use_cases.keep_history import ForgetOldReadings, MergeBlocks
from services.analytics.use_cases.query_anomalies import QueryAnomalies
from services.analytics.use_cases.query_chart import QueryChart, QueryRebases
from services.analytics.use_cases.query_definitions import QueryDefinitions
from services.analytics.use_cases.query_dictionary import QueryDictionary
from services.analytics.use_cases.query_explanation import QueryExplanation
from services.analytics.use_cases.query_readings import QueryReadings
from services.analytics.use_cases.query_rules import QueryRules
from services.analytics.use_cases.query_standing import QueryStanding
from services.analytics.use_cases.query_values import QueryValues
from services.analytics.use_cases.rebase_chart import RebaseChart
from services.analytics.use_cases.try_rule import TryRule
from shared.database.engine import Database, DatabaseUnavailable
from shared.database.log_trimmer import LogTrimmer
from shared.database.migrations import Migrations
from shared.database.outbox import Relay, oldest_unpublished
from shared.database.positions import Positions
from shared.database.versioned_definitions import current_revision
from shared.eventlog.handler import Subscription
from shared.eventlog.port import TopicSpec
from shared.eventlog.pump import Pump
from shared.eventlog.pump_metrics import PumpMetrics
from shared.events.topics import GOAL_CHANGES, ISSUE_CHANGES, PANE_DELTAS, READING_TYPES, READINGS, TOPICS
from shared.process.consuming import Consuming
from shared.process.platform import Platform
from shared.process.service import Service, Wiring
from shared.runtime.component import Activity
from shared.telemetry.logging import logger
from shared.telemetry.metrics import MetricFactory

__all__ = ["AnalyticsSettings", "build"]

_NAME = "analytics"
_EVALUATES = "analytics.pane-deltas"
_ADOPTS = "analytics.goal-changes"
_FOLLOWS = "analytics.issue-changes"
_LEARNS = "analytics.reading-types"
_PUMP_REST = timedelta(milliseconds=5)
_RELAY_REST = timedelta(milliseconds=20)
_TIMER_REST = timedelta(seconds=1)
_EXPLAINED_READINGS = 20


def build(settings: AnalyticsSettings, platform: Platform) -> Service:
    """Construct and connect; nothing is opened or read before `start`."""
    url = settings.database_url.get_secret_value() if settings.database_url else platform.sqlite_url(_NAME)
    database = platform.database(url)
    log, ids, clock = platform.log, platform.ids, platform.clock
    factory = MetricFactory(platform.registry, _NAME)
    metrics, pump_metrics = AnalyticsMetrics(factory), PumpMetrics(factory)
    service_log = logger(_NAME)
    readers = SqlReaders(database)
    judging = Judging(ids.next)
    bounds = Bounds(
        provisional_every=timedelta(seconds=settings.provisional_every_seconds), history=settings.history_batch
    )

    open_panes = OpenPaneMemory()

    def evaluate_unit() -> SqlEvaluateUnitOfWork:
        return SqlEvaluateUnitOfWork(database, ids, open_panes)

    def definition_unit() -> SqlDefinitionUnitOfWork:
        return SqlDefinitionUnitOfWork(database, ids)

    def chart_unit() -> SqlChartUnitOfWork:
        return SqlChartUnitOfWork(database)

    def follow_unit() -> SqlFollowUnitOfWork:
        return SqlFollowUnitOfWork(database)

    def definitions_revision() -> int:
        return current_revision(database, DEFINITION_TABLES)

    def pane_partitions() -> int:
        return log.partition_count(PANE_DELTAS)

    def open_activities() -> Sequence[Activity]:
        positions = Positions(database, DELIVERY, log)
        current = CurrentCatalogue()
        evaluate = PaneDeltasHandler(
            evaluate=EvaluatePanes(evaluate_unit, _EVALUATES, judging, bounds, current, pane_partitions),
            close_quiet=CloseQuietWindows(evaluate_unit, judging, bounds, current, pane_partitions),
            starting_offsets=positions.starting_offsets,
            revisions=lambda partitions: revisions(database, partitions),
            forget=open_panes.forget,
            definitions_revision=definitions_revision,
            metrics=metrics,
        )
        fold = ReadingsHandler(
            fold=FoldReadings(lambda: SqlFoldUnitOfWork(database, log)),
            memory=SqlFoldMemory(database),
            starting_offsets=positions.starting_offsets,
            ends=lambda: log.ends(READINGS),
            definitions_revision=definitions_revision,
            metrics=metrics,
        )
        readings = Pump(
            Subscription(
                name=FOLDS,
                group=FOLDS,
                topics=[READINGS],
                wait=platform.poll_wait,
                max_records=settings.readings_batch,
                gather=platform.poll_wait,
                retry_on=(DatabaseUnavailable,),
            ),
            log=log,
            handler=fold,
            logger=service_log,
            observer=pump_metrics.of(FOLDS),
        )
        pane_deltas = Pump(
            Subscription(
                name=_EVALUATES,
                group=_EVALUATES,
                topics=[PANE_DELTAS],
                wait=platform.poll_wait,
                max_records=settings.pane_deltas_batch,
                gather=3 * platform.poll_wait,
                retry_on=(DatabaseUnavailable,),
            ),
            log=log,
            handler=evaluate,
            logger=service_log,
            observer=pump_metrics.of(_EVALUATES),
        )
        goal_changes = Consuming(platform, pump_metrics, service_log).activity(
            goal_changes_handler(AdoptGoalChange(definition_unit, _ADOPTS), positions.starting_offsets), GOAL_CHANGES
        )
        issue_changes = Consuming(platform, pump_metrics, service_log).activity(
            issue_changes_handler(FollowIssues(follow_unit, _FOLLOWS), positions.starting_offsets), ISSUE_CHANGES
        )
        reading_types = Consuming(platform, pump_metrics, service_log).activity(
            reading_types_handler(AdoptReadingTypes(definition_unit, _LEARNS), positions.starting_offsets),
            READING_TYPES,
        )
        gauges = GaugeTimer(
            query=QueryStanding(readers, settings.gauge_series),
            oldest_unpublished=lambda: oldest_unpublished(database, DELIVERY),
            metrics=metrics,
            every=timedelta(seconds=settings.gauges_every_seconds),
        )
        trimmer = LogTrimmer(
            name=_NAME,
            database=database,
            tables=DELIVERY,
            log=log,
            reads={FOLDS: READINGS, _EVALUATES: PANE_DELTAS},
            kept=timedelta(hours=settings.log_kept_hours),
        )
        return [
            Activity(BuiltInIndicators(DefineBuiltInIndicators(definition_unit)), _TIMER_REST),
            Activity(readings, _PUMP_REST),
            Activity(pane_deltas, _PUMP_REST),
            goal_changes,
            issue_changes,
            reading_types,
            Activity(Relay(producer=_NAME, database=database, tables=DELIVERY, log=log), _RELAY_REST),
            Activity(gauges, _TIMER_REST),
            Activity(_history_timer(database, settings, pane_partitions), _TIMER_REST),
            Activity(trimmer, _TIMER_REST),
        ]

    use_cases = UseCases(
        define_calendar=DefineCalendar(definition_unit),
        define_indicator=DefineIndicator(definition_unit),
        rules=RuleUseCases(DefineRule(definition_unit), QueryRules(readers), TryRule(readers)),
        definitions=QueryDefinitions(readers),
        dictionary=QueryDictionary(readers),
        values=QueryValues(readers),
        readings=QueryReadings(readers),
        explanations=QueryExplanation(readers, _EXPLAINED_READINGS),
        anomalies=QueryAnomalies(readers),
        charts=ChartUseCases(
            chart=QueryChart(readers, chart_unit), rebase=RebaseChart(chart_unit), rebases=QueryRebases(readers)
        ),
    )
    return Service(
        Wiring(
            name=_NAME,
            database=database,
            migrations=Migrations(database, "services.analytics.migrations"),
            log=log,
            topics=[TopicSpec(topic.name, topic.partitions, topic.retention) for topic in TOPICS],
            routers=[make_router(use_cases, clock)],
            problems=PROBLEMS,
            open_activities=open_activities,
            logger=service_log,
        )
    )


def _history_timer(database: Database, settings: AnalyticsSettings, pane_partitions: Callable[[], int]) -> HistoryTimer:
    def unit() -> SqlUpkeepUnitOfWork:
        return SqlUpkeepUnitOfWork(database, pane_partitions())

    return HistoryTimer(MergeBlocks(unit), ForgetOldReadings(unit, timedelta(days=settings.readings_kept_days)))
