"""A real Prometheus that scrapes one address, as Debian packages it, for the length of a test."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.support.processes import free_port

_READY_WITHIN_SECONDS = 20


def program(name: str) -> str:
    """Where a program of Debian's package `prometheus` is. Fails, never skips, when it is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing: install the package prometheus (apt-get install prometheus)", pytrace=False)
    return found


@dataclass(frozen=True)
class Prometheus:
    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series an expression has now. Fails when Prometheus cannot read it."""
        answer = self._get("query", query=expression)
        assert answer["status"] == "success", f"{expression}\n{answer.get('error')}"
        series: list[dict[str, Any]] = answer["data"]["result"]
        return series

    def rule_groups(self) -> list[dict[str, Any]]:
        groups: list[dict[str, Any]] = self._get("rules")["data"]["groups"]
        return groups

    def wait_for_scrapes(self, count: int, within_seconds: float) -> None:
        """Until every target has been scraped so often, successfully."""
        deadline = time.monotonic() + within_seconds
        while not self._scraped(count):
            assert time.monotonic() < deadline, self._get("targets")["data"]["activeTargets"]
            time.sleep(0.2)

    def _scraped(self, count: int) -> bool:
        series = self.query(f'count_over_time(up{{job="andon"}}[1m]) >= {count} and up{{job="andon"}} == 1')
        return bool(series)

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=10).json()
        return answer


@contextmanager
def running_prometheus(folder: Path, *, target: str, rules: Path) -> Iterator[Prometheus]:
    """Scrapes `target` (`host:port`) and evaluates the rules, both each second."""
    port = free_port()
    configuration = folder / "prometheus.yml"
    configuration.write_text(
        yaml.dump(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(rules)],
                "scrape_configs": [{"job_name": "andon", "static_configs": [{"targets": [target]}]}],
            }
        ),
        encoding="utf-8",
    )
    command = [
        program("prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    log = folder / "prometheus.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", server, log)
        yield Prometheus(f"http://127.0.0.1:{port}")
    finally:
        server.kill()
        server.wait(timeout=10)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not _ready(url):
        if server.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"Prometheus did not get ready:\n{log.read_text()[-2000:]}", pytrace=False)
        time.sleep(0.1)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
