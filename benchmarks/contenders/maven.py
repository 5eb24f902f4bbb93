"""Java programs of this folder, built by Maven into .cache/benchmarks."""

import shutil
import subprocess
from collections.abc import Sequence

from benchmarks.broker import WORK
from tests.support.kafka_server import REPOSITORY

_BUILD_SECONDS = 1200


def command(project: str, main: str, *, java_options: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """How to run a program, after it has been built. Raises RuntimeError when Maven cannot build it."""
    _build(project)
    built = WORK / project
    return ["java", *java_options, "-cp", f"{built / 'classes'}:{built / 'libs'}/*", main, *arguments]


def _build(project: str) -> None:
    if shutil.which("mvn") is None or shutil.which("java") is None:
        raise RuntimeError(f"{project} needs java and mvn (Debian: openjdk-17-jdk-headless and maven)")
    pom = REPOSITORY / "benchmarks" / project / "pom.xml"
    offline = ["-o"] if (WORK / project / "libs").exists() else []
    arguments = ["mvn", "-q", "-B", *offline, "-f", str(pom), "compile", "dependency:copy-dependencies"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"Maven could not build {project}:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
