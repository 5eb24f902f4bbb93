"""One Kubernetes manifest per service, from one template, so that they differ only where the services do."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Template

from tools.reference.document import ROOT, Document, hashed
from tools.reference.services import SERVICES

_TEMPLATE = Path(__file__).with_name("kubernetes.yaml")


def documents() -> Iterator[Document]:
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    for service in SERVICES:
        text = template.substitute(
            service=service,
            SERVICE=service.upper(),
            version=product_version(),
        )
        yield hashed(f"deploy/kubernetes/{service}.yaml", text.splitlines())


def product_version() -> str:
    """The version of the product, which is also the tag of its image."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])
