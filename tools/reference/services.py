"""The services and their parts, found by their files."""

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType

from tools.reference.document import ROOT

SERVICES = ("ingest", "analytics", "issues", "goals")
"""In the order in which events pass through them."""


def parts(file: str) -> Iterator[tuple[str, ModuleType]]:
    """(service, module) of each service that has this file, such as `entrypoints/problems.py`."""
    for service in SERVICES:
        if (ROOT / "services" / service / file).exists():
            dotted = file.removesuffix(".py").replace("/", ".")
            yield service, importlib.import_module(f"services.{service}.{dotted}")


def classes_of(module: ModuleType) -> Iterator[type]:
    """The classes that a module defines itself, in the order in which they stand there."""
    defined = [item for item in vars(module).values() if inspect.isclass(item) and item.__module__ == module.__name__]
    yield from defined
