"""At most 22 runtime dependencies, each with its sentence; locks carry hashes and no address; what is slow to load waits."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PRODUCT, ROOT, python_files, syntax

DECISION = ROOT / "docs/decisions/0002-runtime-dependencies.md"
LOCKS = sorted(ROOT.glob("requirements*.txt"))


def wanted(name: str) -> list[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith(("#", "-"))]


def test_there_are_at_most_22_runtime_dependencies() -> None:
    assert len(wanted("requirements.in")) <= 22


@pytest.mark.parametrize("dependency", [*wanted("requirements.in"), *wanted("requirements-compiled.in")])
def test_each_dependency_is_justified(dependency: str) -> None:
    name = re.split(r"[\[=<>]", dependency)[0]
    assert f"`{name}`" in DECISION.read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_with_hashes_and_names_no_host(lock: object) -> None:
    text = (ROOT / str(lock)).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in text
    requirements = re.findall(r"^[a-z0-9]\S*.*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert requirements
    assert all("==" in entry and "--hash=sha256:" in entry for entry in requirements)


def test_scipy_is_known_to_one_file_and_without_its_slow_parts() -> None:
    users = {path: imports for path in python_files(*PRODUCT) if (imports := scipy_imports(path))}
    assert users == {Path("services/analytics/domain/spc/distributions.py"): {"scipy.special"}}


def scipy_imports(path: Path) -> set[str]:
    named = {alias.name for node in ast.walk(syntax(path)) if isinstance(node, ast.Import) for alias in node.names}
    parts = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return {name for name in named | parts if name.split(".")[0] == "scipy"}


def test_drawing_and_holidays_are_loaded_when_first_asked_for_and_not_at_start() -> None:
    program = "import sys, services.targets; sys.exit('drawsvg' in sys.modules or 'holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT, timeout=60).returncode == 0
