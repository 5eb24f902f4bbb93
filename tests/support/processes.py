"""Andon as real processes: started, killed and started again, as an operator or a power cut would."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_SECONDS = 60
STOP_WITHIN_SECONDS = 25


def free_port() -> int:
    """A TCP port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class AndonProcess:
    """One `andon run` with its own port and environment. `services` empty means all four."""

    environment: Mapping[str, str]
    log_file: Path
    services: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start and wait until `/readyz` says yes."""
        self.start_without_waiting()
        return self.wait_until_ready()

    def wait_until_ready(self, within_seconds: float = READY_WITHIN_SECONDS) -> Self:
        """Fails with the end of the log when the process ends or takes too long."""
        deadline = time.monotonic() + within_seconds
        while not self._is_ready():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"andon did not get ready:\n{self.log_tail()}")
            time.sleep(0.05)
        return self

    def start_without_waiting(self) -> None:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("ANDON_")}
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services", "run", *self.services],
                cwd=ROOT,
                env={**inherited, **self.environment, "ANDON_PORT": str(self.port)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """SIGKILL: no clean-up runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None

    def ends_within(self, seconds: float) -> int | None:
        """Wait for the process to end by itself; its exit code, None if it still runs."""
        assert self._process is not None, "the process was not started"
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def pause(self) -> None:
        """SIGSTOP: it does nothing until `go_on`, and keeps all that it holds."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self, *, signals: int = 1) -> int | None:
        """SIGTERM, as often as asked; returns the exit code. Fails when it takes longer than promised."""
        if self._process is None:
            return None
        for _ in range(signals):
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"andon did not stop within {STOP_WITHIN_SECONDS} s:\n{self.log_tail()}") from None
        finally:
            self._process = None

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
