"""The README's walk, command by command, as it stands there."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.processes import ROOT

pytestmark = pytest.mark.processes

URL = "http://127.0.0.1:8080"


def commands() -> list[str]:
    """What follows `$` in the README's console blocks, in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[None]:
    """The first command, `make run`, with its data in a folder of this test."""
    environment = {**os.environ, "ANDON_DATA_DIR": str(tmp_path / "data")}
    with (tmp_path / "andon.log").open("wb") as output:
        server = subprocess.Popen(
            ["bash", "-c", commands()[0]],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while not _ready():
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail((tmp_path / "andon.log").read_text())
            time.sleep(0.1)
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=25)


def _ready() -> bool:
    try:
        return httpx.get(f"{URL}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def run(shell_command: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", shell_command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, f"{shell_command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_each_command_does_what_the_readme_says(running: None) -> None:
    start, apply, send, quarantine, values, tail, issues, remember, accept = commands()
    assert start == "make run"

    assert "yield-below-95" in run(apply, {})

    sent = json.loads(run(send, {}))
    assert sent["accepted"] == 9
    assert [item["reason"] for item in sent["rejected"]] == ["inconsistent-measures"]

    assert "inconsistent-measures" in run(quarantine, {})

    _wait_for_an_issue()
    below = [item for item in json.loads(run(values, {}))["items"] if item["value"] < 0.95]
    assert [item["status"] for item in below] == ["final", "final"]
    assert "yield-below-95" in run(tail, {})

    listed = json.loads(run(issues, {}))["items"]
    assert [(item["state"], item["subject"], item["owner"]) for item in listed] == [
        ("detected", {"line": "A"}, "role:quality_manager")
    ]

    assert remember.startswith("ISSUE=$(")
    accepted = json.loads(run(f"{remember}; {accept}", {}))
    assert accepted["state"] == "triage"
    assert accepted["allowed"]


def _wait_for_an_issue() -> None:
    deadline = time.monotonic() + 20
    while not httpx.get(f"{URL}/v1/issues", timeout=5).json()["items"]:
        assert time.monotonic() < deadline, "no issue was opened"
        time.sleep(0.1)
