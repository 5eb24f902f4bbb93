"""`andon apply`: definitions from YAML files, in an order in which each finds what it refers to."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from services.cli.client import CallFailed, Client

SECTIONS = {
    "calendars": "calendars",
    "reading_types": "reading-types",
    "sources": "sources",
    "indicators": "indicators",
    "rules": "rules",
    "goal_sets": "goal-sets",
}
"""Section of a file → path below /v1, in the order in which they are sent."""


class UnreadableDefinitions(Exception):
    """A file is not YAML, or not of the form of definitions."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition and the file it stands in."""

    file: Path
    section: str
    name: str
    body: Mapping[str, Any]


def read_definitions(folder: Path) -> list[Definition]:
    """All definitions of a folder's YAML files (or of one file), in the order of SECTIONS.

    Raises:
        UnreadableDefinitions: naming file and place.
    """
    files = [folder] if folder.is_file() else sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    if not files:
        raise UnreadableDefinitions(f"{folder} holds no *.yaml file")
    found = [definition for file in files for definition in _definitions(file)]
    order = list(SECTIONS)
    return sorted(found, key=lambda definition: order.index(definition.section))


def apply_definitions(client: Client, definitions: list[Definition]) -> Iterator[str]:
    """Send them one by one; yields a line for each that was taken. Sending them twice changes nothing.

    Raises:
        CallFailed: naming the file, the definition, and each wrong field with its remedy.
    """
    for definition in definitions:
        path = f"/v1/{SECTIONS[definition.section]}/{definition.name}"
        try:
            known = client.find(path)
            version = client.put(path, definition.body).json().get("version")
        except CallFailed as error:
            raise CallFailed(f"{definition.file}: {definition.section}/{definition.name}: {error}") from error
        yield f"{definition.section}/{definition.name}: {_outcome(known, version)}, version {version}"


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
