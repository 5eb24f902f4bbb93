"""The commands of the program `andon`, as they describe themselves."""

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from services.cli.client import DEFAULT_URL
from services.cli.main import application
from tools.reference.document import Document, markdown, table

_INTRODUCTION = (
    "`make setup` puts the program at `.venv/bin/andon`; `python -m services` is the same. Commands exit with 0, or with 1 and a "
    "sentence that says what to put right. Those that call a running Andon find it at `ANDON_URL` "
    f"(default `{DEFAULT_URL}`), show the bearer token in `ANDON_TOKEN`, and without authentication act as `ANDON_ACTOR` "
    "(`name; role role`)."
)


def commands() -> dict[str, Any]:
    """`andon quarantine list` → the command, in the order in which they are declared."""
    return dict(_below("andon", typer.main.get_command(application)))


def documents() -> Iterator[Document]:
    blocks = [_INTRODUCTION]
    for name, command in commands().items():
        arguments = [parameter for parameter in command.params if _is_argument(parameter)]
        usage = " ".join([name, *(_usage(argument) for argument in arguments)])
        blocks += [f"## {name}", f"`{usage}`", inspect.cleandoc(command.help or "")]
        rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            blocks.append(table(("argument or option", "default", "meaning"), rows))
    yield markdown("docs/reference/commands.md", "Commands", *blocks)


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, child in inner.items():
        yield from _below(f"{name} {word}", child)


def _is_argument(parameter: Any) -> bool:
    return not str(parameter.opts[0]).startswith("-")


def _usage(argument: Any) -> str:
    shown = f"{argument.name.upper()}{'…' if argument.nargs == -1 else ''}"
    return shown if argument.required else f"[{shown}]"


def _row(parameter: Any) -> tuple[str, str, str]:
    shown = _usage(parameter) if _is_argument(parameter) else ", ".join([*parameter.opts, *parameter.secondary_opts])
    default = "required" if parameter.required else str(parameter.default) if parameter.default else "none"
    variable = f" Also from `{parameter.envvar}`." if parameter.envvar else ""
    return f"`{shown}`", default, (parameter.help or "") + variable
