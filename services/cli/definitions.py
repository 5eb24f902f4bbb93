"""`andon apply`: definitions from YAML files, in an order in which each finds what it refers to."""

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from services.cli.client import CallFailed, Client

SECTIONS = {
    "calendars": "calendars",
    "reading_types": "reading-types",
    "sources": "sources",
    "indicators": "indicators",
    "rules": "rules",
    "goal_sets": "goal-sets",
    "routing": "routing",
}
"""Section of a file → path below /v1, in the order in which they are sent. `routing` is a list, the others map names."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HEARS_OF_OTHERS = ("goal_sets",)
_MOST_TRIES = 20
_PAUSE_SECONDS = 0.25


class UnreadableDefinitions(Exception):
    """A file is not YAML, or not of the form of definitions."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition and the file it stands in."""

    file: Path
    section: str
    name: str
    body: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Where it is put."""
        return f"/v1/{SECTIONS[self.section]}" + (f"/{quote(self.name, safe='')}" if self.name else "")

    def __str__(self) -> str:
        return f"{self.section}/{self.name}" if self.name else self.section


def read_definitions(folder: Path) -> list[Definition]:
    """All definitions of a folder's YAML files (or of one file), in the order of SECTIONS.

    Raises:
        UnreadableDefinitions: naming file and place.
    """
    files = [folder] if folder.is_file() else sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    if not files:
        raise UnreadableDefinitions(f"{folder} holds no *.yaml file")
    found = [definition for file in files for definition in _definitions(file)]
    return [one for section in SECTIONS for one in _after_their_parts([one for one in found if one.section == section])]


def _after_their_parts(definitions: Sequence[Definition]) -> list[Definition]:
    """What is derived comes after what it names; what goes round in a circle stays as it is, to be refused with the reason."""
    waiting, ordered = list(definitions), list[Definition]()
    while waiting:
        left = {one.name for one in waiting}
        ready = [one for one in waiting if not (_parts(one) & left) - {one.name}] or waiting
        ordered += ready
        waiting = [one for one in waiting if one not in ready]
    return ordered


def _parts(definition: Definition) -> set[str]:
    """The indicators that a definition names in its formula."""
    formula = definition.body.get("formula")
    if not isinstance(formula, Mapping):
        return set()
    weights = formula.get("weights")
    return {*_NAME.findall(str(formula.get("expression", ""))), *(weights if isinstance(weights, Mapping) else ())}


def apply_definitions(client: Client, definitions: Sequence[Definition]) -> Iterator[str]:
    """Send them one by one; yields a line for each that was taken. Sending them twice changes nothing.

    Raises:
        CallFailed: naming the file, the definition, and each wrong field with its remedy.
    """
    for definition in definitions:
        try:
            known = client.find(definition.path)
            version = _put(client, definition)["version"]
        except CallFailed as error:
            raise CallFailed(f"{definition.file}: {definition}: {error}", error.status) from error
        yield f"{definition}: {_outcome(known, version)}, version {version}"


def _put(client: Client, definition: Definition) -> Any:
    """Goals hear of calendars and indicators through the log, a moment after they were defined: ask again for a while."""
    for _ in range(_MOST_TRIES if definition.section in _HEARS_OF_OTHERS else 0):
        try:
            return client.put(definition.path, definition.body).json()
        except CallFailed as error:
            if error.status not in (409, 422):
                raise
            threading.Event().wait(_PAUSE_SECONDS)
    return client.put(definition.path, definition.body).json()


def _outcome(known: Mapping[str, Any] | None, version: int) -> str:
    if known is None:
        return "created"
    return "unchanged" if known.get("version") == version else "changed"


def _definitions(file: Path) -> Iterator[Definition]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise UnreadableDefinitions(f"{file}: {error}") from error
    if not isinstance(document, dict):
        raise UnreadableDefinitions(f"{file}: write sections such as indicators: {{name: …}}")
    for section, entries in document.items():
        if section not in SECTIONS:
            raise UnreadableDefinitions(f"{file}: {section!r} is not a section; use {', '.join(SECTIONS)}")
        yield from _entries(file, section, entries)


def _entries(file: Path, section: str, entries: Any) -> Iterator[Definition]:
    if section == "routing":
        yield Definition(file, section, "", _as_json({"routes": entries}, file))
        return
    if not isinstance(entries, dict) or not all(isinstance(body, dict) for body in entries.values()):
        raise UnreadableDefinitions(f"{file}: {section} maps names to definitions")
    for name, body in entries.items():
        yield Definition(file, section, str(name), _as_json(body, file))


def _as_json(body: Mapping[str, Any], file: Path) -> Mapping[str, Any]:
    """YAML reads `2026-10-01` as a date; JSON has it as text."""
    try:
        plain: Mapping[str, Any] = json.loads(json.dumps(body, default=str, allow_nan=False))
    except ValueError as error:
        raise UnreadableDefinitions(f"{file}: {error}") from error
    return plain
