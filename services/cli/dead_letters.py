"""`andon dead-letters`: look at records that could not be handled, and append them again once the cause is mended."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.cli.client import Client
from services.cli.quarantine import Url

commands = typer.Typer(
    help="Look at records that could not be handled, and replay them once the cause is mended.", no_args_is_help=True
)

_AT_ONCE = 200
_SHOWN = ("andon-topic", "andon-partition", "andon-offset", "ce_source", "andon-reason", "andon-detail")


@commands.command("list")
def list_letters(url: Url = None) -> None:
    """All dead letters, oldest first."""
    table = Table("offset", "topic", "partition", "at", "consumer", "reason", "detail")
    with Client(url) as client:
        for letter in _letters(client):
            table.add_row(str(letter["offset"]), *(letter["headers"].get(name, "-") for name in _SHOWN))
    Console(width=None if Console().is_terminal else 200).print(table)


@commands.command("replay")
def replay_letters(
    offsets: Annotated[list[int], typer.Argument(help="offsets of dead letters, as `list` shows them")], url: Url = None
) -> None:
    """Append dead letters to the topics that they came from. Their order is lost; events that counted do not count again."""
    with Client(url) as client:
        for offset in offsets:
            typer.echo(json.dumps(client.post(f"/v1/dead-letters/{offset}/replay", {})))


def _letters(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    start = 0
    while True:
        page = client.get("/v1/topics/dead-letters/records", {"from": start, "limit": _AT_ONCE})
        found += page["items"]
        start = page["next_offset"]
        if start >= page["end_offset"]:
            return found
