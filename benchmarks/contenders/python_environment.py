"""Python contenders run in environments of their own, made of pinned and hashed requirements; the project knows nothing of them."""

import subprocess
import sys
from pathlib import Path

from benchmarks.broker import WORK
from tests.support.kafka_server import REPOSITORY

_INSTALL_SECONDS = 900


def python_of(contender: str) -> Path:
    """The interpreter of a contender's environment, which is made when it is missing or its requirements have changed.

    Raises RuntimeError when it cannot be installed.
    """
    requirements = REPOSITORY / "benchmarks" / contender / "requirements.txt"
    environment = WORK / contender
    made_of = environment / "requirements.txt"
    python = environment / "bin" / "python"
    if not made_of.exists() or made_of.read_bytes() != requirements.read_bytes():
        _run([sys.executable, "-m", "venv", "--clear", str(environment)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)])
        made_of.write_bytes(requirements.read_bytes())
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
