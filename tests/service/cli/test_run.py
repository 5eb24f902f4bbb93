"""`andon run` as an operator meets it: processes, signals, refusals in one sentence."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.support.processes import ROOT, AndonProcess

pytestmark = pytest.mark.processes

KEY = "a key that is long enough to sign with"


def andon(*words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ANDON_")}
    return subprocess.run(
        [sys.executable, "-m", "services", *words],
        cwd=ROOT,
        env={**inherited, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


REFUSALS: Mapping[str, tuple[list[str], dict[str, str], str]] = {
    "some services on the embedded log": (["run", "ingest"], {}, "ANDON_LOG=kafka"),
    "an unknown service": (["run", "ingets"], {}, "choose from ingest, analytics, issues, goals"),
    "a misspelt setting": (["run"], {"ANDON_PROT": "80"}, "ANDON_PROT: there is no such setting"),
    "an open address": (["run"], {"ANDON_HOST": "0.0.0.0"}, "authentication is not configured"),
    "an address of somebody else": (["run"], {"ANDON_HOST": "192.0.2.1", "ANDON_AUTH_SIGNING_KEY": KEY}, "192.0.2.1"),
    "nobody there": (["tail", "readings", "--url", "http://127.0.0.1:1"], {}, "Is `andon run` running?"),
    "no flights": (["demo", "--data", "nothing.tar.gz"], {}, "nothing.tar.gz"),
}


@pytest.mark.parametrize(("words", "settings", "says"), REFUSALS.values(), ids=REFUSALS)
def test_what_a_person_can_put_right_is_said_in_a_sentence(
    tmp_path: Path, words: list[str], settings: dict[str, str], says: str
) -> None:
    folder = {"ANDON_DATA_DIR": str(tmp_path / "data")}
    refused = andon(*words, *(["--folder", str(tmp_path / "demo")] if words[0] == "demo" else []), **folder, **settings)
    assert refused.returncode == 1
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr


def test_it_runs_keeps_others_out_and_stops_in_time(tmp_path: Path) -> None:
    settings = {"ANDON_DATA_DIR": str(tmp_path / "data")}
    with AndonProcess(settings, tmp_path / "log") as running:
        second = andon("run", **settings, ANDON_PORT="8099")
        assert second.returncode == 1
        assert "another Andon works in" in second.stderr
        begun = time.monotonic()
        assert running.stop(signals=50) == 0  # a shell and make each pass one on, and people are impatient
        assert time.monotonic() - begun < 20
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    events = [line["event"] for line in lines]
    assert [line["url"] for line in lines if line["event"] == "listening"] == [running.url]
    assert events[-1] == "stopped"
    assert not {line["level"] for line in lines} & {"error", "critical"}


def test_with_authentication_only_a_token_opens_the_doors(tmp_path: Path) -> None:
    settings = {"ANDON_DATA_DIR": str(tmp_path / "data"), "ANDON_AUTH_SIGNING_KEY": KEY}
    token = andon("token", "Li Wei", "--role", "admin", ANDON_AUTH_SIGNING_KEY=KEY).stdout.strip()
    with AndonProcess(settings, tmp_path / "log") as running:
        assert httpx.get(f"{running.url}/v1/issues").status_code == 401
        assert httpx.post(f"{running.url}/v1/metric-events", content=b"{}").status_code == 401
        shown = andon("quarantine", "list", ANDON_URL=running.url, ANDON_TOKEN=token)
        assert shown.returncode == 0, shown.stderr
