"""What is installed into the image holds everything that the sources hold."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.deploy.test_dockerfile import sources
from tools.reference.document import ROOT

PROGRAM = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


def built(folder: Path) -> set[str]:
    """Build a wheel from a copy of what the Dockerfile copies; returns the names in it."""
    copy, target = folder / "source", folder / "target"
    copy.mkdir()
    target.mkdir()
    for name in sources():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(target)], cwd=copy, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_source_and_data_file_is_in_the_package(tmp_path: Path) -> None:
    """Policies, migrations and templates are read at run time; one that is left out fails only in the container."""
    wanted = {
        str(path.relative_to(ROOT))
        for package in ("services", "shared")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md"
    }
    assert wanted - built(tmp_path) == set()
