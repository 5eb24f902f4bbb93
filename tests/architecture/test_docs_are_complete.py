"""What the documents name exists, and what exists is named."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "services").glob("*/README.md")])
_PATH = re.compile(r"`((?:services|shared|tests|docs|deploy|examples|tools|benchmarks)/[\w./-]+)`")
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_and_link_in_a_document_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = [path for path in _PATH.findall(text) if "NNNN" not in path and not (ROOT / path).exists()]
    missing += [link for link in _LINK.findall(text) if not (document.parent / link).exists()]
    assert missing == []


def test_every_make_target_explains_itself() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: ([\w-]+)$", makefile, re.MULTILINE)
    explained = re.findall(r"^([\w-]+):.*?## ", makefile, re.MULTILINE)
    assert set(phony) - set(explained) == {"prometheus"}
    assert len(set(explained)) == len(explained) > 10


def test_every_service_says_what_it_owns() -> None:
    for service in ("ingest", "analytics", "issues", "goals"):
        text = (ROOT / "services" / service / "README.md").read_text(encoding="utf-8")
        assert re.search(r"\bowns?\b", text, re.IGNORECASE)
        assert re.search(r"time", text, re.IGNORECASE)
