"""A real Kafka broker for tests and benchmarks: one node from Maven artifacts, which never outlives the process that started it."""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_DEPLOY = REPOSITORY / "deploy" / "kafka"
_CACHE = REPOSITORY / ".cache" / "kafka"
_STARTED = "Kafka Server started"
_START_SECONDS = 90
_CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"

_FOR_TESTS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Starts fast and stays small."""

# Asks the kernel to kill the JVM together with its parent, then becomes the JVM.
_DIE_WITH_PARENT = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"


def libraries() -> Path:
    """The folder with the broker's jars, fetched with Maven once per version of the pom."""
    _require("java")
    pom = _DEPLOY / "pom.xml"
    target = _CACHE / f"libs-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "libs.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _fetch(pom, target)
    return target


def _require(program: str) -> None:
    if shutil.which(program) is None:
        raise RuntimeError(
            f"tests marked `kafka` need a broker: set KAFKA_BOOTSTRAP_SERVERS, or install {program} "
            "(Debian: openjdk-17-jre-headless and maven), from which one is started"
        )


def _fetch(pom: Path, target: Path) -> None:
    _require("mvn")
    partial = target.with_suffix(".partial")
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"Maven could not fetch the Kafka broker:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    partial.rename(target)


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class KafkaServer:
    """One broker with its own data folder; it can be killed, frozen, and started again on the same data."""

    def __init__(self, folder: Path, java_options: Sequence[str] = _FOR_TESTS) -> None:
        self._folder = folder
        self._java_options = java_options
        self._port = free_port()
        self._controller_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start, or start again, and return once clients can connect."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not (self._folder / "data").exists():
            self._format()
        log = self._folder / "server.log"
        log.write_bytes(b"")
        with log.open("ab") as output:
            command = [sys.executable, "-c", _DIE_WITH_PARENT, *self._java("kafka.Kafka", str(self._configuration()))]
            self._process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while _STARTED not in log.read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the Kafka broker did not start:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL; what it had acknowledged is on its disk."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stop answering, with all connections left open. On a busy machine some of its threads go on for a moment."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        while not _are_stopped(self._process.pid):
            time.sleep(0.01)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _format(self) -> None:
        configuration = self._configuration()
        command = self._java("kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(configuration))
        done = subprocess.run(command, capture_output=True, text=True, timeout=_START_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"could not format the Kafka data folder:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def _configuration(self) -> Path:
        path = self._folder / "server.properties"
        own = [
            f"listeners=PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{self._controller_port}",
            f"controller.quorum.voters=1@127.0.0.1:{self._controller_port}",
            f"log.dirs={self._folder / 'data'}",
        ]
        path.write_text("\n".join([(_DEPLOY / "server.properties").read_text(), *own, ""]))
        return path

    def _java(self, *arguments: str) -> list[str]:
        options = [*self._java_options, "-Djava.awt.headless=true"]
        return ["java", *options, "-cp", f"{libraries()}/*", *arguments]


def main(folder: Path, owner: int) -> None:
    """Run a broker for as long as the process `owner` lives, then remove its data.

    Started apart from the test worker that asks for it first, because that worker may be done before the others.
    """
    server = KafkaServer(folder / "broker")
    try:
        server.start()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        _tell(folder / "failed", str(error))
        return
    _tell(folder / "bootstrap-servers", server.bootstrap_servers)
    try:
        while _lives(owner):
            time.sleep(0.5)
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _tell(path: Path, text: str) -> None:
    """Write a file that is never seen half written."""
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.rename(path)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))


def _are_stopped(process: int) -> bool:
    """Whether all threads of a process are. One may end meanwhile."""
    try:
        threads = [thread.read_text() for thread in Path(f"/proc/{process}/task").glob("*/stat")]
    except FileNotFoundError:
        return False
    return {thread.rpartition(")")[2].split()[0] for thread in threads} == {"T"}
