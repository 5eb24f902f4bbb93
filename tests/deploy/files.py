"""The deployment files as the tests read them."""

from functools import cache
from typing import Any

import yaml

from tools.reference.document import ROOT
from tools.reference.settings import settings_classes, variables

DEPLOY = ROOT / "deploy"


@cache
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return document


def known_variables(*services: str) -> set[str]:
    """The settings of every process and of these services."""
    classes = settings_classes()
    return {name for owner in ("process", *services) for name in variables(classes[owner])}


def andon_variables(environment: dict[str, Any]) -> set[str]:
    return {name for name in environment if name.startswith("ANDON_")}
