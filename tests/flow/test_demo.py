"""`andon demo` from end to end, on a small made-up year: it agrees with the recomputation and says so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.unit.cli.year_of_flights import archive, year

pytestmark = pytest.mark.processes


def demo(tmp_path: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    data = archive(tmp_path / "flights.tar.gz", year())
    return subprocess.run(
        [sys.executable, "-m", "services", "demo", "--data", str(data), "--folder", str(folder)],
        cwd=ROOT,
        env={**os.environ, "ANDON_PORT": "not a port: the demo takes no settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_figure_agrees_and_everything_is_shown(tmp_path: Path) -> None:
    done = demo(tmp_path, tmp_path / "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every figure agrees." in done.stdout
    assert "On-time arrivals of carrier=UA was below 75 % in 3 weeks running" in done.stdout
    assert "carrier-relations" in done.stdout
    assert "not-a-number (broken on purpose)" in done.stdout
    assert "Where to look next" in done.stdout


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    (folder / "one.jpg").write_bytes(b"x")
    refused = demo(tmp_path, folder)
    assert refused.returncode == 1
    assert "holds something else" in refused.stderr
    assert (folder / "one.jpg").exists()
