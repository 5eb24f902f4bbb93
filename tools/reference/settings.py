"""Settings: a reference page, and one environment file per service."""

from collections.abc import Iterator
from typing import Any

from shared.runtime.settings import ProcessSettings, Settings
from tools.reference.document import Document, hashed, markdown, table
from tools.reference.services import classes_of, parts

_INTRODUCTION = (
    "Settings are environment variables, read once when a process starts. `andon check-config` reads them all, reports every "
    "wrong or unknown one together, and prints the values in force with secrets hidden. A variable that is not set has its "
    "default."
)


def settings_classes() -> dict[str, type[Settings]]:
    """Service → its settings class; `process` for what every process needs."""
    found: dict[str, type[Settings]] = {"process": ProcessSettings}
    for service, module in parts("settings.py"):
        (found[service],) = (item for item in classes_of(module) if issubclass(item, Settings))
    return found


def variables(settings: type[Settings]) -> dict[str, str]:
    """Variable → its description."""
    return {settings.variable(name): field.description or "" for name, field in settings.model_fields.items()}


def documents() -> Iterator[Document]:
    found = settings_classes()
    yield _page(found)
    for service, settings in found.items():
        if service != "process":
            yield _environment_file(service, [found["process"], settings])


def _page(found: dict[str, type[Settings]]) -> Document:
    blocks = [_INTRODUCTION]
    for name, settings in found.items():
        blocks.append("## Every process" if name == "process" else f"## {name.capitalize()}")
        blocks.append(table(("variable", "value", "default", "meaning"), _rows(settings)))
    return markdown("docs/reference/settings.md", "Settings", *blocks)


def _rows(settings: type[Settings]) -> Iterator[tuple[str, str, str, str]]:
    shapes = settings.model_json_schema()["properties"]
    for name, field in settings.model_fields.items():
        default = _default(settings, name)
        shown = f"`{default}`" if default else "none"
        yield f"`{settings.variable(name)}`", _values(shapes[name]), shown, field.description or ""


def _values(shape: dict[str, Any]) -> str:
    """What may stand there, in words."""
    if "anyOf" in shape:
        shape = next(option for option in shape["anyOf"] if option.get("type") != "null")
    if "enum" in shape:
        return " or ".join(f"`{value}`" for value in shape["enum"])
    if shape.get("format") == "password":
        return "secret"
    if shape.get("format") in {"duration", "path"}:
        return "duration, ISO 8601" if shape["format"] == "duration" else "path"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
    bounds = [
        f"{word} {str(shape[key]).removesuffix('.0')}"
        for key, word in (("exclusiveMinimum", "above"), ("minimum", "from"), ("maximum", "to"))
        if key in shape
    ]
    return " ".join([words[shape["type"]], *bounds])


def _default(settings: type[Settings], name: str) -> str:
    """As it would be written in the environment; empty for none."""
    value = settings.model_json_schema()["properties"][name].get("default")
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _environment_file(service: str, classes: list[type[Settings]]) -> Document:
    lines = [
        f"# Environment of `andon run {service}`. A line that is commented out shows the default.",
        "# Every variable and its values: docs/reference/settings.md",
    ]
    for settings in classes:
        for name, field in settings.model_fields.items():
            lines += ["", f"# {' '.join((field.description or '').split())}"]
            lines.append(f"#{settings.variable(name)}={_default(settings, name)}")
    return hashed(f"deploy/env/{service}.env.example", lines)
