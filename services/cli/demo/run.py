"""The demo from end to end: a fresh Andon, definitions, flights, and the comparison."""

import os
import shutil
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from services.cli.client import Client
from services.cli.definitions import Definition, apply_definitions, read_definitions
from services.cli.demo.agreement import Check, compare, compare_sending
from services.cli.demo.expectation import Expectation, expect
from services.cli.demo.flights import Row, read_airlines, read_rows
from services.cli.demo.observation import Settled, wait_until_settled
from services.cli.demo.report import Shown, report
from services.cli.demo.sending import Sent, plan, send
from services.cli.load import progress_bar
from services.cli.process import LOCK_FILE, running
from shared.runtime.settings import ProcessSettings
from shared.telemetry.logging import configure_logging

SETTLES_WITHIN_SECONDS = 90.0
_PLANNER = "Li Wei; quality_manager"
_DIRECTOR = "Zhang Min; director"
"""Whoever has written the goals does not approve them."""

Definitions = Mapping[str, Mapping[str, Any]]


class CannotShow(Exception):
    """The demo cannot begin; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the demo finds its data and definitions, and where it works; `folder` is wiped first."""

    archive: Path
    definitions: Path
    folder: Path


def run_demo(places: Places, console: Console) -> bool:
    """Run the demo and print what it has found; says whether every figure agrees with the recomputation.

    Raises:
        CannotShow, NoFlights, CallFailed, CannotListen.
    """
    begun = time.monotonic()
    _forget_settings()
    _wipe(places.folder)
    configure_logging(level="warning", log_format="console")
    console.print(f"Reading the flights of 2013 from {places.archive}")
    rows = read_rows(places.archive)
    with running(_settings(places.folder), []) as andon:
        console.print(
            f"Andon runs on http://127.0.0.1:{andon.port} (four services, embedded log, SQLite in {places.folder})"
        )
        sent, settled, definitions, expected = _play(f"http://127.0.0.1:{andon.port}", places, rows, console)
    checks = [compare_sending(sent, plan(rows)), *compare(settled.observation, expected)]
    if not settled.at_rest:
        checks.append(Check("everything came to rest", 1, [f"still moving after {SETTLES_WITHIN_SECONDS:.0f} s"]))
    airlines = read_airlines(places.archive)
    shown = Shown(sent, settled.observation, checks, airlines, definitions, time.monotonic() - begun, places.folder)
    report(shown, console)
    return not any(check.differences for check in checks)


def _play(
    url: str, places: Places, rows: Sequence[Row], console: Console
) -> tuple[Sent, Settled, Definitions, Expectation]:
    wanted = read_definitions(places.definitions)
    definitions = _sections(wanted)
    (period,) = definitions["goal_sets"]
    with Client(url, _PLANNER) as planner, Client(url, _DIRECTOR) as director:
        for line in apply_definitions(planner, wanted):
            console.print(f"  {line}", highlight=False)
        for trigger, client in (
            ("decompose", planner),
            ("submit", planner),
            ("vote-approve", director),
            ("publish", planner),
        ):
            state = client.post(f"/v1/goal-sets/{period}/{trigger}", {})["state"]
            console.print(f"  goal set {period}: {trigger} → {state}", highlight=False)
        with progress_bar(console) as progress:
            sent = send(planner, rows, progress)
        console.print("Computing the same from the CSV, in plain Python, while Andon comes to rest")
        expected = expect(rows, definitions)
        settled = wait_until_settled(
            planner, list(definitions["indicators"]), period, within_seconds=SETTLES_WITHIN_SECONDS
        )
    return sent, settled, definitions, expected


def _sections(definitions: Sequence[Definition]) -> Definitions:
    sections: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for definition in definitions:
        sections[definition.section][definition.name] = definition.body
    return sections


def _settings(folder: Path) -> ProcessSettings:
    """On any free port; the settings' own least port is 1, because nobody could find a server on any other."""
    return ProcessSettings(data_dir=folder).model_copy(update={"port": 0})


def _forget_settings() -> None:
    """The demo is the same everywhere: no setting of another installation reaches it."""
    for name in [name for name in os.environ if name.startswith("ANDON_")]:
        del os.environ[name]


def _wipe(folder: Path) -> None:
    """Begin from nothing. Only a folder that an Andon has worked in is removed."""
    if folder.exists() and any(folder.iterdir()) and not (folder / LOCK_FILE).exists():
        raise CannotShow(f"{folder} holds something else than a demo's data; name another --folder")
    shutil.rmtree(folder, ignore_errors=True)
