"""Ingest, wired. The only file that knows every part."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.ingest.adapters.compiled_scan import CompiledScan, compile_scan
from services.ingest.adapters.definition_store import CachedCatalogue, ReadOnlyDefinitions, SqlDefinitionReader
from services.ingest.adapters.publisher import LogReadingsPublisher, LogSourceTopics
from services.ingest.adapters.quarantine_store import SqlQuarantineReader
from services.ingest.adapters.tables import DELIVERY
from services.ingest.adapters.unit_of_work import IngestUnitOfWork
from services.ingest.entrypoints.backlog import Backlog
from services.ingest.entrypoints.expectation_timer import ExpectationTimer
from services.ingest.entrypoints.http import Routes, make_router
from services.ingest.entrypoints.in_flight import InFlight
from services.ingest.entrypoints.intake import Intake
from services.ingest.entrypoints.problems import PROBLEMS
from services.ingest.entrypoints.quarantine_timer import QuarantineTimer
from services.ingest.entrypoints.raw_consumer import CONSUMER, MOST_RECORDS, TOPICS, RawRecords
from services.ingest.entrypoints.reading_types_timer import ReadingTypesTimer
from services.ingest.entrypoints.receive import Receive
from services.ingest.metrics import IngestMetrics
from services.ingest.settings import IngestSettings
from services.ingest.use_cases.accept_metric_events import AcceptMetricEvents, PrepareMetricEvents
from services.ingest.use_cases.define import DefineReadingType, RegisterSource
from services.ingest.use_cases.query_definitions import QueryDefinitions
from services.ingest.use_cases.settle_quarantined import DiscardQuarantined, ReleaseQuarantined, ReplayQuarantined
from services.ingest.use_cases.state_expectations import StateExpectations
from services.ingest.use_cases.tell_reading_types import TellReadingTypes
from shared.database.migrations import Migrations
from shared.database.outbox import Relay, oldest_unpublished
from shared.database.positions import Positions
from shared.eventlog.dead_letters import DeadLetters
from shared.eventlog.event_handler import RecordHandler
from shared.eventlog.handler import Busy, Subscription
from shared.eventlog.port import TopicSpec
from shared.eventlog.pump import Pump
from shared.eventlog.pump_metrics import PumpMetrics
from shared.events.topics import READINGS
from shared.events.topics import TOPICS as ALL_TOPICS
from shared.process.platform import Platform
from shared.process.service import UNAVAILABLE_ERRORS, Service, Wiring
from shared.runtime.component import Activity
from shared.telemetry.logging import logger
from shared.telemetry.metrics import MetricFactory

__all__ = ["IngestSettings", "build"]


def build(settings: IngestSettings, platform: Platform) -> Service:
    """Construct and connect; nothing is opened before the service starts."""
    url = settings.database_url
    database = platform.database(url.get_secret_value() if url else platform.sqlite_url("ingest"))
    make = MetricFactory(platform.registry, "ingest")
    metrics, consumers = IngestMetrics(make), PumpMetrics(make)
    log = logger("ingest")

    def units() -> IngestUnitOfWork:
        return IngestUnitOfWork(database, platform.ids)

    scan = CompiledScan(compile_scan, log)
    catalogue = CachedCatalogue(database, most_event_bytes=settings.most_event_bytes, scan=scan)
    publisher = LogReadingsPublisher(platform.log)
    quarantine = SqlQuarantineReader(database)
    intake = Intake(
        prepare=PrepareMetricEvents(catalogue),
        accept=AcceptMetricEvents(units, publisher),
        metrics=metrics,
        clock=platform.clock,
    )
    backlog = Backlog(
        log=platform.log,
        topic=READINGS,
        group=f"analytics.{READINGS}",
        most=timedelta(minutes=settings.most_backlog_minutes),
        show=metrics.backlog,
    )
    routes = Routes(
        receive=Receive(intake, InFlight(settings.most_bytes_in_flight), settings.most_body_bytes, backlog),
        define_reading_type=DefineReadingType(units),
        register_source=RegisterSource(units, LogSourceTopics(platform.log)),
        query_definitions=QueryDefinitions(ReadOnlyDefinitions(database)),
        quarantine=quarantine,
        release=ReleaseQuarantined(quarantine, catalogue, units, publisher),
        discard=DiscardQuarantined(quarantine, units),
        replay=ReplayQuarantined(quarantine, catalogue, units, publisher),
        clock=platform.clock,
    )

    def oldest() -> datetime | None:
        return oldest_unpublished(database, DELIVERY)

    def definitions_revision() -> int:
        with database.reading() as connection:
            return SqlDefinitionReader(connection).revision()

    def open_activities() -> Sequence[Activity]:
        relay = Relay(producer="ingest", database=database, tables=DELIVERY, log=platform.log)
        positions = Positions(database, DELIVERY, platform.log)
        handler = RecordHandler(
            consumer=CONSUMER,
            starting_offsets=positions.starting_offsets,
            apply=RawRecords(intake, units, (*UNAVAILABLE_ERRORS, Busy)),
        )
        pump = Pump(
            Subscription(
                name=CONSUMER,
                group=CONSUMER,
                topics=TOPICS,
                wait=platform.poll_wait,
                max_records=MOST_RECORDS,
                side_by_side=True,
                retry_on=UNAVAILABLE_ERRORS,
            ),
            log=platform.log,
            handler=handler,
            logger=log,
            dead_letters=DeadLetters(platform.log, CONSUMER, TOPICS),
            observer=consumers.of(CONSUMER),
        )
        return [
            Activity(pump, rest=timedelta(milliseconds=5)),
            Activity(scan, rest=timedelta(milliseconds=500)),
            Activity(backlog, rest=timedelta(seconds=1)),
            Activity(QuarantineTimer(quarantine.open_by_reason, oldest, metrics), rest=timedelta(seconds=1)),
            Activity(ExpectationTimer(StateExpectations(catalogue, units, publisher)), rest=timedelta(seconds=1)),
            Activity(
                ReadingTypesTimer(TellReadingTypes(units), definitions_revision), rest=timedelta(milliseconds=100)
            ),
            Activity(relay, rest=timedelta(milliseconds=100)),
        ]

    return Service(
        Wiring(
            name="ingest",
            database=database,
            migrations=Migrations(database, "services.ingest.migrations"),
            log=platform.log,
            topics=[TopicSpec(topic.name, topic.partitions, topic.retention) for topic in ALL_TOPICS],
            routers=[make_router(routes)],
            problems=PROBLEMS,
            open_activities=open_activities,
            logger=log,
        )
    )
