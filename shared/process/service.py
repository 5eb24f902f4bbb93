"""A wired service: what `bootstrap.build` returns, whichever service it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter

from shared.database.engine import Database, DatabaseUnavailable
from shared.database.migrations import Migrations, SchemaOutdated
from shared.database.versioning import ConcurrentChange
from shared.eventlog.port import EventLog, LogUnavailable, TopicSpec
from shared.runtime.component import Activity
from shared.telemetry.logging import Logger
from shared.web.problems import ProblemKind

UNAVAILABLE_ERRORS: tuple[type[Exception], ...] = (DatabaseUnavailable, LogUnavailable)
"""Something outside is away: a request is answered with 503, an activity tries again."""

OPERATIONAL_ERRORS: tuple[type[Exception], ...] = (*UNAVAILABLE_ERRORS, ConcurrentChange)
"""Trouble that a running process is expected to meet, and that goes away by trying again."""


STARTUP_ERRORS: tuple[type[Exception], ...] = (*UNAVAILABLE_ERRORS, SchemaOutdated)
"""Why a process may be unable to start; an operator can put it right."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a service consists of, apart from its life cycle.

    `open_activities` makes consumers, relays and timers; it is called once the schema and the topics exist.
    """

    name: str
    database: Database
    migrations: Migrations
    log: EventLog
    topics: Sequence[TopicSpec]
    routers: Sequence[APIRouter]
    problems: Mapping[type[Exception], ProblemKind]
    open_activities: Callable[[], Sequence[Activity]]
    logger: Logger


@dataclass
class Service:
    """Starts and stops one service; a `Component`. Starting and stopping twice changes nothing."""

    wiring: Wiring
    activities: Sequence[Activity] = field(default=(), init=False)
    _started: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        return self.wiring.name

    @property
    def routers(self) -> Sequence[APIRouter]:
        return self.wiring.routers

    @property
    def problems(self) -> Mapping[type[Exception], ProblemKind]:
        return self.wiring.problems

    def start(self) -> None:
        """Bring the schema up (SQLite) or check it (PostgreSQL), make the topics, join the consumer groups.

        Raises:
            SchemaOutdated: PostgreSQL is not migrated; run `andon migrate`.
            LogUnavailable, DatabaseUnavailable: the process should be started again later.
        """
        if self._started:
            return
        if self.wiring.database.is_sqlite:
            self.wiring.migrations.upgrade()
        else:
            self.wiring.migrations.check()
        self.wiring.log.ensure_topics(self.wiring.topics)
        self.activities = self.wiring.open_activities()
        self._started = True
        self.wiring.logger.info("service_started", activities=[activity.stepper.name for activity in self.activities])

    def stop(self) -> None:
        """Close the activities in reverse order, then the database. One that fails does not stop the others."""
        for activity in reversed(self.activities):
            try:
                activity.stepper.close()
            except Exception as error:  # noqa: BLE001 - teardown goes on, whatever one part raises
                self.wiring.logger.warning("close_failed", activity=activity.stepper.name, error=str(error))
        self.activities = ()
        self.wiring.database.close()
        self._started = False

    def unready(self) -> Sequence[str]:
        """Why the service cannot work now: not started, database away, schema old, log away, or the disk of either full."""
        if not self._started:
            return [f"{self.name} has not started"]
        reasons = []
        try:
            self.wiring.migrations.check()
            self.wiring.database.check()
        except (DatabaseUnavailable, SchemaOutdated, OSError) as error:
            reasons.append(f"{self.name}: database: {error}")
        try:
            self.wiring.log.check()
        except LogUnavailable as error:
            reasons.append(f"{self.name}: event log: {error}")
        return reasons
