"""`andon apply`: definitions from YAML files, in an order in which each finds what it refers to."""

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

_CREATED = 201


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
            answer = client.put(path, definition.body)
        except CallFailed as error:
            raise CallFailed(f"{definition.file}: {definition.section}/{definition.name}: {error}") from error
        outcome = "created" if answer.status_code == _CREATED else "in force"
        version = answer.json().get("version")
        yield f"{definition.section}/{definition.name}: {outcome}" + (f", version {version}" if version else "")


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
            yield Definition(file, section, str(name), body)
