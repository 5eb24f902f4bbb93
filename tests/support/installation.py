"""Andon installed in one process or in four, behind one way of calling it."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from tests.support.inspection_plant import DEFINITIONS, ndjson
from tests.support.processes import ROOT, AndonProcess

SERVICES = ("ingest", "analytics", "issues", "goals")
_OWNER = {
    "reading-types": "ingest",
    "sources": "ingest",
    "metric-events": "ingest",
    "quarantine": "ingest",
    "calendars": "analytics",
    "indicators": "analytics",
    "rules": "analytics",
    "anomalies": "analytics",
    "issues": "issues",
    "routing": "issues",
    "goal-sets": "goals",
}
REPEAT_FOR_SECONDS = 60


@dataclass
class Installation:
    """Which process serves which service; in one process all four names stand for the same."""

    processes: Mapping[str, AndonProcess]

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self._url(path), timeout=30)

    def put(self, path: str, body: Any, actor: str = "tester; admin") -> httpx.Response:
        return httpx.put(self._url(path), json=body, headers={"Andon-Actor": actor}, timeout=30)

    def post(self, path: str, body: Any, actor: str = "tester; admin") -> httpx.Response:
        return httpx.post(self._url(path), json=body, headers={"Andon-Actor": actor}, timeout=30)

    def define(self, definitions: Mapping[str, Any] = DEFINITIONS) -> None:
        for path, body in definitions.items():
            answer = self.put(f"/v1/{path}", body)
            assert answer.status_code in (200, 201), f"{path}: {answer.text}"

    def send(self, batch: Sequence[Mapping[str, Any]]) -> int:
        """Send a batch as an honest sender does: until it is answered with 202, again and again."""
        if not batch:
            return 0
        deadline = time.monotonic() + REPEAT_FOR_SECONDS
        while True:
            try:
                answer = httpx.post(
                    self._url("/v1/metric-events"),
                    content=ndjson(dict(event) for event in batch),
                    headers={"content-type": "application/x-ndjson"},
                    timeout=30,
                )
                if answer.status_code == 202:
                    accepted: int = answer.json()["accepted"]
                    return accepted
                assert answer.status_code in (429, 503), answer.text
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, "no 202 in time"
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop all with SIGTERM; each must end by itself, in time, with exit code 0."""
        codes = {id(process): process.stop() for process in self.processes.values()}
        assert set(codes.values()) <= {0, None}, codes

    def kill(self) -> None:
        for process in self.processes.values():
            process.kill()

    def _url(self, path: str) -> str:
        owner = _OWNER[path.split("/")[2].split("?", maxsplit=1)[0]]
        return self.processes[owner].url + path


@contextmanager
def one_process(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Installation]:
    """All four services in one process, on the embedded log and SQLite."""
    settings = {"ANDON_DATA_DIR": str(folder / "data"), **(environment or {})}
    process = AndonProcess(settings, folder / "andon.log")
    installation = Installation(dict.fromkeys(SERVICES, process))
    try:
        process.start()
        yield installation
        installation.stop()
    finally:
        installation.kill()


@contextmanager
def four_processes(
    folder: Path, *, bootstrap_servers: str, topic_prefix: str, postgres_server: str
) -> Iterator[Installation]:
    """Each service in a process of its own, on Kafka and PostgreSQL."""
    with databases(postgres_server) as urls:
        settings = {
            "ANDON_DATA_DIR": str(folder / "data"),
            "ANDON_LOG": "kafka",
            "ANDON_KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
            "ANDON_KAFKA_TOPIC_PREFIX": topic_prefix,
            **{f"ANDON_{service.upper()}_DATABASE_URL": url for service, url in urls.items()},
        }
        migrate(settings)
        installation = Installation(
            {service: AndonProcess(settings, folder / f"{service}.log", [service]) for service in SERVICES}
        )
        try:
            for process in installation.processes.values():
                process.start_without_waiting()
            for process in installation.processes.values():
                process.wait_until_ready()
            yield installation
            installation.stop()
        finally:
            installation.kill()


@contextmanager
def databases(postgres_server: str) -> Iterator[dict[str, str]]:
    """An empty database for each service, dropped afterwards."""
    # No pool: the server may be killed and started again in between.
    administration = create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    names = {service: f"andon_{service}_{secrets.token_hex(4)}" for service in SERVICES}
    with administration.connect() as connection:
        for name in names.values():
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        server = make_url(postgres_server)
        yield {
            service: server.set(database=name).render_as_string(hide_password=False) for service, name in names.items()
        }
    finally:
        with administration.connect() as connection:
            for name in names.values():
                connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        administration.dispose()


def migrate(settings: Mapping[str, str]) -> None:
    """`andon migrate` with these settings."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("ANDON_")}
    done = subprocess.run(
        [sys.executable, "-m", "services", "migrate"],
        cwd=ROOT,
        env={**inherited, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
