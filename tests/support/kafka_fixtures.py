"""Real Kafka for tests: KAFKA_BOOTSTRAP_SERVERS, or one broker per test run from Maven artifacts. Never a skip."""

import fcntl
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kafka_server import REPOSITORY, KafkaServer

_START_SECONDS = 700  # the first run fetches the broker
_DETACH = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True, stdin=subprocess.DEVNULL)"


@pytest.fixture(scope="session")
def kafka_bootstrap_servers(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a running broker that all tests of this run share; use a topic prefix of your own."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        return given
    shared, owner = tmp_path_factory.getbasetemp(), os.getpid()
    if "PYTEST_XDIST_WORKER" in os.environ:  # one broker for all workers, for as long as their parent lives
        shared, owner = shared.parent, os.getppid()
    folder = shared / "kafka-broker"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _running(folder, owner)


def _running(folder: Path, owner: int) -> str:
    ready, failed = folder / "bootstrap-servers", folder / "failed"
    if not ready.exists():
        # Through a program that ends at once: the broker's keeper is nobody's child, and watches `owner` by itself.
        keeper = [sys.executable, "-m", "tests.support.kafka_server", str(folder), str(owner)]
        subprocess.run([sys.executable, "-c", _DETACH, *keeper], cwd=REPOSITORY, check=True, timeout=60)
    deadline = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if failed.exists() or time.monotonic() > deadline:
            pytest.fail(failed.read_text() if failed.exists() else "the Kafka broker did not start", pytrace=False)
        time.sleep(0.1)
    return ready.read_text()


@pytest.fixture
def kafka_prefix() -> str:
    """A topic prefix that no other test uses."""
    return f"test-{secrets.token_hex(6)}."


@pytest.fixture
def own_kafka_server(tmp_path: Path) -> Iterator[KafkaServer]:
    """A broker of this test alone, which it may kill, freeze and start again."""
    server = KafkaServer(tmp_path / "kafka")
    server.start()
    yield server
    server.kill()
