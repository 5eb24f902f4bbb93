"""`shared` holds capabilities: each package says what it is not, and none but the published language knows the business."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, python_files, syntax

PACKAGES = sorted(path.name for path in (ROOT / "shared").iterdir() if (path / "__init__.py").exists())
BUSINESS = re.compile(
    r"(?<![a-z])(anomaly|kpi|goal|indicator|quarantine|corrective|issue|nonconformity)(?![a-z])", re.IGNORECASE
)
PUBLISHED_LANGUAGE = Path("shared/events")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_is_not(package: str) -> None:
    docstring = ast.get_docstring(syntax(Path("shared") / package / "__init__.py")) or ""
    assert re.search(r"\bNot here\b", docstring), f"shared/{package}/__init__.py must say what does not belong here"


def test_no_name_in_shared_is_a_word_of_the_business() -> None:
    named = [
        f"{path}:{node.lineno} {node.name}"
        for path in python_files("shared")
        if not path.is_relative_to(PUBLISHED_LANGUAGE)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and BUSINESS.search(_words(node.name))
    ]
    assert named == []


def _words(name: str) -> str:
    """`KpiValue`, `kpi_value` → words apart."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name)
