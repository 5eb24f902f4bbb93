"""`andon run`: services, supervisor and web server in one process, until a signal asks to stop."""

import fcntl
import os
import random
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from services.targets import ALL, build_service, chosen
from shared.eventlog.factory import LogChoice, open_log
from shared.process.garbage_collection import collect_less_often
from shared.process.platform import Platform
from shared.process.service import OPERATIONAL_ERRORS, UNAVAILABLE_ERRORS, Service
from shared.process.upkeep import LogUpkeep
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.failpoints import arm
from shared.runtime.identifiers import SortableIds
from shared.runtime.settings import ProcessSettings
from shared.runtime.supervisor import Policy, Supervisor
from shared.telemetry.logging import logger
from shared.telemetry.operational_errors import ActivityObserver
from shared.web.actor import authentication, check_binding
from shared.web.application import Surroundings, create_application
from shared.web.server import Server

LOCK_FILE = "andon.lock"
"""In the data folder; held while a process works there."""


class CannotRun(Exception):
    """The process cannot run as it is set up; the message says what to change."""


@dataclass(frozen=True)
class Running:
    """A process at work."""

    port: int
    services: Sequence[Service]


@contextmanager
def running(settings: ProcessSettings, names: Sequence[str]) -> Iterator[Running]:
    """Run services until the block is left; everything that was started is stopped then, in reverse.

    Raises:
        CannotRun, UnsafeBinding, InvalidSettings, SchemaOutdated, CannotListen: before anything answers.
    """
    services = chosen(names)
    if settings.log == "embedded" and services != ALL:
        raise CannotRun(
            "the embedded log belongs to one process, so all four services run in it: "
            "leave the names out, or set ANDON_LOG=kafka to run them apart"
        )
    clock = SystemClock()
    with ExitStack() as stack:
        stack.enter_context(_locked(settings.data_dir, shared_by_design=settings.log == "kafka"))
        platform = _platform(settings, clock)
        stack.callback(platform.log.close)
        built = [build_service(name, platform) for name in services]
        supervisor = _supervisor(settings, platform, built)
        server = Server(
            create_application(built, _surroundings(settings, platform, supervisor)),
            host=settings.host,
            port=settings.port,
            stop_within_seconds=settings.stop_within_seconds / 3,
        )
        supervisor.start()
        stack.callback(supervisor.stop)
        stack.enter_context(server)
        logger("process").info("listening", url=f"http://{settings.host}:{server.port}", services=services)
        yield Running(server.port, built)


def run_until_signalled(settings: ProcessSettings, names: Sequence[str]) -> None:
    """Run services until SIGTERM or SIGINT."""
    arm(settings.fail_points)
    if settings.fail_points:
        logger("process").warning("fail_points_armed", steps=settings.fail_points)
    with _stop_requests() as stop_requested, running(settings, names):
        collect_less_often()
        os.read(stop_requested, 1)
        logger("process").info("stopping", within_seconds=settings.stop_within_seconds)
    logger("process").info("stopped")


@contextmanager
def _stop_requests() -> Iterator[int]:
    """A descriptor that can be read from once SIGTERM or SIGINT has come, however often.

    A pipe and not an event: a signal is handled in the midst of the main thread's work, the setting of that event included, and
    the second of two (a shell and make each pass one on) would wait for ever for the lock that the first one holds.
    """
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    before = {
        number: signal.signal(number, lambda *_: os.write(writable, b"!")) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield readable
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(readable)
        os.close(writable)


def _platform(settings: ProcessSettings, clock: Clock) -> Platform:
    ids = SortableIds(clock, random.SystemRandom())
    choice = LogChoice(
        kind=settings.log,
        folder=settings.data_dir / "log",
        bootstrap_servers=settings.kafka_bootstrap_servers,
        topic_prefix=settings.kafka_topic_prefix,
        session_timeout=timedelta(seconds=settings.kafka_session_timeout_seconds),
    )
    return Platform(
        clock=clock,
        ids=ids,
        log=open_log(choice, clock=clock, ids=ids),
        registry=CollectorRegistry(),
        data_dir=settings.data_dir,
    )


def _supervisor(settings: ProcessSettings, platform: Platform, services: Sequence[Service]) -> Supervisor:
    return Supervisor(
        [LogUpkeep(platform.log), *services],
        clock=platform.clock,
        policy=Policy(OPERATIONAL_ERRORS, timedelta(seconds=settings.stop_within_seconds * 2 / 3)),
        observer=ActivityObserver(platform.registry),
    )


def _surroundings(settings: ProcessSettings, platform: Platform, supervisor: Supervisor) -> Surroundings:
    key = settings.auth_signing_key
    caller = authentication(
        signing_key=key.get_secret_value() if key else None,
        issuer=settings.auth_issuer,
        audience=settings.auth_audience,
    )
    check_binding(settings.host, caller)
    return Surroundings(
        ids=platform.ids,
        registry=platform.registry,
        authentication=caller,
        unavailable=UNAVAILABLE_ERRORS,
        log=platform.log,
        unready=supervisor.unready,
    )


@contextmanager
def _locked(folder: Path, *, shared_by_design: bool) -> Iterator[None]:
    """Make the data folder; with the embedded log, keep every other process out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    if shared_by_design:
        yield
        return
    with (folder / LOCK_FILE).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotRun(f"another Andon works in {folder}; stop it, or choose another ANDON_DATA_DIR") from error
        yield
