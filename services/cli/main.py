"""The program `andon`: its commands, and what their errors look like on a terminal."""

from typing import Annotated

import typer

from services.cli.operation import all_settings, migrate
from services.cli.process import CannotRun, run_until_signalled
from services.targets import UnknownTarget
from shared.eventlog.port import EventLogError
from shared.runtime.settings import InvalidSettings, ProcessSettings
from shared.telemetry.logging import configure_logging
from shared.web.actor import UnsafeBinding
from shared.web.server import CannotListen

application = typer.Typer(
    name="andon",
    help="Quality goals, live indicators and corrective action, from events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

EXPECTED = (CannotListen, CannotRun, EventLogError, InvalidSettings, UnknownTarget, UnsafeBinding)
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


def main() -> None:
    """Run the program; exits with 0, or with 1 and a sentence for what a person can put right."""
    try:
        application()
    except EXPECTED as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise SystemExit(1) from error
