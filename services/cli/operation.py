"""`andon migrate` and `andon check-config`: what an operator does before services run."""

import os
from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from services.targets import TARGETS, build_service, chosen
from shared.eventlog.memory import MemoryLog
from shared.process.platform import Platform
from shared.runtime.clock import SystemClock
from shared.runtime.identifiers import CountingIds
from shared.runtime.settings import InvalidSettings, ProcessSettings, Settings

CLIENT_VARIABLES = {"ANDON_URL", "ANDON_TOKEN", "ANDON_ACTOR"}
"""Read by the commands that call a running Andon, not by its services."""
PREFIX = "ANDON_"


def all_settings(names: Sequence[str]) -> list[Settings]:
    """Settings of the process and of these services, read and checked together.

    Raises:
        InvalidSettings: every problem of all of them, misspelt variables included.
    """
    classes: list[type[Settings]] = [ProcessSettings, *(TARGETS[name].settings for name in chosen(names))]
    problems = _unknown_variables()
    read: list[Settings] = []
    for settings in classes:
        try:
            read.append(settings.read())
        except InvalidSettings as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidSettings(problems)
    return read


def known_variables() -> set[str]:
    """Every environment variable that some setting reads."""
    classes: list[type[Settings]] = [ProcessSettings, *(target.settings for target in TARGETS.values())]
    return {settings.variable(field) for settings in classes for field in settings.model_fields} | CLIENT_VARIABLES


def _unknown_variables() -> list[str]:
    known = known_variables()
    return [
        f"{name}: there is no such setting; `andon check-config` lists those that there are"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known and not name.startswith("ANDON_TEST_")
    ]


def migrate(names: Sequence[str]) -> list[str]:
    """Bring the databases of these services up; returns a line for each. Doing it twice changes nothing."""
    all_settings(names)
    clock, ids = SystemClock(), CountingIds()
    platform = Platform(
        clock=clock,
        ids=ids,
        log=MemoryLog(clock=clock, ids=ids),  # building needs a log to name, and uses none
        registry=CollectorRegistry(),
        data_dir=ProcessSettings.read().data_dir,
    )
    lines = []
    for name in chosen(names):
        service = build_service(name, platform)
        service.wiring.migrations.upgrade()
        lines.append(f"{name}: schema is at {service.wiring.migrations.head()}")
        service.stop()
    return lines
