"""Every generated file, and which of them are not as they should be."""

from tools.reference import (
    asyncapi,
    commands,
    control_chart,
    issue_transitions,
    kubernetes,
    metrics,
    problems,
    settings,
    topics,
)
from tools.reference.document import ROOT, Document

_SOURCES = (
    settings.documents,
    metrics.documents,
    topics.documents,
    problems.documents,
    commands.documents,
    issue_transitions.documents,
    asyncapi.documents,
    kubernetes.documents,
    control_chart.documents,
)


def documents() -> list[Document]:
    """All generated files as they should be."""
    return [document for source in _SOURCES for document in source()]


def outdated() -> list[Document]:
    """Those whose file is missing or different."""
    return [document for document in documents() if _as_it_is(document) != document.text]


def _as_it_is(document: Document) -> str | None:
    path = ROOT / document.path
    return path.read_text(encoding="utf-8") if path.exists() else None
