"""`andon quarantine`: look at what was refused, repair it, replay it, or let it go."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.cli.client import Client

commands = typer.Typer(help="Look at what was refused, repair it, replay it, or let it go.", no_args_is_help=True)


class UnreadableEvent(Exception):
    """The file with the corrected event is missing, or is not JSON."""


Url = Annotated[str | None, typer.Option(help="where Andon listens; default ANDON_URL")]
Source = Annotated[str | None, typer.Option(help="only of this source")]
Reason = Annotated[str | None, typer.Option(help="only with this reason")]


def _selection(source: str | None, reason: str | None) -> dict[str, str | int]:
    return {name: value for name, value in (("source", source), ("reason", reason)) if value is not None}


@commands.command("list")
def list_entries(source: Source = None, reason: Reason = None, url: Url = None) -> None:
    """Open entries, oldest first."""
    with Client(url) as client:
        entries = client.everything("/v1/quarantine", _selection(source, reason))
    table = Table("id", "source", "event", "reason", "detail")
    for entry in entries:
        table.add_row(*(str(entry.get(name) or "-") for name in ("id", "source", "event_id", "reason", "detail")))
    Console(width=None if Console().is_terminal else 200).print(table)


@commands.command("show")
def show_entry(entry_id: str, url: Url = None) -> None:
    """One entry with its original and its history."""
    with Client(url) as client:
        typer.echo(json.dumps(client.get(f"/v1/quarantine/{entry_id}"), indent=2, ensure_ascii=False))


@commands.command("release")
def release_entry(entry_id: str, file: Path, url: Url = None) -> None:
    """Send a corrected event, from a JSON file, under the id of the original; it counts once."""
    try:
        event = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableEvent(f"{file}: {error}") from error
    _post(f"{entry_id}/release", {"event": event}, url)


@commands.command("discard")
def discard_entry(entry_id: str, reason: Annotated[str, typer.Option(help="why")], url: Url = None) -> None:
    """Let an entry go; it stays on record with the reason."""
    _post(f"{entry_id}/discard", {"reason": reason}, url)


@commands.command("replay")
def replay_entries(source: Source = None, reason: Reason = None, url: Url = None) -> None:
    """Map open entries again, after their source's mapping was repaired."""
    _post("replay", _selection(source, reason), url)


def _post(path: str, body: Any, url: str | None) -> None:
    with Client(url) as client:
        typer.echo(json.dumps(client.post(f"/v1/quarantine/{path}", body), ensure_ascii=False))
